"""Tests of the command download_inception_v3, run as a user would."""

import hashlib
import pathlib
import time

import pytest
from absl import flags

from inception import download_inception_v3
from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.downloads import downloads
from inception.downloads import pretrained_models
from inception.jobs import errors
from inception.testing import commands
from inception.testing import file_server
from inception.testing import image_folders

COMMAND = 'download_inception_v3'
TABLE_END = bytes.fromhex('57fb808b247547db')
# Random bytes, so that compression does not shrink the tarball.
WEIGHTS = hashlib.shake_256(b'weights').digest(600_000) + TABLE_END
CHECKPOINT = 'inception-v3/model.ckpt-157585'


@pytest.fixture(name='tarball')
def _tarball(tmp_path):
  return image_folders.tar(
    tmp_path / 'm\u00f6del 1.tgz',
    [('inception-v3/README.txt', b'Read me.\n'), (CHECKPOINT, WEIGHTS)],
  )


@pytest.fixture(name='server')
def _server(monkeypatch, tarball):
  for name in ('no_proxy', 'NO_PROXY'):
    monkeypatch.setenv(name, '127.0.0.1')
  with file_server.serve({
    '/x.tgz': file_server.Answer(
      body=tarball.read_bytes(), ranges=True, headers={'ETag': '"one"'}
    )
  }) as server:
    yield server


@pytest.fixture(name='folder')
def _folder(tmp_path):
  return tmp_path / 'with space' / 'm\u00f6dels'


def test_last_line_is_the_path(server, folder):
  arguments = [f'{folder}/', f'--archive={server.address}/x.tgz']
  done = commands.run(COMMAND, arguments)
  assert (done.stderr, done.returncode) == ('', 0)
  *_, explanation, path = done.stdout.splitlines()
  assert path == str(folder / CHECKPOINT)
  assert pathlib.Path(path).read_bytes() == WEIGHTS
  assert checkpoint_paths.resolve(path) == (path, checkpoint_files.V1)
  assert explanation == (
    'Inception v3 of 2016-03-01: 1001 classes, with the averaged weights. '
    'For --pretrained_model_checkpoint_path:'
  )

  modules = commands.imported(COMMAND, arguments)
  assert 'inception.downloads.pretrained_models' in modules
  assert not {'tensorflow', 'numpy'} & modules
  assert len(server.requests) == 1


def test_relative_paths_are_the_callers(tarball, tmp_path):
  done = commands.run(
    COMMAND, ['m\u00f6dels', f'--archive={tarball.name}'], cwd=tmp_path
  )
  assert (done.stderr, done.returncode) == ('', 0)
  path = pathlib.Path(done.stdout.splitlines()[-1])
  assert path.is_absolute()
  assert path.samefile(tmp_path / 'm\u00f6dels' / CHECKPOINT)


def test_killed_download_is_resumed(server, folder):
  whole = server.answers['/x.tgz']
  stalled = file_server.Answer(
    body=whole.body, headers=whole.headers, sent=300_000, stalls=True
  )
  server.answers['/x.tgz'] = [stalled, whole]
  arguments = [folder, f'--archive={server.address}/x.tgz']
  part = folder / 'inception-v3-2016-03-01.tar.gz.part'
  process = commands.start(COMMAND, arguments)
  try:
    deadline = time.monotonic() + 30
    # Received bytes are written in chunks of 65,536.
    while not part.exists() or part.stat().st_size < 262_144:
      assert time.monotonic() < deadline
      assert process.poll() is None
      time.sleep(0.01)
    second = commands.run(COMMAND, arguments)
    assert 'another command is writing into' in second.stderr
    assert second.returncode == 1
  finally:
    process.kill()
    process.communicate()
  assert part.read_bytes() == whole.body[:262_144]
  assert not (folder / 'inception-v3').exists()

  done = commands.run(COMMAND, arguments)
  assert (done.stderr, done.returncode) == ('', 0)
  assert done.stdout.splitlines()[-1] == str(folder / CHECKPOINT)
  assert server.ranges() == ['', 'bytes=262144-']
  assert server.headers[1]['If-Range'] == '"one"'
  assert (folder / CHECKPOINT).read_bytes() == WEIGHTS
  assert not part.exists()


@pytest.fixture(name='call')
def _call(capsys):
  """Returns a function that runs main in-process and returns its output."""

  def call(*arguments):
    argv = flags.FLAGS([COMMAND, *map(str, arguments)])
    assert download_inception_v3.main(argv) == 0
    return capsys.readouterr().out.splitlines()

  values = flags.FLAGS.flag_values_dict()
  flags.FLAGS([COMMAND])
  yield call
  for name in ('source', 'archive'):
    setattr(flags.FLAGS, name, values[name])


