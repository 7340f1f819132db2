"""Names in one spelling."""

from inception.jobs import unicode_names


def test_an_accent_of_its_own_is_joined_to_its_letter():
  assert unicode_names.composed('cafe\u0301') == 'caf\u00e9'
  assert unicode_names.composed('caf\u00e9') == 'caf\u00e9'
  # Two letters that look alike are two names; half a byte pair stays.
  assert unicode_names.composed('\u212a\ufb01 \udcff') == 'K\ufb01 \udcff'
