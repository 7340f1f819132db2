"""Tests of inception.data.curation.audit_summary."""

import pytest

from inception.data.curation import audit_summary
from inception.data.curation import curation
from inception.data.curation import repeats
from inception.images import image_files
from inception.testing import audited_photos

photo = audited_photos.photo
photos = audited_photos.photos
made = audited_photos.made


def told(images, subsets=None, **values):
  """Returns the lines of the summary except the first."""
  first, *lines = audit_summary.summary(made(images, subsets, **values))
  assert first.startswith('Audit: ')
  assert all(line.startswith('  ') for line in lines)
  return [
    line.strip() for line in lines if 'there is only one class' not in line
  ]


def test_single_class_logs_a_warning():
  line = (
    '  WARNING: there is only one class, a: a network will predict it for '
    'every picture. Put pictures of something else into another folder'
  )
  assert audit_summary.summary(made(photos('a', 20)))[1:] == [line]
  two = made([*photos('a', 20), *photos('b', 20)])
  assert line not in audit_summary.summary(two)


GROUPS = curation.Curation(
  groups=(
    repeats.Group((0, 2), copies=((0, 2),)),
    repeats.Group((1, 3, 4), is_conflict=True),
  ),
  left_out={3: 'conflict'},
)
GROUPED = [
  photo('a/0.jpg'),
  photo('a/1.jpg', key=b'1', width=400),
  photo('a/2.jpg'),
  photo('b/3.jpg', key=b'3'),
  photo('b/4.jpg', key=b'4'),
]
GROUPED_SUBSETS = ['train', 'validation', 'train', '', 'train']


def test_first_line_has_the_sizes():
  report = made(
    photo(f'a/{width}.jpg', width=width, height=height, num_bytes=num_bytes)
    for width, height, num_bytes in (
      (300, 90, 10),
      (100, 80, 30),
      (200, 99, 20),
      (400, 80, 90),
    )
  )
  assert audit_summary.summary(report)[0] == (
    'Audit: 4 usable images of 4 files in 1 classes, 100 x 80 to 400 x 99 '
    'pixels (median 200 x 80).'
  )


def test_folder_without_oddities_has_one_line():
  assert told([*photos('a', 20), *photos('b', 30)]) == ['Nothing stands out.']


@pytest.mark.parametrize(
  ('values', 'line'),
  [
    (
      dict(skipped=[image_files.Skipped('/x/a\nb.jpg', 'bad')]),
      r'not usable images, skipped: 1 (/x/a\nb.jpg)',
    ),
    (
      dict(
        skipped=[image_files.Skipped(f'/x/{i}', 'bad') for i in range(1234)]
      ),
      'not usable images, skipped: 1,234 (/x/0, /x/1, /x/2, ...)',
    ),
    (
      dict(stray=['1.jpg', '2.jpg', '3.jpg']),
      'beside the class folders, so without a class: 3 (1.jpg, 2.jpg, 3.jpg)',
    ),
    (
      dict(sidecars=[f'a/{i}.xml' for i in range(72)]),
      'files beside the photographs, not read: 72 (a/0.xml, a/1.xml, '
      'a/2.xml, ...)',
    ),
    (dict(empty_classes=['new']), 'folders without an image file: 1 (new)'),
  ],
)
def test_skipped_files_are_summarised(values, line):
  assert line in told(photos('a', 20), **values)


def test_odd_images_are_summarised():
  lines = told([
    *photos('a', 20),
    photo('a/x.gif'),
    photo('a/\x1b[31m.jpg', width=30),
  ])
  assert lines == [
    'named as another format, taken for what they are: 1 (a/x.gif)',
    r'smaller than 75 pixels: 1 (a/\x1b[31m.jpg)',
  ]


def test_samples_of_more_than_8_bits_are_reported_with_their_range():
  lines = told([
    photo('a/0.jpg'),
    photo('a/1.tif', source_format='TIFF', levels='assumed 0 to 4095'),
    photo('a/2.png', source_format='PNG', levels='declared 0 to 1023'),
  ])
  assert lines == [
    'more than 8 bits a channel, scaled from the range that the file declares: '
    '1 (a/2.png: 0 to 1023)',
    'more than 8 bits a channel, no range declared, scaled from the least that '
    'holds them: 1 (a/1.tif: 0 to 4095)',
    'classes with fewer than 10 images: 1 (a)',
  ]


