"""Tests of inception.hardware.mixed_precision."""

import pytest
import tensorflow as tf

from inception.hardware import mixed_precision

_VARIABLES = ('ONEDNN_MAX_CPU_ISA', 'DNNL_MAX_CPU_ISA')


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
  for name in _VARIABLES:
    monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
  'name,expected',
  [('float32', tf.float32), ('bfloat16', tf.bfloat16), ('float16', tf.float16)],
)
def test_named_precision_is_used(name, expected):
  assert mixed_precision.compute_dtype(name) == expected


@pytest.mark.parametrize(
  'flags,expected',
  [
    ('fpu sse2 avx512f amx_bf16 amx_tile', tf.bfloat16),
    ('fpu sse2 avx512f avx512_bf16', tf.bfloat16),
    ('fpu sse2 avx512f avx512_vnni', tf.float32),
  ],
)
def test_auto_depends_on_the_instructions_of_the_cpu(
  tmp_path, monkeypatch, flags, expected
):
  monkeypatch.setattr(tf.config, 'list_physical_devices', lambda kind: [])
  info = tmp_path / 'cpuinfo'
  info.write_text(f'processor : 0\nflags : {flags}\n', encoding='utf-8')
  assert mixed_precision.compute_dtype('auto', cpu_info=info) == expected


@pytest.mark.parametrize(
  'variable,value,expected',
  [
    ('ONEDNN_MAX_CPU_ISA', 'AVX2', tf.float32),
    ('ONEDNN_MAX_CPU_ISA', 'avx2_vnni_2', tf.float32),
    ('DNNL_MAX_CPU_ISA', 'AVX512_CORE_VNNI', tf.float32),
    ('ONEDNN_MAX_CPU_ISA', 'AVX512_CORE_BF16', tf.bfloat16),
    ('ONEDNN_MAX_CPU_ISA', 'DEFAULT', tf.bfloat16),
  ],
)
def test_auto_respects_what_the_environment_forbids(
  tmp_path, monkeypatch, variable, value, expected
):
  monkeypatch.setattr(tf.config, 'list_physical_devices', lambda kind: [])
  monkeypatch.setenv(variable, value)
  info = tmp_path / 'cpuinfo'
  info.write_text('flags : avx512f avx512_bf16\n', encoding='utf-8')
  assert mixed_precision.compute_dtype('auto', cpu_info=info) == expected


@pytest.mark.parametrize(
  ('flags', 'name'),
  [
    ('avx512_bf16 amx_tile amx_bf16', 'AMX'),
    ('avx512f avx512_bf16', 'AVX512-BF16'),
    ('avx512f', ''),
  ],
)
def test_fastest_instructions_are_named(tmp_path, monkeypatch, flags, name):
  info = tmp_path / 'cpuinfo'
  info.write_text(f'flags : {flags}\n', encoding='utf-8')
  assert mixed_precision.cpu_instructions(info) == name
  assert mixed_precision.cpu_instructions(tmp_path / 'missing') == ''
  monkeypatch.setenv('ONEDNN_MAX_CPU_ISA', 'avx512_core')
  assert mixed_precision.cpu_instructions(info) == ''


def test_auto_is_float32_without_information(tmp_path, monkeypatch):
  monkeypatch.setattr(tf.config, 'list_physical_devices', lambda kind: [])
  assert (
    mixed_precision.compute_dtype('auto', cpu_info=tmp_path / 'missing')
    == tf.float32
  )


@pytest.mark.parametrize(
  'capabilities,expected',
  [
    ([(8, 0)], tf.bfloat16),
    ([(9, 0), (8, 6)], tf.bfloat16),
    ([(7, 5)], tf.float32),
    ([(8, 0), (7, 0)], tf.float32),
  ],
)
def test_auto_depends_on_the_gpus_if_there_are_any(
  monkeypatch, capabilities, expected
):
  monkeypatch.setattr(
    tf.config, 'list_physical_devices', lambda kind: capabilities
  )
  monkeypatch.setattr(
    tf.config.experimental,
    'get_device_details',
    lambda gpu: {'compute_capability': gpu},
  )
  assert mixed_precision.compute_dtype('auto') == expected


def test_unknown_precision_is_rejected():
  with pytest.raises(
    ValueError,
    match='precision must be one of float32, '
    "bfloat16, float16, auto, got 'int8'",
  ):
    mixed_precision.compute_dtype('int8')


def test_only_float16_needs_loss_scaling():
  assert mixed_precision.needs_loss_scaling(tf.float16)
  assert not mixed_precision.needs_loss_scaling(tf.bfloat16)
  assert not mixed_precision.needs_loss_scaling(tf.float32)
