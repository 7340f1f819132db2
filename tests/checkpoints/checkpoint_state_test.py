"""Tests of checkpoint_state."""

import os

import pytest

from inception.checkpoints import checkpoint_state


def test_missing_file_reads_as_empty(tmp_path):
  assert checkpoint_state.read(tmp_path) == (None, [])
  assert checkpoint_state.read(tmp_path / 'no folder') == (None, [])


def test_read_undoes_escapes(tmp_path):
  # As protocol buffers write 'blüten\t"x"\é' in text.
  (tmp_path / 'checkpoint').write_bytes(
    b'model_checkpoint_path: "bl\\303\\274ten\\t\\"x\\"\\\\\xc3\xa9"\r\n'
    b'all_model_checkpoint_paths: "a"\r\n'
    b'all_model_checkpoint_paths: "b"\r\n'
    b'all_model_checkpoint_timestamps: 1.5\r\n'
  )
  assert checkpoint_state.read(tmp_path) == (
    'bl\u00fcten\t"x"\\\u00e9',
    ['a', 'b'],
  )


def test_written_names_are_read_back(tmp_path):
  checkpoint_state.write(str(tmp_path), ['model.ckpt-1', 'a "b"'])
  assert (tmp_path / 'checkpoint').read_bytes() == (
    b'model_checkpoint_path: "a \\"b\\""\n'
    b'all_model_checkpoint_paths: "model.ckpt-1"\n'
    b'all_model_checkpoint_paths: "a \\"b\\""\n'
  )
  assert checkpoint_state.read(tmp_path) == ('a "b"', ['model.ckpt-1', 'a "b"'])
  assert os.listdir(tmp_path) == ['checkpoint']


def test_failed_write_leaves_the_old_file_and_no_temporary(
  monkeypatch, tmp_path
):
  checkpoint_state.write(str(tmp_path), ['model.ckpt-1'])

  def refuse(source, target):
    raise OSError(28, 'No space left on device', source, None, target)

  monkeypatch.setattr(os, 'replace', refuse)
  with pytest.raises(OSError, match='No space'):
    checkpoint_state.write(str(tmp_path), ['model.ckpt-2'])
  assert checkpoint_state.read(tmp_path)[0] == 'model.ckpt-1'
  assert os.listdir(tmp_path) == ['checkpoint']


@pytest.mark.parametrize('before', [[], ['model.ckpt-1']])
def test_error_in_the_block_restores_the_file(before, tmp_path):
  if before:
    checkpoint_state.write(str(tmp_path), before)
  with pytest.raises(OSError, match='No space'):
    with checkpoint_state.restored_after_an_error(str(tmp_path)):
      checkpoint_state.write(str(tmp_path), ['model.ckpt-2'])
      raise OSError(28, 'No space left on device')
  assert checkpoint_state.read(tmp_path)[1] == before
  assert os.listdir(tmp_path) == ['checkpoint'] * len(before)


def test_without_an_error_the_new_file_stays(tmp_path):
  with checkpoint_state.restored_after_an_error(str(tmp_path)):
    checkpoint_state.write(str(tmp_path), ['model.ckpt-2'])
  assert checkpoint_state.read(tmp_path)[0] == 'model.ckpt-2'
  assert os.listdir(tmp_path) == ['checkpoint']


@pytest.mark.parametrize(
  'path', ['model.ckpt-5', '/a b/model.ckpt-5', r'C:\train\model.ckpt-5']
)
def test_last_part_of_paths_of_any_system(path):
  assert checkpoint_state.last_part(path) == 'model.ckpt-5'


def test_temporary_prefixes_differ():
  first, second = (
    checkpoint_state.temporary_prefix('a/checkpoint') for _ in range(2)
  )
  assert first != second
  assert first.startswith('a/checkpoint.tmp-')
