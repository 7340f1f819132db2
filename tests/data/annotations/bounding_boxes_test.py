"""Tests of inception.data.annotations.bounding_boxes."""

import csv
import tracemalloc

import pytest

from inception.data.annotations import bounding_boxes
from inception.data.annotations import boxes_csv

ROW_OF_2016 = 'n00007846_64193.JPEG,0.0060,0.2620,0.7545,0.9940'
BOX_OF_2016 = (0.2620, 0.0060, 0.9940, 0.7545)


def read(tmp_path, text):
  path = tmp_path / 'boxes.csv'
  path.write_bytes(text if isinstance(text, bytes) else text.encode('utf-8'))
  return bounding_boxes.read(path)


@pytest.mark.parametrize(
  'text',
  [
    ROW_OF_2016,
    ROW_OF_2016 + '\n',
    '\ufeff' + ROW_OF_2016 + '\r\n',
    f'\n\n{ROW_OF_2016}\n\n  \n',
    ROW_OF_2016 + '\r',
    'filename,xmin,ymin,xmax,ymax\n' + ROW_OF_2016,
    '\ufeffYMIN, ymax ,label,xmin,File,xmax\n'
    '.262,.994,dog,.006,n00007846_64193.JPEG,.7545\n',
    'path,image,xmin,ymin,xmax,ymax\n'
    './n00007846_64193.JPEG,7,.006,.262,.7545,.994',
    '"n00007846_64193.JPEG","0.0060"," 0.2620",0.7545 ,9.940e-1',
  ],
)
def test_row_is_read_in_either_form(tmp_path, text):
  boxes = read(tmp_path, text)
  assert boxes.of('n00007846/n00007846_64193.JPEG') == (BOX_OF_2016,)
  assert (len(boxes._packed), boxes.num_left_out) == (1, 0)


def test_image_has_one_box_per_row_in_order(tmp_path):
  boxes = read(
    tmp_path,
    'a.jpg,.1,.2,.3,.4\nb.jpg,0,0,1,1\na.jpg,.5,.6,.7,.8\na.jpg,.1,.2,.3,.4\n',
  )
  first = (0.2, 0.1, 0.4, 0.3)
  assert boxes.of('x/a.jpg') == (first, (0.6, 0.5, 0.8, 0.7), first)
  assert boxes.of('x/b.jpg') == ((0, 0, 1, 1),)
  assert boxes.of('x/c.jpg') == ()


def test_name_may_contain_any_character(tmp_path):
  boxes = read(
    tmp_path,
    '"one, two.jpg",0,0,.1,1\n'
    '"say ""hi"".jpg",0,0,.2,1\n'
    '"two\nlines.jpg",0,0,.3,1\n'
    '\U0001f33c \u00e4.jpg,0,0,.4,1\n',
  )
  assert boxes.of('x/one, two.jpg') == ((0, 0, 1, 0.1),)
  assert boxes.of('x/say "hi".jpg') == ((0, 0, 1, 0.2),)
  assert boxes.of('x/two\nlines.jpg') == ((0, 0, 1, 0.3),)
  assert boxes.of('x/\U0001f33c \u00e4.jpg') == ((0, 0, 1, 0.4),)


def test_path_takes_precedence_over_a_bare_name(tmp_path):
  boxes = read(
    tmp_path, 'a.jpg,0,0,.1,1\nroses/a.jpg,0,0,.2,1\ntulips\\b.jpg,0,0,.3,1\n'
  )
  assert boxes.of('roses/a.jpg') == ((0, 0, 1, 0.2),)
  # The bare name stands for the image of every other class.
  assert (
    boxes.of('daisy/a.jpg') == boxes.of('tulips/a.jpg') == ((0, 0, 1, 0.1),)
  )
  assert boxes.of('daisy/sub/a.jpg') == ((0, 0, 1, 0.1),)
  assert boxes.of('tulips/b.jpg') == ((0, 0, 1, 0.3),)
  assert boxes.of('roses/b.jpg') == ()


def test_names_that_several_images_share_are_returned(tmp_path):
  boxes = read(
    tmp_path, '1.jpg,.1,.2,.3,.4\n2.jpg,.1,.2,.3,.4\na/3.jpg,.1,.2,.3,.4\n'
  )
  seen = ['a/1.jpg', 'b/1.jpg', 'a/2.jpg', 'a/3.jpg', 'b/3.jpg']
  assert boxes.shared(seen) == ['1.jpg']


def test_names_without_an_image_are_returned(tmp_path):
  boxes = read(
    tmp_path,
    'z.jpg,0,0,1,1\na.jpg,0,0,1,1\nroses/b.jpg,0,0,1,1\n'
    'roses/a.jpg,0,0,1,1\nz.jpg,0,0,.5,1\n',
  )
  assert boxes.unused([]) == ['z.jpg', 'a.jpg', 'roses/b.jpg', 'roses/a.jpg']
  assert boxes.unused(['daisy/b.jpg', 'roses/a.jpg']) == [
    'z.jpg',
    'a.jpg',
    'roses/b.jpg',
  ]
  assert boxes.unused(iter(['daisy/a.jpg', 'x/z.jpg', 'roses/b.jpg'])) == [
    'roses/a.jpg'
  ]


