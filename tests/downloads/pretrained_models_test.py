"""Tests of downloading pretrained models, from a server that misbehaves."""

import dataclasses
import hashlib
import json

import pytest

from inception.downloads import downloads
from inception.downloads import pretrained_models
from inception.jobs import output_folder
from inception.testing import file_server
from inception.testing import image_folders

# The end of the tables that make up V1 checkpoints.
TABLE_END = bytes.fromhex('57fb808b247547db')
WEIGHTS = bytes(range(256)) * 2000 + TABLE_END
RESEARCH = pretrained_models.SOURCES['research']
MEMBERS = {
  'inception-v3/README.txt': b'Read me.\n',
  'inception-v3/checkpoint': b'model_checkpoint_path: "model.ckpt-157585"\n',
  'inception-v3/model.ckpt-157585': WEIGHTS,
}
H5 = b'\x89HDF\r\n\x1a\n' + bytes(1000)


@pytest.fixture(name='tarball')
def _tarball(tmp_path):
  return image_folders.tar(tmp_path / 'a tarball.tgz', MEMBERS.items())


@pytest.fixture(name='server')
def _server(monkeypatch, tarball):
  for name in ('no_proxy', 'NO_PROXY'):
    monkeypatch.setenv(name, '127.0.0.1')
  with file_server.serve({
    '/a/model.tgz': file_server.Answer(body=tarball.read_bytes())
  }) as server:
    yield server


@pytest.fixture(name='source')
def _source(server):
  return dataclasses.replace(
    RESEARCH,
    addresses=(
      f'{server.address}/a/model.tgz',
      f'{server.address}/b/model.tgz',
    ),
  )


@pytest.fixture(name='folder')
def _folder(tmp_path):
  return tmp_path / 'with space' / 'm\u00f6dels'


def obtain(source, folder, **options):
  lines = []
  path = pretrained_models.obtain(
    source, folder, log=lines.append, sleep=lambda seconds: None, **options
  )
  return path, lines


def sha256(content):
  return hashlib.sha256(content).hexdigest()


def visible(folder):
  return {
    path.relative_to(folder).as_posix(): path.read_bytes()
    for path in folder.rglob('*')
    if path.is_file() and not path.name.startswith('.')
  }


def test_sources_are_the_published_ones():
  mirror = 'https://storage.googleapis.com/download.tensorflow.org/'
  old = 'http://download.tensorflow.org/'
  keras = 'inception_v3_weights_tf_dim_ordering_tf_kernels.h5'
  facts = {
    name: (
      source.addresses,
      source.file_name,
      source.checkpoint,
      source.is_archive,
      source.expected,
    )
    for name, source in pretrained_models.SOURCES.items()
  }
  research = 'models/image/imagenet/inception-v3-2016-03-01.tar.gz'
  slim = 'models/inception_v3_2016_08_28.tar.gz'
  assert facts == {
    'research': (
      (mirror + research, old + research),
      'inception-v3-2016-03-01.tar.gz',
      'inception-v3/model.ckpt-157585',
      True,
      downloads.Expected(),
    ),
    'slim': (
      (mirror + slim, old + slim),
      'inception_v3_2016_08_28.tar.gz',
      'inception_v3.ckpt',
      True,
      downloads.Expected(),
    ),
    'keras': (
      (
        'https://storage.googleapis.com/tensorflow/keras-applications/'
        f'inception_v3/{keras}',
      ),
      keras,
      keras,
      False,
      downloads.Expected(md5='9a0d58056eeedaa3f26cb7ebd46da564'),
    ),
  }


def test_a_tarball_is_downloaded_unpacked_and_noted(
  server, source, folder, tarball
):
  path, lines = obtain(source, folder)
  assert path == folder / 'inception-v3' / 'model.ckpt-157585'
  assert visible(folder) == {**MEMBERS, 'model.tgz': tarball.read_bytes()}
  assert lines == [
    f'Downloading {source.addresses[0]}',
    f'Unpacking {folder / "model.tgz"}',
  ]
  note = json.loads((folder / '.model.tgz.json').read_bytes())
  assert note['sha256'] == sha256(tarball.read_bytes())
  assert note['files'] == {
    name: [len(content), sha256(content)] for name, content in MEMBERS.items()
  }

  again, lines = obtain(source, folder)
  assert again == path
  assert lines == [f'{path} is complete; it is not downloaded again.']
  assert len(server.requests) == 1