def test_flawed_pictures_are_summarised():
  assert told([
    *photos('a', 20),
    *(photo(f'a/mask {i}.jpg', flaw='of one colour') for i in range(957)),
    photo('a/x.jpg', flaw='blurred beyond use'),
  ]) == [
    'of one colour: 957 (a/mask 0.jpg, a/mask 1.jpg, a/mask 2.jpg, ...)',
    'called a mask: 957 (a/mask 0.jpg, a/mask 1.jpg, a/mask 2.jpg, ...)',
    'blurred beyond use: 1 (a/x.jpg)',
  ]


def test_no_line_grows_with_the_folder():
  many = [
    photo(f'{"c" * 200}/{"x" * 200}{i}.jpg', flaw='nearly white')
    for i in range(3000)
  ]
  found = curation.Curation(
    groups=(repeats.Group(tuple(range(1500))),),
    scenes=(tuple(range(1500, 3000)),),
    left_out={},
  )
  lines = told(
    many,
    found=found,
    skipped=[image_files.Skipped('/x/' * 100, 'bad')] * 3000,
    stray=['y' * 300] * 3000,
    empty_classes=['z' * 300] * 3000,
    class_names=['c' * 200, *(f'{"d" * 200}{i}' for i in range(3000))],
  )
  assert len(lines) > 5
  assert max(map(len, lines)) < 900


def test_copies_are_summarised_worst_first():
  lines = told(GROUPED, GROUPED_SUBSETS, found=GROUPS)
  assert lines[:9] == [
    '1 picture is in more than one subset:',
    'a/1.jpg = b/3.jpg = b/4.jpg',
    '1 picture is in more than one class:',
    'a/1.jpg = b/3.jpg = b/4.jpg',
    '1 picture is there as byte-identical copies:',
    'a/0.jpg = a/2.jpg',
    '1 picture is there as near copies:',
    'a/1.jpg = b/3.jpg = b/4.jpg',
    'left out as copies or conflicts, as requested: 1',
  ]


def test_pictures_that_are_not_shown_are_counted():
  images = photos('a', 20)
  found = curation.Curation(
    left_out={},
    groups=tuple(
      repeats.Group((2 * i, 2 * i + 1), copies=((2 * i, 2 * i + 1),))
      for i in range(10)
    ),
  )
  assert told(images, found=found) == [
    '10 pictures are there as byte-identical copies:',
    'a/0.jpg = a/1.jpg',
    'a/2.jpg = a/3.jpg',
    'a/4.jpg = a/5.jpg',
    '... and 7 more',
  ]


@pytest.mark.parametrize(
  ('counts', 'line'),
  [
    ({'a': 10, 'b': 9}, 'classes with fewer than 10 images: 1 (b)'),
    ({'a': 10, 'b': 101}, 'uneven classes: 101 images of b, 10 of a'),
    ({'a': 10, 'b': 100}, 'Nothing stands out.'),
  ],
)
def test_uneven_classes_are_summarised(counts, line):
  assert told(
    image for name, count in counts.items() for image in photos(name, count)
  ) == [line]


def test_left_out_images_count_for_no_class():
  found = curation.Curation(groups=(), left_out={0: 'duplicate'})
  assert (
    told(photos('a', 10), found=found)
    == [
      'classes with fewer than 10 images: 1 (a)',
      'left out as copies or conflicts, as requested: 1',
    ][::-1]
  )


def test_classes_without_evaluation_images_are_listed():
  images = [*photos('a', 20), *photos('b', 20)]
  subsets = ['validation', *['train'] * 38, 'test']
  assert told(images, subsets) == [
    'classes without validation images: 1 (b)',
    'classes without test images: 1 (a)',
  ]


def test_class_names_are_escaped():
  for line in told(
    [*photos('a', 200), *photos('\x1b[31mred', 2)],
    ['validation', *['train'] * 201],
  ):
    assert line.isprintable()


def test_number_of_changed_labels_is_reported():
  images = [
    *photos('a', 12),
    *photos('b', 12),
    photo('a/x.jpg', class_name='b'),
    photo('a/y.jpg', class_name='b'),
  ]
  assert told(images) == [
    'labels changed by --labels_csv: 2 (a/x.jpg: b, a/y.jpg: b)'
  ]
