"""Tests of inception.testing.processors."""

import pytest

from inception.testing import processors


@pytest.mark.parametrize(
  'limit,usable',
  [
    (None, True),
    ('', True),
    ('ALL', True),
    ('AVX512_CORE', True),
    ('AVX512_CORE_BF16', True),
    ('AVX2', False),
    ('avx2', False),
    ('AVX2_VNNI', False),
    ('AVX', False),
    ('SSE41', False),
  ],
)
def test_bfloat16_needs_avx512_in_onednn(monkeypatch, limit, usable):
  monkeypatch.delenv('ONEDNN_MAX_CPU_ISA', raising=False)
  if limit is not None:
    monkeypatch.setenv('ONEDNN_MAX_CPU_ISA', limit)
  assert processors.can_use_bfloat16() == usable