def test_sides_slightly_outside_are_moved_to_the_edge(tmp_path):
  boxes = read(tmp_path, 'a.jpg,-0.01,-.5,1.5,1.0001\n')
  assert boxes.of('x/a.jpg') == ((0, 0, 1, 1),)
  assert boxes.num_left_out == 0


def test_box_without_width_in_a_record_is_left_out(tmp_path):
  boxes = read(tmp_path, 'a.jpg,.5,0,.50000001,1\na.jpg,0,.3,1,.30000000004\n')
  assert boxes.num_left_out == 2
  assert not boxes.of('x/a.jpg')


def test_box_without_area_is_left_out_and_counted(tmp_path):
  boxes = read(
    tmp_path,
    'a.jpg,.3,.1,.3,.2\na.jpg,.1,.4,.2,.3\n'
    'a.jpg,1.1,.1,1.2,.3\nb.jpg,0,-.2,1,-.1\n'
    'a.jpg,.1,.2,.3,.4\n',
  )
  assert boxes.num_left_out == 4
  assert boxes.of('x/a.jpg') == ((0.2, 0.1, 0.4, 0.3),)
  assert boxes.of('x/b.jpg') == ()
  assert boxes.unused(['x/b.jpg']) == ['a.jpg']


@pytest.mark.parametrize(
  ('text', 'line', 'message'),
  [
    ('a.jpg,0,0,1,1\na.jpg,12,30,400,200\n', 2, 'divide pixels'),
    ('a.jpg,0,0,1,1\n\na.jpg,0,0,1,-0.6\n', 3, 'divide pixels'),
    ('a.jpg,0,0,1,nan\n', 1, 'not a fraction'),
    ('a.jpg,0,0,1,inf\n', 1, 'not a fraction'),
    ('a.jpg,0,0,1,wide\n', 1, "'wide'"),
    ('a.jpg,0,0,,1\n', 1, "'' for a side"),
    ('name,left,top,right,bottom\n', 1, "'left'"),
    ('a.jpg,0,0,1\n', 1, '4 columns'),
    ('a.jpg,0,0,1,1,dog\n', 1, '6 columns'),
    ('a.jpg;0;0;1;1\n', 1, 'commas'),
    ('filename,xmin,ymin,xmax,ymax\na.jpg,0,0\n', 2, '3 columns'),
    ('filename,xmin,ymin,xmax\n', 1, 'without ymax'),
    ('label,xmin,ymin,xmax,ymax\n', 1, 'without filename'),
    (',0,0,1,1\n', 1, 'names no image'),
    ('a.jpg,0,0,1,1\n"b.jpg,0,0,1,1\n', 2, 'is not CSV'),
    ('a.jpg,0,0,1,1\n"b"c.jpg,0,0,1,1\n', 2, 'is not CSV'),
    (b'a.jpg,0,0,1,1\ncaf\xe9.jpg,0,0,1,1\n', 2, 'not UTF-8'),
    ('a.jpg,0,0,1,1\n'.encode('utf-16'), 1, 'not UTF-8'),
  ],
)
def test_invalid_line_is_named(tmp_path, text, line, message):
  with pytest.raises(boxes_csv.BoxesError, match=message) as error:
    read(tmp_path, text)
  assert f"boxes.csv', line {line}," in str(error.value)


@pytest.mark.parametrize('text', ['', '\n\n', '\ufeff', ',,\n'])
def test_empty_file_is_refused(tmp_path, text):
  with pytest.raises(boxes_csv.BoxesError, match='boxes.csv.* is empty'):
    read(tmp_path, text)


def test_missing_file_raises_the_systems_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    bounding_boxes.read(tmp_path / 'none.csv')


def test_folder_of_annotations_is_read(tmp_path):
  (tmp_path / 'n00007846').mkdir()
  (tmp_path / 'n00007846' / 'n00007846_1.xml').write_text(
    '<annotation><size><width>200</width><height>100</height></size>'
    '<object><name>n00007846</name><bndbox><xmin>20</xmin><ymin>30</ymin>'
    '<xmax>120</xmax><ymax>40</ymax></bndbox></object>'
    '<object><name>n00007846</name><bndbox><xmin>250</xmin><ymin>30</ymin>'
    '<xmax>260</xmax><ymax>40</ymax></bndbox></object></annotation>',
    encoding='utf-8',
  )
  boxes = bounding_boxes.read(tmp_path)
  assert boxes.of('n00007846/n00007846_1.JPEG') == ((0.3, 0.1, 0.4, 0.6),)
  assert boxes.num_left_out == 1


def test_invalid_annotation_is_a_boxes_error(tmp_path):
  (tmp_path / '1.xml').write_bytes(b'<annotation>')
  with pytest.raises(boxes_csv.BoxesError, match='1.xml'):
    bounding_boxes.read(tmp_path)