def test_every_source_has_its_flag(
  folder, tmp_path, tarball, call, monkeypatch
):
  weights = tmp_path / 'weights.h5'
  weights.write_bytes(b'\x89HDF\r\n\x1a\n')
  keras = pretrained_models.Source(
    title='Keras',
    addresses=(weights.as_uri(),),
    checkpoint='weights.h5',
    expected=downloads.Expected(
      md5=hashlib.md5(weights.read_bytes()).hexdigest()
    ),
  )
  monkeypatch.setattr(
    pretrained_models, 'SOURCES', {**pretrained_models.SOURCES, 'keras': keras}
  )
  slim = image_folders.tar(tmp_path / 's', [('inception_v3.ckpt', WEIGHTS)])
  last = {
    'research': call(folder, f'--archive={tarball}')[-1],
    'slim': call(folder, '--source=slim', f'--archive={slim}')[-1],
    'keras': call(folder, '--source=keras', '--archive=')[-1],
  }
  assert last == {
    'research': str(folder / CHECKPOINT),
    'slim': str(folder / 'inception_v3.ckpt'),
    'keras': str(folder / 'weights.h5'),
  }
  choices = flags.FLAGS['source'].parser.enum_values
  assert list(choices) == list(pretrained_models.SOURCES)


def failures(folder, tmp_path, tarball, server):
  """Returns {case: (arguments, exit code, text)}."""
  content = tarball.read_bytes()
  cut = tmp_path / 'cut.tgz'
  cut.write_bytes(content[: len(content) // 2])
  empty = image_folders.tar(tmp_path / 'empty.tgz', [('README.txt', b'')])
  blocked = tmp_path / 'file'
  blocked.write_bytes(b'mine')
  server.answers['/page.h5'] = file_server.Answer(body=b'<html>')
  server.answers['/other.h5'] = file_server.Answer(body=b'\x89HDF')
  return {
    'no folder': ([], 1, 'download_inception_v3 MODEL_DIR'),
    'nothing': ([''], 1, 'download_inception_v3 MODEL_DIR'),
    'two folders': ([folder, 'two'], 1, 'nothing else'),
    'unknown flag': ([folder, '--model_dir=x'], 2, "'model_dir'"),
    'unknown source': ([folder, '--source=2016'], 2, 'research'),
    'no archive': ([folder, '--archive=/n\u00f6/such.tgz'], 1, 'is not a file'),
    'odd address': ([folder, '--archive=ftp://x/y'], 1, 'neither an http'),
    'not there': (
      [folder, f'--archive={server.address}/none'],
      1,
      '404 Not Found',
    ),
    'truncated': ([folder, f'--archive={cut}'], 1, 'truncated or damaged'),
    'no checkpoint': (
      [folder, f'--archive={empty}'],
      1,
      'no complete checkpoint',
    ),
    'other weights': (
      [folder, '--source=keras', f'--archive={server.address}/other.h5'],
      1,
      'instead of 9a0d58056eeedaa3f26cb7ebd46da564',
    ),
    'a web page': (
      [folder, '--source=keras', f'--archive={server.address}/page.h5'],
      1,
      'it returned a web page instead of the file',
    ),
    'a file': ([blocked, f'--archive={tarball}'], 1, 'cannot make the folder'),
  }


def test_user_errors_are_one_line_each(folder, tmp_path, tarball, server):
  for case, (arguments, code, text) in failures(
    folder, tmp_path, tarball, server
  ).items():
    done = commands.run(COMMAND, arguments)
    assert text in done.stderr, case
    assert len(done.stderr.splitlines()) == 1, case
    assert done.returncode == code, case
  assert (tmp_path / 'file').read_bytes() == b'mine'
  assert (tmp_path / 'cut.tgz').is_file()


@pytest.mark.parametrize(
  ('failure', 'text'),
  [
    (
      OSError(28, 'No space left on device', '/a/b'),
      "cannot use '/a/b': No space left on device: free some space",
    ),
    (
      downloads.DownloadError('cannot download x: no route'),
      'cannot download x: no route (--archive takes',
    ),
  ],
)
def test_failures_of_disk_and_network_are_user_errors(
  folder, call, monkeypatch, failure, text
):
  def failing(*_, **__):
    raise failure

  monkeypatch.setattr(pretrained_models, 'obtain', failing)
  with pytest.raises(errors.UserError) as caught:
    call(folder)
  assert str(caught.value).startswith(text)


def test_help_lists_the_flags():
  done = commands.run(COMMAND, ['--help'])
  assert done.returncode == 0
  for flag in ('source', 'archive'):
    assert f'--{flag}:' in done.stdout
