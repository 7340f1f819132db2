"""Stand-ins for the answers of a network."""

from inception.testing import answers


def test_given_logits_have_names_and_records():
  made = answers.make([[0, 1, 2], [0, 5, 2]], [1, 1])
  assert made.class_names == ('a', 'b')
  assert made.is_correct.tolist() == [False, True]
  assert [source.label for source in made.sources] == [1, 1]


def test_drawn_answers_are_repeated_and_often_right():
  first = answers.draw(examples=200, num_classes=4)
  again = answers.draw(examples=200, num_classes=4)
  assert (first.logits == again.logits).all()
  assert 0.5 < first.is_correct.mean() < 1
