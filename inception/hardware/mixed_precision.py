"""Which number format the network computes in.

Variables are float32 whatever the format is, and so are batch norm's
statistics, the loss, the gradients that the optimizer gets and its slots: only
the layers' arithmetic changes. A weight of 1 plus a step of 0.001 is still 1 in
bfloat16.

  compute_dtype       of a --precision value, on this machine
  needs_loss_scaling  whether small gradients are lost in it
"""

import pathlib

import tensorflow as tf

from inception.settings import training_config

_CPU_INFO = pathlib.Path('/proc/cpuinfo')

# NVIDIA's Ampere is the first to multiply bfloat16 in its tensor cores.
_BFLOAT16_COMPUTE_CAPABILITY = (8, 0)


def _processor_has_bfloat16(cpu_info: pathlib.Path) -> bool:
  # Linux says so here; elsewhere no documented place in Python does.
  try:
    text = cpu_info.read_text(encoding='utf-8')
  except OSError:
    return False
  return 'amx_bf16' in text or 'avx512_bf16' in text


def _gpus_have_bfloat16(gpus) -> bool:
  details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
  return all(
    found.get('compute_capability', (0, 0)) >= _BFLOAT16_COMPUTE_CAPABILITY
    for found in details
  )


def compute_dtype(
  precision: str, *, cpu_info: pathlib.Path = _CPU_INFO
) -> tf.DType:
  """Returns the dtype that `precision` means on this machine.

  Args:
    precision: one of training_config.PRECISIONS; 'auto' is bfloat16 where
      every GPU, or without a GPU the processor, has instructions for it, and
      float32 elsewhere.
    cpu_info: Linux' description of the processor.

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
      _gpus_have_bfloat16(gpus) if gpus else _processor_has_bfloat16(cpu_info)
    )
    return tf.bfloat16 if fast else tf.float32
  return tf.as_dtype(precision)


def needs_loss_scaling(dtype: tf.DType) -> bool:
  """Returns whether gradients need loss_scaling: bfloat16 has float32's range.

  Args:
    dtype: what compute_dtype returned.
  """
  return dtype == tf.float16
