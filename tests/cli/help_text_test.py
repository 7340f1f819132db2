"""Tests of inception.cli.help_text."""

import sys
import types

import pytest
from absl import flags

from inception.cli import help_text


@pytest.fixture(name='holder', autouse=True)
def _holder(monkeypatch):
  holder = flags.FlagValues()
  monkeypatch.setattr(flags, 'FLAGS', holder)
  monkeypatch.setattr(help_text, '_section_of', {})
  module = types.ModuleType('a_command')
  module.__doc__ = 'Counts the photographs.\n\n  count FOLDER\n'
  monkeypatch.setitem(sys.modules, 'a_command', module)
  monkeypatch.setattr('sys.argv', ['/run/files/count.py'])
  return holder


def define(holder, *names, of_module='another'):
  for name in names:
    flags.DEFINE_integer(
      name, 3, f'Number of {name}.', flag_values=holder, module_name=of_module
    )


@pytest.mark.parametrize(
  ('arguments', 'expected'),
  [
    ([], ''),
    (['--seed=3', 'help'], ''),
    (['--help'], 'short'),
    (['-help'], 'short'),
    (['-h'], 'short'),
    (['--seed=3', '--helpshort'], 'short'),
    (['--helpfull'], 'full'),
    (['--', '--help'], ''),
    (['--seed', '--', '-h'], ''),
  ],
)
def test_help_may_be_anywhere_among_the_flags(arguments, expected):
  assert help_text.wanted(['--help', *arguments]) == expected


def test_flags_are_listed_by_section_in_the_order_of_definition(holder):
  with help_text.section('Data'):
    define(holder, 'images')
  with help_text.section('Zebras'):
    define(holder, 'stripes')
  with help_text.section('Checkpoints'):
    define(holder, 'files')
  with help_text.section('Data'):
    define(holder, 'bytes')
  assert help_text.text('a_command') == (
    'Counts the photographs.\n'
    '\n'
    '  count FOLDER\n'
    '\n'
    'Data:\n'
    '  --images: Number of images.\n'
    "    (default: '3')\n"
    '    (an integer)\n'
    '  --bytes: Number of bytes.\n'
    "    (default: '3')\n"
    '    (an integer)\n'
    '\n'
    'Checkpoints:\n'
    '  --files: Number of files.\n'
    "    (default: '3')\n"
    '    (an integer)\n'
    '\n'
    'Zebras:\n'
    '  --stripes: Number of stripes.\n'
    "    (default: '3')\n"
    '    (an integer)\n'
    '\n'
    '--helpfull lists the flags for logging and debugging, too.\n'
  )


def test_inner_section_takes_precedence(holder):
  with help_text.section('Outer'):
    define(holder, 'a')
    with help_text.section('Inner'):
      define(holder, 'b')
  output = help_text.text('a_command')
  assert output.index('Outer:') < output.index('--a:') < output.index('Inner:')
  assert output.index('Inner:') < output.index('--b:')


def test_commands_own_flags_need_no_section_and_others_are_left_out(holder):
  define(holder, 'own', of_module='a_command')
  define(holder, 'foreign', of_module='a_library')
  output = help_text.text('a_command')
  assert 'Flags:\n  --own: ' in output
  assert 'foreign' not in output


def test_main_modules_flags_are_found_by_the_programs_path(holder, monkeypatch):
  monkeypatch.setattr(sys.modules['__main__'], '__doc__', None, raising=False)
  define(holder, 'own', of_module='/run/files/count.py')
  output = help_text.text()
  assert output.startswith(
    'Usage: count [--FLAG=VALUE ...]\n\nFlags:\n  --own:'
  )
  assert '/run/files' not in output


def test_full_help_includes_abseils_flags(holder):
  with help_text.section('Data'):
    define(holder, 'images')
  define(holder, 'verbosity', of_module='absl.logging')
  assert '--verbosity' not in help_text.text('a_command')
  output = help_text.text('a_command', full=True)
  assert '\n\nFlags of absl.logging:\n  --verbosity: ' in output
  assert '--images' in output


def test_switches_choices_and_short_names_are_shown(holder):
  with help_text.section('Data'):
    flags.DEFINE_boolean(
      'once', False, 'One round.', short_name='o', flag_values=holder
    )
    flags.DEFINE_enum(
      'kind', 'a', ['a', 'b'], 'Kind of it.', flag_values=holder
    )
    flags.DEFINE_string('none', None, 'No default.', flag_values=holder)
  output = help_text.text('a_command')
  assert "  -o,--[no]once: One round.\n    (default: 'false')\n" in output
  assert "  --kind: <a|b>: Kind of it.\n    (default: 'a')\n" in output
  assert '  --none: No default.\n\n' in output


def test_lines_are_at_most_80_columns(holder):
  with help_text.section('Data'):
    flags.DEFINE_string('name', 'x', 'word ' * 60, flag_values=holder)
  lines = help_text.text('a_command').splitlines()
  assert max(map(len, lines)) <= 80
  assert sum(line.startswith('    word') for line in lines) > 3


def test_section_applies_to_flags_defined_in_a_function(holder):
  @help_text.section('Data')
  def define_all():
    define(holder, 'images')

  define_all()
  define(holder, 'others', of_module='a_command')
  output = help_text.text('a_command')
  assert output.index('Data:') < output.index('--images:')
  assert output.index('--images:') < output.index('Flags:')
