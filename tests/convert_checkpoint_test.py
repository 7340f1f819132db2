"""Tests of the command convert_checkpoint, run as a user would."""

import pytest

from inception.checkpoints import checkpoint_readers
from inception.testing import checkpoints
from inception.testing import command_batches
from inception.testing import commands

COMMAND = 'convert_checkpoint'


@pytest.fixture(scope='module', name='folder')
def _folder(tmp_path_factory):
  """A folder with an .h5 file, files of other kinds, and a fake checkpoint."""
  folder = tmp_path_factory.mktemp('with space \u00fc')
  checkpoints.write_keras(
    folder / 'keras.h5', checkpoints.model_values(outputs=4), top=True
  )
  checkpoints.fake_v1(folder / 'fake.ckpt')
  (folder / 'page.ckpt').write_text('<html>', encoding='utf-8')
  (folder / 'mine.h5').write_bytes(b'mine')
  return folder


@pytest.fixture(scope='module', name='results')
def _results(folder):
  """Returns {case: result}, all run in one process."""
  given = [f'--input={folder}/keras.h5']
  cases = {
    'to 2016': [*given, f'--output={folder}/new/v3.ckpt'],
    'to slim': [
      f'--input={folder}/new/v3.ckpt.index',
      f'--output={folder}/slim.ckpt',
      '--to=slim',
    ],
    'without top': [
      f'--input={folder}/slim.ckpt',
      f'--output={folder}/notop.h5',
      '--noinclude_top',
    ],
    'again': [*given, f'--output={folder}/new/v3.ckpt'],
    'no input': [f'--output={folder}/a.ckpt'],
    'no output': given,
    'argument': [*given, f'{folder}/a.ckpt'],
    'missing': [f'--input={folder}/none', f'--output={folder}/a.ckpt'],
    'page': [f'--input={folder}/page.ckpt', f'--output={folder}/a.ckpt'],
    'damaged': [f'--input={folder}/fake.ckpt', f'--output={folder}/a.ckpt'],
    'exists': [*given, f'--output={folder}/mine.h5'],
    'extension': [*given, f'--output={folder}/a.h5', '--to=2016'],
    'top': [*given, f'--output={folder}/a.ckpt', '--noinclude_top'],
    'format': [*given, f'--output={folder}/a.ckpt', '--to=torch'],
  }
  return dict(
    zip(cases, command_batches.run_all(COMMAND, list(cases.values())))
  )


def test_conversions_report_and_are_readable(folder, results):
  for case, path, count in (
    ('to 2016', 'new/v3.ckpt', 378),
    ('to slim', 'slim.ckpt', 378),
    ('without top', 'notop.h5', 376),
  ):
    done = results[case]
    assert (done.stderr, done.returncode) == ('', 0), case
    first, *_ = done.stdout.splitlines()
    assert first.startswith(f'Converted {count} of 378 variables of '), case
    assert f'{folder}/{path}' in first, case
    reader = checkpoint_readers.open_reader(folder / path)
    assert len(reader.shapes) == count, case
    reader.close()


@pytest.mark.parametrize(
  ('case', 'code', 'message'),
  [
    ('again', 1, 'v3.ckpt.index'),
    ('no input', 1, '--input is missing'),
    ('no output', 1, '--output is missing'),
    ('argument', 1, 'unexpected argument'),
    ('missing', 1, '--input: there is no checkpoint'),
    ('page', 1, "page.ckpt' is a web page"),
    ('damaged', 1, 'is damaged'),
    ('exists', 1, '--output: '),
    ('extension', 1, "--output: '"),
    ('top', 1, '--noinclude_top is only for --to=keras'),
    ('format', 2, '2016|slim|keras'),
  ],
)
def test_mistakes_are_one_line_each(case, code, message, folder, results):
  done = results[case]
  assert message in done.stderr
  assert len(done.stderr.splitlines()) == 1
  assert (done.stdout, done.returncode) == ('', code)
  assert not list(folder.glob('a.*'))
  assert (folder / 'mine.h5').read_bytes() == b'mine'


def test_mistakes_cost_no_import_of_tensorflow(folder):
  modules = commands.imported(
    COMMAND, [f'--input={folder}/keras.h5', f'--output={folder}/mine.h5']
  )
  assert 'inception.checkpoints.conversion_target' in modules
  assert not {'tensorflow', 'numpy', 'h5py'} & modules
