"""Output of --help: the purpose of a command, and its flags by section.

  section  sets the section of the flags that are defined within a block
  wanted   returns whether a command line asks for help
  text     returns the help

abseil's own help shows the paths of the program's files, which lie in Bazel's
runfiles, and lists all flags alphabetically.
"""

import contextlib
import pathlib
import sys
from collections.abc import Iterable, Iterator, Sequence

from absl import flags

_SHORT = frozenset(('--help', '-help', '--helpshort', '-helpshort', '-h', '-?'))
_FULL = frozenset(('--helpfull', '-helpfull'))

_OTHERS = 'Flags'

# Order of the sections; others follow after them.
_ORDER = (
  'Data',
  'Split',
  'Images that repeat or cannot be used',
  'Starting point',
  'Length of the training',
  'Optimization',
  'Regularization',
  'Averages and batch norm',
  'Checkpoints',
  'Evaluation',
  'Monitoring',
  'Speed and memory',
)

# Name of a flag -> the title of its section.
_section_of: dict[str, str] = {}


@contextlib.contextmanager
def section(title: str) -> Iterator[None]:
  """Lists the flags that the block defines under a title.

  Flags are listed in the order of their definition. In nested blocks the inner
  title applies.
  """
  before = set(flags.FLAGS)
  yield
  for name in flags.FLAGS:
    if name not in before:
      _section_of.setdefault(name, title)


def wanted(argv: Sequence[str]) -> str:
  """Returns 'short' or 'full' if the command line asks for help, else ''."""
  for argument in argv[1:]:
    if argument == '--':
      break
    if argument in _SHORT:
      return 'short'
    if argument in _FULL:
      return 'full'
  return ''


def text(module: str = '__main__', *, full: bool = False) -> str:
  """Returns a command's docstring and its flags.

  Args:
    module: name of the command's module.
    full: whether to list abseil's own flags, too, for logging and debugging.
  """
  parts = [
    (sys.modules[module].__doc__ or '').strip()
    or f'Usage: {pathlib.Path(sys.argv[0]).stem} [--FLAG=VALUE ...]'
  ]
  shown: set[str] = set()
  for title, members in _sections(module).items():
    parts.append(_lines(title, members))
    shown.update(flag.name for flag in members)
  if full:
    for module, members in sorted(flags.FLAGS.flags_by_module_dict().items()):
      if module.startswith('absl.'):
        members = [flag for flag in members if flag.name not in shown]
        parts.append(_lines(f'Flags of {module}', members))
  else:
    parts.append('--helpfull lists the flags for logging and debugging, too.')
  return '\n\n'.join(parts) + '\n'


def _sections(module: str) -> dict[str, list[flags.Flag]]:
  """Returns {title: flags}; the module's flags without a section come last."""
  titles = {
    name: _section_of[name] for name in flags.FLAGS if name in _section_of
  }
  # abseil identifies the main module by the program's path.
  key = sys.argv[0] if module == '__main__' else module
  for flag in flags.FLAGS.get_key_flags_for_module(key):
    titles.setdefault(flag.name, _OTHERS)
  sections: dict[str, list[flags.Flag]] = {
    title: [] for title in _ORDER if title in titles.values()
  }
  for name, title in titles.items():
    sections.setdefault(title, []).append(flags.FLAGS[name])
  return sections


def _lines(title: str, members: Iterable[flags.Flag]) -> str:
  return '\n'.join([f'{title}:', *map(_entry, members)])


def _entry(flag: flags.Flag) -> str:
  """Returns a flag's lines in abseil's format."""
  names = f'-{flag.short_name},' if flag.short_name else ''
  names += f'--[no]{flag.name}' if flag.boolean else f'--{flag.name}'
  lines = [
    flags.text_wrap(
      f'{names}: {flag.help}', length=80, indent='    ', firstline_indent='  '
    )
  ]
  if flag.default_as_str:
    lines.append(
      flags.text_wrap(
        f'(default: {flag.default_as_str})', length=80, indent='    '
      )
    )
  if flag.parser.syntactic_help:
    lines.append(f'    ({flag.parser.syntactic_help})')
  return '\n'.join(lines)
