"""Number formats that are usable under the settings of a test run.

can_use_bfloat16  returns False if a bfloat16 convolution would crash
NO_BFLOAT16       the reason, for pytest.mark.skipif
"""

import os

# Values of ONEDNN_MAX_CPU_ISA below AVX512_CORE.
_WITHOUT_BFLOAT16 = ('SSE41', 'AVX', 'AVX2', 'AVX2_VNNI')

NO_BFLOAT16 = (
  'TensorFlow uses oneDNN for bfloat16 because the processor supports it, but '
  'ONEDNN_MAX_CPU_ISA disables it in oneDNN'
)


def can_use_bfloat16() -> bool:
  """Returns True if convolutions and matrix products work in bfloat16.

  On a processor with AVX-512, TensorFlow uses oneDNN for bfloat16
  (IsBF16SupportedByOneDNNOnThisCPU in tensorflow/core/util/port.cc). If oneDNN
  is limited to AVX2, a convolution then fails and a matrix product crashes the
  process. A processor without AVX-512 is not affected, as TensorFlow uses its
  own kernels there.
  """
  limit = os.environ.get('ONEDNN_MAX_CPU_ISA', '').upper()
  return limit not in _WITHOUT_BFLOAT16