@pytest.mark.parametrize(
  ('name', 'members'),
  [
    ('slim', {'inception_v3.ckpt': WEIGHTS}),
    (
      'research',
      {
        './inception-v3/model.ckpt-157585.index': WEIGHTS,
        './inception-v3/model.ckpt-157585.data-00000-of-00001': b'data',
      },
    ),
  ],
)
def test_other_layouts_of_the_tarball_are_accepted(
  tmp_path, folder, name, members
):
  source = pretrained_models.SOURCES[name]
  archive = image_folders.tar(tmp_path / 'x.tar', members.items(), mode='w')
  path, lines = obtain(source, folder, archive=str(archive))
  assert path == folder / source.checkpoint
  assert visible(folder) == {
    name.removeprefix('./'): content for name, content in members.items()
  }
  assert lines == [f'Unpacking {archive}']


def test_the_second_address_is_tried(server, source, folder):
  server.answers['/b/model.tgz'] = server.answers.pop('/a/model.tgz')
  path, _ = obtain(source, folder)
  assert path.read_bytes() == WEIGHTS


@pytest.mark.parametrize('kind', ['path', 'file', 'http'])
def test_copy_of_the_tarball_is_used(server, source, folder, tarball, kind):
  archive = {
    'path': str(tarball),
    'file': tarball.as_uri(),
    'http': f'{server.address}/c',
  }[kind]
  server.answers['/c'] = server.answers.pop('/a/model.tgz')
  path, _ = obtain(source, folder, archive=archive)
  assert path.read_bytes() == WEIGHTS
  assert server.requests == (['/c'] if kind == 'http' else [])
  assert tarball.is_file()


def test_missing_or_damaged_files_are_unpacked_again(server, source, folder):
  path, _ = obtain(source, folder)
  for damage in (WEIGHTS[:-1], WEIGHTS[:-1] + b'x'):
    path.write_bytes(damage)
    _, lines = obtain(source, folder)
    assert path.read_bytes() == WEIGHTS
    assert (
      f'{path} has changed since it was unpacked: it is kept as' in lines[-1]
    )
  (folder / 'inception-v3' / 'README.txt').unlink()
  obtain(source, folder)
  files = visible(folder / 'inception-v3')
  assert files.pop('model.ckpt-157585.replaced') == WEIGHTS[:-1]
  assert files.pop('model.ckpt-157585.replaced-2') == WEIGHTS[:-1] + b'x'
  assert files == {
    name.partition('/')[2]: content for name, content in MEMBERS.items()
  }
  assert len(server.requests) == 1


def test_user_files_are_kept(source, folder):
  model_folder = folder / 'inception-v3'
  model_folder.mkdir(parents=True)
  (model_folder / 'README.txt').write_bytes(b'mine')
  (model_folder / 'notes.txt').write_bytes(b'mine, too')
  obtain(source, folder)
  assert (model_folder / 'README.txt').read_bytes() == b'Read me.\n'
  assert (model_folder / 'README.txt.replaced').read_bytes() == b'mine'
  assert (model_folder / 'notes.txt').read_bytes() == b'mine, too'


def test_file_in_place_of_a_folder_raises_oserror(source, folder):
  folder.mkdir(parents=True)
  (folder / 'inception-v3').write_bytes(b'mine')
  with pytest.raises(OSError, match='inception-v3'):
    obtain(source, folder)
  assert (folder / 'inception-v3').read_bytes() == b'mine'


def test_valid_tarball_of_the_user_is_used(server, source, folder, tarball):
  folder.mkdir(parents=True)
  (folder / 'model.tgz').write_bytes(tarball.read_bytes())
  obtain(source, folder)
  assert not server.requests
  (folder / 'inception-v3' / 'checkpoint').unlink()
  obtain(source, folder)
  assert not server.requests


def test_damaged_tarball_is_kept_and_another_downloaded(
  server, source, folder, tarball
):
  folder.mkdir(parents=True)
  half = tarball.read_bytes()[:900]
  (folder / 'model.tgz').write_bytes(half)
  path, lines = obtain(source, folder)
  assert path.read_bytes() == WEIGHTS
  assert (folder / 'model.tgz.replaced').read_bytes() == half
  assert 'damaged' in lines[1]
  assert len(server.requests) == 1


def other_tarball(path):
  return image_folders.tar(path, [*MEMBERS.items(), ('more', b'')])


def test_a_later_download_that_differs_is_not_used(
  server, source, folder, tarball, tmp_path
):
  path, _ = obtain(source, folder)
  path.unlink()
  (folder / 'model.tgz').unlink()
  other = other_tarball(tmp_path / 'other').read_bytes()
  server.answers['/a/model.tgz'] = file_server.Answer(body=other)
  with pytest.raises(downloads.DownloadError) as caught:
    obtain(source, folder)
  text = str(caught.value)
  assert sha256(other) in text
  assert sha256(tarball.read_bytes()) in text
  assert 'the first copy' in text
  assert (folder / 'model.tgz.wrong').read_bytes() == other
  assert not path.exists()
  # The first one is used again when it is available again.
  server.answers['/b/model.tgz'] = file_server.Answer(body=tarball.read_bytes())
  obtain(source, folder)
  assert path.read_bytes() == WEIGHTS


