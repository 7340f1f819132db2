"""Number formats that the settings of a test run leave usable.

can_use_bfloat16  False where a bfloat16 convolution would crash
NO_BFLOAT16       the reason, for pytest.mark.skipif
"""

import os

# Values of ONEDNN_MAX_CPU_ISA below AVX512_CORE.
_WITHOUT_BFLOAT16 = ('SSE41', 'AVX', 'AVX2', 'AVX2_VNNI')

NO_BFLOAT16 = (
  'TensorFlow asks the processor whether oneDNN has bfloat16, but '
  'ONEDNN_MAX_CPU_ISA forbids it to oneDNN'
)


def can_use_bfloat16() -> bool:
  """Returns whether convolutions and products work in bfloat16.

  On a processor with AVX-512 TensorFlow gives bfloat16 to oneDNN
  (IsBF16SupportedByOneDNNOnThisCPU in tensorflow/core/util/port.cc). If oneDNN
  is limited to AVX2, a convolution fails and a matrix product ends the
  process. A processor that really lacks AVX-512 is not affected: TensorFlow
  uses its own kernels there.
  """
  limit = os.environ.get('ONEDNN_MAX_CPU_ISA', '').upper()
  return limit not in _WITHOUT_BFLOAT16