def test_box_takes_less_than_500_bytes(tmp_path):
  # 600,000 of them are below 300 MB.
  number = 20_000
  with open(tmp_path / 'boxes.csv', 'w', encoding='utf-8', newline='') as file:
    csv.writer(file).writerows(
      (f'n00007846_{i}.JPEG', 0.1, 0.2, 0.3, 0.4) for i in range(number)
    )
  tracemalloc.start()
  boxes = bounding_boxes.read(tmp_path / 'boxes.csv')
  _, peak = tracemalloc.get_traced_memory()
  tracemalloc.stop()
  assert len(boxes._packed) == number
  assert peak / number < 500


def test_digest_depends_on_names_and_boxes(tmp_path):
  def digest(text):
    path = tmp_path / 'boxes.csv'
    path.write_text(text, encoding='utf-8')
    return bounding_boxes.read(path).digest

  first = digest('a.jpg,0.1,0.2,0.3,0.4\n')
  assert digest('a.jpg, 0.10, 0.2, 0.3, 0.4\r\n') == first
  assert digest('b.jpg,0.1,0.2,0.3,0.4\n') != first
  assert digest('a.jpg,0.1,0.2,0.3,0.5\n') != first


FULL = ((0, 0, 1, 1),)


@pytest.mark.parametrize(
  'name',
  [
    'daisy/000',
    '000',
    'C:\\Users\\user\\photos\\daisy\\000.jpg',
    '/mnt/photos/daisy/000.jpg',
    '../photos/daisy/000',
    'photos/daisy/000.jpg',
  ],
)
def test_image_is_matched_by_the_end_of_a_path(tmp_path, name):
  boxes = read(tmp_path, f'{name},0,0,1,1\n')
  assert boxes.of('daisy/000.jpg') == FULL
  assert boxes.of('daisy/001.jpg') == boxes.of('daisy/x000.jpg') == ()
  assert boxes.unused(['daisy/000.jpg']) == []
  is_bare = '/' not in name.replace('\\', '/')
  assert boxes.of('roses/000.jpg') == (FULL if is_bare else ())


def test_ambiguous_end_of_a_path_matches_nothing(tmp_path):
  boxes = read(
    tmp_path, '/x/train/daisy/0.jpg,0,0,1,1\n/x/val/daisy/0.jpg,0,0,.5,1\n'
  )
  assert boxes.of('daisy/0.jpg') == ()
  assert boxes.of('train/daisy/0.jpg') == FULL


def test_name_with_dots_keeps_them(tmp_path):
  boxes = read(tmp_path, 'a.b,0,0,1,1\n')
  assert boxes.of('x/a.b.jpg') == FULL
  assert boxes.of('x/a.jpg') == ()


def test_different_extension_is_another_image(tmp_path):
  assert read(tmp_path, 'a.png,0,0,1,1\n').of('x/a.jpg') == ()


@pytest.mark.parametrize(
  'name', ['caf\u00e9/e\u0301.jpg', 'cafe\u0301/\u00e9.jpg']
)
def test_unicode_forms_of_a_name_are_equal(tmp_path, name):
  boxes = read(tmp_path, f'{name},0,0,1,1\n')
  assert boxes.of('caf\u00e9/\u00e9.jpg') == FULL
  assert boxes.of('cafe\u0301/e\u0301.jpg') == FULL


def test_pixels_are_divided_by_the_width_and_height_of_their_row(tmp_path):
  boxes = read(
    tmp_path,
    'filename,width,height,class,xmin,ymin,xmax,ymax\n'
    'a.jpg,320,240,daisy,80,60,320,180\n'
    'b.jpg,320,240,daisy,0.25,0.25,1.0,0.75\n'
    'c.jpg,100,50,daisy,0,0,2,50\n',
  )
  quarter = ((0.25, 0.25, 0.75, 1),)
  assert boxes.of('x/a.jpg') == boxes.of('x/b.jpg') == quarter
  assert boxes.of('x/c.jpg') == ((0, 0, 1, 0.02),)


@pytest.mark.parametrize(
  ('row', 'message'),
  [
    ('a.jpg,320,240,0,0,900,100', 'has 900 for a side'),
    ('a.jpg,0,240,0,0,90,100', 'columns of these, named width and height'),
    ('a.jpg,320,x,0,0,90,100', "'x'"),
  ],
)
def test_pixels_outside_their_image_are_refused(tmp_path, row, message):
  with pytest.raises(boxes_csv.BoxesError, match=message):
    read(tmp_path, f'filename,width,height,xmin,ymin,xmax,ymax\n{row}\n')


def test_annotations_without_an_extension_are_matched(tmp_path):
  (tmp_path / 'daisy').mkdir()
  (tmp_path / 'daisy' / '000.xml').write_text(
    '<annotation><filename>000</filename><size><width>10</width><height>10'
    '</height></size><object><name>x</name><bndbox><xmin>0</xmin><ymin>0'
    '</ymin><xmax>10</xmax><ymax>10</ymax></bndbox></object></annotation>',
    encoding='utf-8',
  )
  boxes = bounding_boxes.read(tmp_path)
  assert boxes.of('daisy/000.jpg') == boxes.of('daisy/000.PNG') == FULL
  assert boxes.of('roses/000.jpg') == ()