def test_another_copy_that_differs_is_not_used(
  server, source, folder, tarball, tmp_path
):
  path, _ = obtain(source, folder)
  other = other_tarball(tmp_path / 'other')
  for archive in (str(other), other.as_uri()):
    with pytest.raises(pretrained_models.PretrainedError) as caught:
      obtain(source, folder, archive=archive)
    assert sha256(other.read_bytes()) in str(caught.value)
    assert sha256(tarball.read_bytes()) in str(caught.value)
  assert other.is_file()
  assert path.read_bytes() == WEIGHTS
  assert not list(folder.rglob('more'))
  path.write_bytes(b'')
  obtain(source, folder, archive=str(tarball))
  assert path.read_bytes() == WEIGHTS


BAD = {
  'truncated': (lambda tar: tar[: len(tar) // 2], 'truncated or damaged'),
  'text': (lambda tar: b'no archive', 'is not a tar file'),
  'empty': (lambda tar: b'', 'is not a tar file'),
}
BAD_MEMBERS = {
  'without a checkpoint': (
    [('inception-v3/README.txt', b'')],
    "no complete checkpoint 'inception-v3/model.ckpt-",
  ),
  'cut checkpoint': (
    [('inception-v3/model.ckpt-157585', WEIGHTS[:-9])],
    'no complete checkpoint',
  ),
  'elsewhere': ([('model.ckpt-157585', WEIGHTS)], 'no complete checkpoint'),
  'unsafe': ([('../x', b'evil')], 'would leave the folder'),
}


@pytest.mark.parametrize('case', [*BAD, *BAD_MEMBERS])
def test_a_bad_tarball_is_refused_and_not_remembered(
  server, source, folder, tarball, tmp_path, case
):
  sound = tarball.read_bytes()
  if case in BAD:
    spoil, reason = BAD[case]
    bad = spoil(sound)
  else:
    members, reason = BAD_MEMBERS[case]
    bad = image_folders.tar(tmp_path / 'bad', members).read_bytes()
  server.answers['/a/model.tgz'] = [
    *[file_server.Answer(body=bad)] * 2,
    file_server.Answer(body=sound),
  ]
  for _ in range(2):
    with pytest.raises(pretrained_models.PretrainedError, match=reason):
      obtain(source, folder)
    # The same bad file is not kept twice.
    assert visible(folder) == {'model.tgz': bad}
    assert not (tmp_path / 'x').exists()
  path, _ = obtain(source, folder)
  assert path.read_bytes() == WEIGHTS
  assert (folder / 'model.tgz.replaced').read_bytes() == bad

  (tmp_path / 'mine.tgz').write_bytes(bad)
  with pytest.raises(pretrained_models.PretrainedError):
    obtain(source, tmp_path / 'new', archive=str(tmp_path / 'mine.tgz'))
  assert visible(tmp_path / 'new') == {}


@pytest.mark.parametrize(
  'note',
  [
    b'',
    b'[]',
    b'{}',
    b'{"sha256": "x", "files": 3}',
    b'{"sha256": "x", "files": {"a": 3}}',
    b'\xff',
  ],
)
def test_damaged_note_is_ignored(server, source, folder, note):
  path, _ = obtain(source, folder)
  (folder / '.model.tgz.json').write_bytes(note)
  _, lines = obtain(source, folder)
  assert lines == [f'Unpacking {folder / "model.tgz"}']
  assert path.read_bytes() == WEIGHTS
  assert len(server.requests) == 1


def test_a_kill_while_files_are_put_in_place_loses_nothing(
  source, folder, monkeypatch
):
  class Killed(BaseException):
    pass

  place = pretrained_models._place
  placed = []

  def killed(path, target, facts, log):
    if placed:
      raise Killed
    placed.append(target)
    place(path, target, facts, log)

  with monkeypatch.context() as patch:
    patch.setattr(pretrained_models, '_place', killed)
    # As after a kill, which cleans up nothing.
    patch.setattr(pretrained_models.shutil, 'rmtree', lambda *_, **__: None)
    with pytest.raises(Killed):
      obtain(source, folder)
  assert (folder / '.model.tgz.unpacking').is_dir()
  path, _ = obtain(source, folder)
  assert path.read_bytes() == WEIGHTS
  assert not (folder / '.model.tgz.unpacking').exists()
  assert not list(folder.rglob('*.replaced'))


@pytest.fixture(name='keras')
def _keras(server):
  server.answers['/k/weights.h5'] = file_server.Answer(body=H5)
  return pretrained_models.Source(
    title='',
    addresses=(f'{server.address}/k/weights.h5',),
    checkpoint='weights.h5',
    expected=downloads.Expected(md5=hashlib.md5(H5).hexdigest()),
  )


def test_file_that_is_the_checkpoint_is_downloaded(server, keras, folder):
  path, lines = obtain(keras, folder)
  assert path == folder / 'weights.h5'
  assert visible(folder) == {'weights.h5': H5}
  assert lines == [f'Downloading {keras.addresses[0]}']
  assert obtain(keras, folder)[1] == [
    f'{path} is complete; it is not downloaded again.'
  ]
  (folder / '.weights.h5.json').unlink()
  obtain(keras, folder)
  assert len(server.requests) == 1

  path.write_bytes(b'mine')
  obtain(keras, folder)
  assert visible(folder) == {'weights.h5': H5, 'weights.h5.replaced': b'mine'}


def test_copy_of_the_file_is_used(server, keras, folder, tmp_path):
  copy = tmp_path / 'my copy.h5'
  copy.write_bytes(H5)
  path, _ = obtain(keras, folder, archive=str(copy))
  assert path.read_bytes() == H5
  assert copy.read_bytes() == H5
  assert not server.requests

  copy.write_bytes(b'other')
  with pytest.raises(
    pretrained_models.PretrainedError,
    match='my copy.h5.* is not weights.h5: MD5 795f3202b17cb6b'
    'c3d4b771d8c6c9eaf instead of ',
  ):
    obtain(keras, tmp_path / 'new', archive=str(copy))


def test_wrong_file_is_kept_under_another_name(server, keras, folder):
  server.answers['/k/weights.h5'] = file_server.Answer(body=b'other')
  with pytest.raises(
    downloads.DownloadError,
    match=(
      f'MD5 795f3202b17cb6bc3d4b771d8c6c9eaf instead of {keras.expected.md5}'
    ),
  ):
    obtain(keras, folder)
  assert visible(folder) == {'weights.h5.wrong': b'other'}


def test_a_file_without_weights_is_refused(server, keras, folder):
  server.answers['/k/weights.h5'] = file_server.Answer(body=b'other')
  source = dataclasses.replace(keras, expected=downloads.Expected())
  with pytest.raises(pretrained_models.PretrainedError, match='no weights'):
    obtain(source, folder)


def test_failed_download_is_an_error(source, folder, server):
  server.answers['/a/model.tgz'] = file_server.Answer(status=503)
  with pytest.raises(
    downloads.DownloadError,
    match='503 Service Unavailable; nor .*404 Not Found',
  ):
    obtain(source, folder)
  assert visible(folder) == {}


def test_a_folder_that_is_a_file_is_an_error(source, tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  with pytest.raises(output_folder.FolderError, match='cannot make the folder'):
    obtain(source, tmp_path / 'file')


def test_second_run_at_the_same_time_is_an_error(source, folder):
  folder.mkdir(parents=True)
  with output_folder.exclusive(folder):
    with pytest.raises(output_folder.FolderError, match='another command'):
      obtain(source, folder)


def test_missing_archive_raises_oserror(source, folder):
  with pytest.raises(FileNotFoundError):
    obtain(source, folder, archive=str(folder / 'none'))


def test_an_address_of_another_kind_is_an_error(source, folder):
  with pytest.raises(downloads.DownloadError, match='neither an http'):
    obtain(source, folder, archive='ftp://x/y')


@pytest.mark.parametrize('name', pretrained_models.SOURCES)
def test_web_page_is_not_mistaken_for_a_model(server, folder, name):
  page = file_server.Answer(body=b'<!DOCTYPE html>Please log in')
  server.answers['/page'] = page
  source = pretrained_models.SOURCES[name]
  for archive in ('', f'{server.address}/page'):
    published = dataclasses.replace(
      source,
      addresses=(f'{server.address}/page',),
      # A file that is the checkpoint itself has the checkpoint's name.
      checkpoint=source.checkpoint if source.is_archive else 'page',
    )
    with pytest.raises(downloads.DownloadError, match='web page'):
      obtain(published, folder, archive=archive)
  assert [path.name for path in sorted(folder.glob('[!.]*'))] == [
    'page.page.html',
    'page.page.html-2',
  ]


def test_a_model_is_downloaded_after_a_web_page(
  server, source, folder, tarball
):
  server.answers['/a/model.tgz'] = server.answers['/b/model.tgz'] = (
    file_server.Answer(body=b'<html>Please log in</html>')
  )
  with pytest.raises(downloads.DownloadError, match='web page'):
    obtain(source, folder)
  server.answers['/a/model.tgz'] = file_server.Answer(body=tarball.read_bytes())
  path, _ = obtain(source, folder)
  assert path.read_bytes() == WEIGHTS
