"""Runs each benchmark with --quick, to check that it works."""

import pathlib

import pytest

from inception.testing import commands

_HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize(
  'name,lines',
  [
    ('train_step_benchmark', ['ours', 'keras', 'ours / keras']),
    ('input_pipeline_benchmark', ['inception', 'light']),
    (
      'train_input_benchmark',
      ['64 images', '75 pixels', '  step only', '  records', '  decoded'],
    ),
    ('feature_copies_benchmark', ['false', 'mirrored', 'cropped by 5 %']),
    ('near_duplicates_benchmark', ['bits', 'pictures', 'discs', 'blank']),
    ('records_benchmark', ['build_image_data', 'plain', 'ratio']),
    ('mislabels_benchmark', ['10 of 200 labels are planted', 'first 50: ']),
    ('inference_benchmark', ['float32 batch 2: folded', 'float32 4 files:']),
    ('evaluation_benchmark', ['bare:', 'whole:', 'whole / bare']),
    ('head_only_benchmark', ['features', 'steps', 'ratio by processor']),
    ('start_benchmark', ['training ', 'last layer ', 'evaluation ']),
    ('peers_benchmark', ['75 px ours', '75 px matrix', '75 px ours / matrix']),
    ('growth_benchmark', ['records ', 'input ']),
    (
      'hosts_benchmark',
      ['2 hosts, 8 tensors', 'one pack        1 packs', 'no packs        8'],
    ),
  ],
)
def test_benchmark_runs(name, lines):
  script = _HERE / f'{name}.py'
  done = commands.python(
    f'import runpy, sys; sys.argv = [{name!r}, "--quick"]\n'
    f'runpy.run_path({str(script)!r}, run_name="__main__")',
    {},
  )
  assert done.returncode == 0, done.stderr
  for line in lines:
    assert any(text.startswith(line) for text in done.stdout.splitlines())
