"""Tests of inception.data.annotations.box_annotations."""

import os

import pytest

from inception.data.annotations import box_annotations

SYNSET = 'n02085620'


def thing(xmin, ymin, xmax, ymax, *, name=SYNSET, more=''):
  return (
    f'<object><name>{name}</name>{more}<bndbox><xmin>{xmin}</xmin><ymin>'
    f'{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax></bndbox>'
    '</object>'
  )


def annotation(*things, filename='', width=200, height=100):
  return (
    f'<annotation><folder>x</folder><filename>{filename}</filename>'
    f'<size><width>{width}</width><height>{height}</height>'
    f'<depth>3</depth></size>{"".join(things)}</annotation>'
  )


def write(folder, name, text):
  path = folder.joinpath(*name.split('/'))
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(text if isinstance(text, bytes) else text.encode('utf-8'))
  return path


def rows(folder, *arguments):
  return list(box_annotations.rows(folder, *arguments))


def test_pixels_become_fractions(tmp_path):
  write(
    tmp_path,
    f'{SYNSET}/{SYNSET}_7.xml',
    annotation(
      thing(20, 30, 120, 40), thing(0, 0, 200, 100), filename=f'{SYNSET}_7'
    ),
  )
  assert rows(tmp_path) == [
    (f'{SYNSET}_7', 0.1, 0.3, 0.6, 0.4),
    (f'{SYNSET}_7', 0, 0, 1, 1),
  ]


def test_sides_are_sorted_and_clipped_to_the_image(tmp_path):
  write(
    tmp_path,
    '1.xml',
    annotation(
      thing(120, 40, 20, 30), thing(-5, 50, 300.5, 100), thing(250, 0, 260, 50)
    ),
  )
  assert [row[1:] for row in rows(tmp_path)] == [
    (0.1, 0.3, 0.6, 0.4),
    (0, 0.5, 1, 1),
    (1, 0, 1, 0.5),
  ]


def test_files_are_read_in_path_order(tmp_path):
  box = annotation(thing(0, 0, 100, 50, name='dog'))
  for name in (
    'n00000002/b.xml',
    'n00000002/a.XML',
    'n00000001/z.xml',
    'n00000001/readme.txt',
    'n00000001/._z.xml',
    'top.xml',
    '.hidden/h.xml',
  ):
    write(tmp_path, name, box)
  assert [row[0] for row in rows(tmp_path)] == ['top', 'z', 'a', 'b']
  assert [row[0] for row in rows(tmp_path, ['n00000002', 'n3'])] == ['a', 'b']


@pytest.mark.parametrize(
  ('told', 'name'),
  [
    ('', 'one'),
    ('%s', 'one'),
    ('one', 'one'),
    ('other.jpg', 'one'),
    ('one.png', 'one.png'),
    (' one.jpg\n', 'one.jpg'),
    ('../one.jpg', 'one'),
  ],
)
def test_image_is_named_like_its_annotation(tmp_path, told, name):
  write(
    tmp_path,
    'n00000001/one.xml',
    annotation(thing(0, 0, 100, 50, name='dog'), filename=told),
  )
  assert rows(tmp_path) == [(name, 0, 0, 0.5, 0.5)]


def test_classes_that_are_not_synsets_keep_their_folder(tmp_path):
  for class_name in ('daisy', 'roses'):
    write(
      tmp_path,
      f'{class_name}/a.xml',
      annotation(thing(0, 0, 100, 50, name='flower'), filename='a.jpg'),
    )
  assert [row[0] for row in rows(tmp_path)] == ['daisy/a.jpg', 'roses/a.jpg']


def test_objects_of_another_synset_are_left_out(tmp_path):
  write(
    tmp_path,
    f'{SYNSET}/1.xml',
    annotation(
      thing(0, 0, 20, 10, name='n00000001'),
      thing(0, 0, 40, 20, name='Scottish_deerhound'),
      thing(0, 0, 60, 30),
    ),
  )
  write(tmp_path, 'dogs/1.xml', annotation(thing(0, 0, 80, 40)))
  assert [row[3] for row in rows(tmp_path)] == [0.4, 0.2, 0.3]


def test_parts_of_an_object_are_not_objects(tmp_path):
  part = (
    '<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin>'
    '<xmax>2</xmax><ymax>2</ymax></bndbox></part>'
  )
  write(tmp_path, '1.xml', annotation(thing(20, 30, 120, 40, more=part)))
  assert rows(tmp_path) == [('1', 0.1, 0.3, 0.6, 0.4)]


def test_annotation_without_objects_has_no_rows(tmp_path):
  write(tmp_path, '1.xml', annotation())
  assert rows(tmp_path) == []


DOCTYPE = '<!DOCTYPE annotation [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    (b'', 'not an XML annotation'),
    ('<annotation>', 'not an XML annotation'),
    ('not <xml', 'not an XML annotation'),
    (b'\x89PNG\r\n\x1a\n\x00', 'not an XML annotation'),
    (
      '<?xml version="1.0" encoding="nonesuch"?><annotation/>',
      'not an XML annotation',
    ),
    (
      '<?xml version="1.0" encoding="gb2312"?><annotation/>',
      'not an XML annotation',
    ),
    (DOCTYPE + annotation(filename='&b;'), 'DOCTYPE'),
    ((DOCTYPE + annotation()).encode('utf-16'), 'DOCTYPE'),
    (
      '<!DOCTYPE annotation SYSTEM "file:///etc/hostname">' + annotation(),
      'DOCTYPE',
    ),
    ('<!ENTITY a "aaaa">' + annotation(), 'not an XML annotation'),
    ('<svg/>', '<svg> instead'),
    (annotation(thing(1, 2, 3, 'x')), "<bndbox/ymax> but 'x'"),
    (annotation(thing(1, '', 3, 4)), "<bndbox/ymin> but ''"),
    (annotation(thing(1, 'nan', 3, 4)), "<bndbox/ymin> but 'nan'"),
    (annotation(thing(1, 2, 'inf', 4)), "<bndbox/xmax> but 'inf'"),
    (annotation('<object><name>a</name></object>'), "<bndbox/xmin> but ''"),
    ('<annotation/>', "<size/width> but ''"),
    (annotation(width=0), '0x100 pixels'),
    (annotation(height=-1), '200x-1 pixels'),
  ],
)
def test_invalid_file_is_named(tmp_path, text, message):
  write(tmp_path, f'{SYNSET}/bad one.xml', text)
  with pytest.raises(box_annotations.AnnotationError, match=message) as error:
    rows(tmp_path)
  assert 'bad one.xml' in str(error.value)
  assert len(str(error.value).splitlines()) == 1


@pytest.mark.skipif(os.name == 'nt', reason='no such names there')
def test_name_that_is_not_unicode_is_refused(tmp_path):
  path = os.path.join(os.fsencode(tmp_path), b'caf\xe9.xml')
  try:
    with open(path, 'wb') as file:
      file.write(annotation(thing(0, 0, 9, 9)).encode())
  except OSError:
    pytest.skip('this file system has no such names')
  with pytest.raises(box_annotations.AnnotationError, match='not Unicode'):
    rows(tmp_path)


def test_folder_without_annotations_is_refused(tmp_path):
  write(tmp_path, 'n00000001/1.jpg', b'')
  with pytest.raises(box_annotations.AnnotationError, match='no .xml'):
    rows(tmp_path)
  with pytest.raises(FileNotFoundError):
    rows(tmp_path / 'none')
