"""Tests of reading the words for synsets."""

import pytest

from inception.records import synset_metadata


@pytest.mark.parametrize(
  'text',
  [
    b'n00004475\torganism, being\nn00005787\tbenthos\n',
    b'\xef\xbb\xbfn00004475\torganism, being\r\nn00005787\tbenthos',
    b'\n n00004475 \t organism, being \n\n\nn00005787\t\tbenthos\n\n'
    b'n00005787\tbenthos\n',
  ],
)
def test_words_of_synsets_are_read(tmp_path, text):
  path = tmp_path / 'imagenet_metadata.txt'
  path.write_bytes(text)
  assert synset_metadata.read(path) == {
    'n00004475': 'organism, being',
    'n00005787': 'benthos',
  }


def test_words_may_contain_any_character(tmp_path):
  path = tmp_path / 'metadata.txt'
  path.write_bytes('n1\tcaf\u00e9\u2028bar\x0bx\ty\n'.encode())
  assert synset_metadata.read(path) == {'n1': 'caf\u00e9\u2028bar\x0bx\ty'}


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    (b'', 'is empty'),
    (b'\n \n', 'is empty'),
    (b'n1\tone\n\nn2 two\n', 'line 3, is .n2 two.: it should be'),
    (b'n1\tone\nn2\t \n', 'line 2, is .n2.: it should be'),
    (b'\tone\n', 'line 1, is .one.: it should be'),
    (b'n1\tone\nn1\ttwo\n', 'line 2, gives n1 a second'),
    (b'n1\tone\nn2\tcaf\xe9\n', 'line 2, is not UTF-8'),
  ],
)
def test_unusable_file_is_refused(tmp_path, text, message):
  path = tmp_path / 'metadata.txt'
  path.write_bytes(text)
  with pytest.raises(synset_metadata.MetadataError, match=message) as error:
    synset_metadata.read(path)
  assert 'metadata.txt' in str(error.value)


def test_missing_file_raises_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    synset_metadata.read(tmp_path / 'none')
