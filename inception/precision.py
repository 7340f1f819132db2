"""Which number format the network computes in.

  compute_dtype  of a --precision value, on this machine
"""

import pathlib

import tensorflow as tf

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
  return all(found.get('compute_capability', (0, 0)) >=
             _BFLOAT16_COMPUTE_CAPABILITY for found in details)


def compute_dtype(precision: str, *,
                  cpu_info: pathlib.Path = _CPU_INFO) -> tf.DType:
  """Returns the dtype that `precision` means on this machine.

  Args:
    precision: one of config.PRECISIONS; 'auto' is bfloat16 where every GPU, or
      without a GPU the processor, has instructions for it.
    cpu_info: Linux' description of the processor.

  Raises:
    ValueError: there is no such precision.
  """
  if precision == 'auto':
    gpus = tf.config.list_physical_devices('GPU')
    fast = (_gpus_have_bfloat16(gpus) if gpus
            else _processor_has_bfloat16(cpu_info))
    return tf.bfloat16 if fast else tf.float32
  if precision not in ('float32', 'bfloat16'):
    raise ValueError(f'precision must be float32, bfloat16 or auto, got '
                     f'{precision!r}')
  return tf.as_dtype(precision)
