"""Tests of the command quickstart, with stand-ins for the commands it runs.

tests/integration runs the real commands.
"""

import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tarfile
import zipfile

import pytest

from inception import quickstart
from inception.jobs import errors
from inception.testing import commands

STAND_IN = """
import pathlib, sys
print('RUN', pathlib.Path(__file__).stem, *sys.argv[1:])
if pathlib.Path(__file__).stem == 'flowers_eval':
  print('2026-01-01: precision @ 1 = {precision} recall @ 5 = 1.0 [200]')
if pathlib.Path(__file__).stem == '{failing}':
  sys.exit(7)
"""


@pytest.fixture(name='stand_ins')
def _stand_ins(tmp_path, monkeypatch):
  """Returns a function that replaces the commands by stand-ins."""

  def write(precision='0.9900', failing=''):
    package = tmp_path / 'runfiles' / 'inception'
    for script in quickstart._SCRIPTS.values():
      path = package / script
      path.parent.mkdir(parents=True, exist_ok=True)
      path.write_text(
        STAND_IN.format(precision=precision, failing=failing), encoding='utf-8'
      )
    monkeypatch.setattr(quickstart, '_PACKAGE', package)
    monkeypatch.setattr(quickstart, '_PICTURES_PER_CLASS', 1)

  return write


def run(tmp_path, *arguments):
  quickstart.FLAGS([
    'quickstart',
    f'--work_dir={tmp_path / "wörk dir"}',
    '--photos=',
    *arguments,
  ])
  return quickstart.main(['quickstart'])


def test_four_commands_run_in_order_and_are_shown(stand_ins, tmp_path, capsys):
  stand_ins()
  assert run(tmp_path) == 0
  out = capsys.readouterr().out.splitlines()
  ran = [line.split()[1] for line in out if line.startswith('RUN ')]
  assert ran == [
    'download_and_preprocess_flowers',
    'build_image_data',
    'flowers_train',
    'flowers_eval',
  ]
  shown = [line for line in out if line.startswith('$ ')]
  assert len(shown) == 4
  if sys.platform != 'win32':
    for line, name in zip(shown, ran, strict=True):
      command, *arguments = shlex.split(line[2:])
      assert command == f'bazel-bin/inception/{name}'
      assert f'RUN {name} {" ".join(arguments)}' in out
  assert any(
    line.startswith('Done in') and 'precision @ 1 = 0.9900' in line
    for line in out
  )
  assert 'Next, the real flowers' in '\n'.join(out)


def test_training_and_evaluation_use_the_new_records(tmp_path):
  made = dict(quickstart._commands(tmp_path, tmp_path / 'a.tar', 7))
  own = f'{tmp_path / "own-data"}'
  assert f'--output_directory={own}' in made['build_image_data']
  assert f'--data_dir={own}' in made['flowers_train']
  assert f'--data_dir={own}' in made['flowers_eval']
  assert f'--checkpoint_dir={tmp_path / "train"}' in made['flowers_eval']
  assert '--validation_per_class=7' in made['download_and_preprocess_flowers']


def test_pictures_are_packed_like_the_flowers(stand_ins, tmp_path):
  stand_ins()
  run(tmp_path)
  with tarfile.open(
    tmp_path / 'wörk dir' / 'drawn' / 'flower_photos.tar'
  ) as archive:
    names = archive.getnames()
  assert 'flower_photos/daisy/daisy_00001.jpg' in names
  assert {name.split('/')[1] for name in names if name.count('/') == 2} == {
    'daisy',
    'dandelion',
    'roses',
    'sunflowers',
    'tulips',
  }


def test_equal_pictures_give_equal_archives(stand_ins, tmp_path):
  stand_ins()
  run(tmp_path)
  archive = tmp_path / 'wörk dir' / 'drawn' / 'flower_photos.tar'
  before = archive.read_bytes()
  archive.unlink()
  run(tmp_path)
  assert archive.read_bytes() == before


def test_failing_command_ends_the_run_with_its_exit_code(
  stand_ins, tmp_path, capsys
):
  stand_ins(failing='build_image_data')
  with pytest.raises(SystemExit) as stopped:
    run(tmp_path)
  assert stopped.value.code == 7
  captured = capsys.readouterr()
  assert 'RUN flowers_train' not in captured.out
  assert 'build_image_data ended with exit code 7' in captured.err


def test_poor_result_on_the_drawn_pictures_is_a_failure(
  stand_ins, tmp_path, capsys
):
  stand_ins(precision='0.4000')
  assert run(tmp_path) == 1
  assert 'something is wrong with this installation' in capsys.readouterr().err


