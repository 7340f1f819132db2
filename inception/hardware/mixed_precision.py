"""Chooses the number format that the network computes in.

Variables are float32 in any case, and so are batch norm's statistics, the loss,
the gradients passed to the optimizer and its slots: only the layers' arithmetic
uses the format. In bfloat16, a weight of 1 plus a step of 0.001 would still be
1.

  compute_dtype       dtype for a --precision value on this machine
  cpu_instructions    the CPU's instructions for bfloat16
  needs_loss_scaling  whether small gradients underflow in a dtype
"""

import os
import pathlib
from collections.abc import Sequence

import tensorflow as tf

from inception.settings import training_config

_CPU_INFO = pathlib.Path('/proc/cpuinfo')

# NVIDIA's Ampere is the first generation with bfloat16 tensor cores.
_BFLOAT16_COMPUTE_CAPABILITY = (8, 0)

# (flag in Linux's description of the CPU, name of the instructions), fastest
# first.
_BFLOAT16_FLAGS = (('amx_bf16', 'AMX'), ('avx512_bf16', 'AVX512-BF16'))

# Values of ONEDNN_MAX_CPU_ISA that forbid oneDNN the instructions for bfloat16.
# Up to AVX2 its convolutions then fail; with the others they are slow.
_ISA_WITHOUT_BFLOAT16 = (
  'SSE41',
  'AVX',
  'AVX2',
  'AVX2_VNNI',
  'AVX2_VNNI_2',
  'AVX512_CORE',
  'AVX512_CORE_VNNI',
)


def _onednn_has_bfloat16() -> bool:
  """Returns whether the environment lets TensorFlow use fast bfloat16."""
  # oneDNN reads its variables under either prefix, in any case.
  limits = (
    os.environ.get(f'{prefix}_MAX_CPU_ISA', '').upper()
    for prefix in ('ONEDNN', 'DNNL')
  )
  return not any(limit in _ISA_WITHOUT_BFLOAT16 for limit in limits)


def cpu_instructions(cpu_info: pathlib.Path = _CPU_INFO) -> str:
  """Returns the CPU's fastest usable instructions for bfloat16.

  Args:
    cpu_info: Linux's description of the CPU.

  Returns:
    'AMX' or 'AVX512-BF16'; '' if there are none, if ONEDNN_MAX_CPU_ISA forbids
    them, and on systems other than Linux, which Python cannot ask.
  """
  if not _onednn_has_bfloat16():
    return ''
  try:
    text = cpu_info.read_text(encoding='utf-8')
  except OSError:
    return ''
  return next((name for flag, name in _BFLOAT16_FLAGS if flag in text), '')


def _gpus_have_bfloat16(gpus: Sequence[tf.config.PhysicalDevice]) -> bool:
  details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
  return all(
    detail.get('compute_capability', (0, 0)) >= _BFLOAT16_COMPUTE_CAPABILITY
    for detail in details
  )


def compute_dtype(
  precision: str, *, cpu_info: pathlib.Path = _CPU_INFO
) -> tf.DType:
  """Returns the dtype for a precision on this machine.

  Args:
    precision: One of training_config.PRECISIONS. 'auto' is bfloat16 if every
      GPU, or the CPU of a machine without a GPU, has instructions for it that
      ONEDNN_MAX_CPU_ISA does not forbid, and float32 otherwise.
    cpu_info: Linux's description of the CPU.

  Raises:
    ValueError: there is no such precision.
  """
  if precision not in training_config.PRECISIONS:
    raise ValueError(
      'precision must be one of '
      f'{", ".join(training_config.PRECISIONS)}, got '
      f'{precision!r}'
    )
  if precision == 'auto':
    gpus = tf.config.list_physical_devices('GPU')
    fast = (
      _gpus_have_bfloat16(gpus) if gpus else bool(cpu_instructions(cpu_info))
    )
    return tf.bfloat16 if fast else tf.float32
  return tf.as_dtype(precision)


def needs_loss_scaling(dtype: tf.DType) -> bool:
  """Returns whether gradients in this dtype need loss scaling.

  float16 needs it; bfloat16 does not, since it has the range of float32.

  Args:
    dtype: Return value of compute_dtype.
  """
  return dtype == tf.float16
