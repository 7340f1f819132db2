"""What synsets mean."""

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
def test_synsets_have_words(tmp_path, text):
  path = tmp_path / 'imagenet_metadata.txt'
  path.write_bytes(text)
  assert synset_metadata.read(path) == {
    'n00004475': 'organism, being',
    'n00005787': 'benthos',
  }


def test_words_may_hold_any_letter(tmp_path):
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
def test_a_file_that_cannot_be_used_is_refused(tmp_path, text, message):
  path = tmp_path / 'metadata.txt'
  path.write_bytes(text)
  with pytest.raises(synset_metadata.MetadataError, match=message) as error:
    synset_metadata.read(path)
  assert 'metadata.txt' in str(error.value)


def test_a_missing_file_is_the_systems_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    synset_metadata.read(tmp_path / 'none')