def photos(folder, count=10):
  for name in ('cat', 'dog'):
    (folder / name).mkdir(parents=True)
    for i in range(count):
      (folder / name / f'{i}.jpg').write_bytes(b'')
  return folder


def test_folder_of_photographs_is_packed_and_split(stand_ins, tmp_path, capsys):
  stand_ins(precision='0.4000')
  assert run(tmp_path, f'--photos={photos(tmp_path / "my photos")}') == 0
  out = capsys.readouterr().out
  assert '--validation_per_class=2' in out
  (archive,) = (tmp_path / 'wörk dir').glob('photos-*/photos.tar')
  with tarfile.open(archive) as tar:
    assert 'flower_photos/dog/9.jpg' in tar.getnames()


def test_archive_of_photographs_is_used_unchanged(stand_ins, tmp_path, capsys):
  stand_ins()
  archive = tmp_path / 'flower photos.tgz'
  with tarfile.open(archive, 'w:gz') as tar:
    tar.add(photos(tmp_path / 'p', count=600), 'flower_photos')
  assert run(tmp_path, f'--photos={archive}') == 0
  out = capsys.readouterr().out
  assert f'--archive={archive}' in out
  assert '--validation_per_class=100' in out


@pytest.mark.parametrize('root', ['flower_photos/', ''])
def test_photographs_in_a_zip_file(stand_ins, tmp_path, capsys, root):
  stand_ins()
  archive = tmp_path / 'flower photos.zip'
  with zipfile.ZipFile(archive, 'w') as packed:
    for path in photos(tmp_path / 'p', count=30).rglob('*.jpg'):
      name = path.relative_to(tmp_path / 'p').as_posix()
      packed.writestr(f'{root}{name}', b'')
  assert run(tmp_path, f'--photos={archive}') == 0
  assert '--validation_per_class=6' in capsys.readouterr().out


@pytest.mark.parametrize(
  'make,message',
  [
    (lambda path: None, 'does not exist'),
    (lambda path: path.mkdir(), 'no folders of images'),
    (lambda path: path.write_bytes(b'no archive'), 'is not a tar file'),
  ],
)
def test_unusable_photos_are_refused(stand_ins, tmp_path, make, message):
  stand_ins()
  path = tmp_path / 'some photos'
  make(path)
  with pytest.raises(errors.UserError, match=f'--photos.*{message}'):
    run(tmp_path, f'--photos={path}')


def test_truncated_archive_is_refused(stand_ins, tmp_path):
  stand_ins()
  archive = tmp_path / 'cut.tgz'
  with tarfile.open(archive, 'w:gz') as tar:
    tar.add(photos(tmp_path / 'p', count=600), 'flower_photos')
  archive.write_bytes(archive.read_bytes()[:-400])
  with pytest.raises(errors.UserError, match='truncated or damaged'):
    run(tmp_path, f'--photos={archive}')


def test_scripts_of_the_commands_exist():
  for script in quickstart._SCRIPTS.values():
    assert pathlib.Path(quickstart._PACKAGE, script).is_file()


def test_wrong_flag_is_one_line_without_tensorflow():
  done = commands.run('quickstart', ['--photo=x'])
  assert done.returncode == 2 and done.stderr.count('\n') == 1
  assert 'tensorflow' not in commands.imported('quickstart', ['--help'])


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no SIGHUP')
@pytest.mark.parametrize('is_ignored', [False, True])
def test_closed_terminal_lets_the_running_command_end(is_ignored, tmp_path):
  command = tmp_path / 'command.py'
  command.write_text(
    'import signal, sys, time\n'
    'def end(*_):\n'
    "  print('saved')\n"
    '  sys.exit(129)\n'
    'signal.signal(signal.SIGTERM, end)\n'
    'if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:\n'
    '  signal.signal(signal.SIGHUP, end)\n'
    "print('started', flush=True)\n"
    'time.sleep(60)\n',
    encoding='utf-8',
  )
  before = 'signal.SIG_IGN' if is_ignored else 'signal.SIG_DFL'
  program = (
    'import pathlib, signal, sys\n'
    f'signal.signal(signal.SIGHUP, {before})\n'
    'from inception import quickstart\n'
    f'quickstart._PACKAGE = pathlib.Path({str(tmp_path)!r})\n'
    "quickstart._SCRIPTS = {'command': 'command.py'}\n"
    "code, lines = quickstart._run('command', [])\n"
    "print(f'code {code}, lines {lines}', flush=True)\n"
  )
  process = subprocess.Popen(
    [sys.executable, '-u', '-c', program],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    encoding='utf-8',
  )
  try:
    assert process.stdout.readline() == 'started\n'
    process.send_signal(signal.SIGHUP)
    if is_ignored:
      process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
  finally:
    process.kill()
  assert "code 129, lines ['started', 'saved']" in out
