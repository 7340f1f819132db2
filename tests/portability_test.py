"""Checks every source with tests.portability, and that on examples."""

import pytest

from tests import portability
from tests import source_tree


@pytest.fixture(scope='module', name='tree')
def _tree():
  return source_tree.read()


def _require_none(found):
  if found:
    pytest.fail('\n'.join(found), pytrace=False)


def test_sources_run_on_windows(tree):
  paths = source_tree.modules(tree).values()
  assert len(paths) > 20
  found = [
    f'{path}, {fault}'
    for path in paths
    for fault in portability.check(tree[path])
  ]
  _require_none(found)


def test_file_names_exist_on_windows(tree):
  assert not portability.check_paths(list(tree))


def test_build_files_need_no_unix_shell(tree):
  found = [
    f'{path}, {fault}'
    for path, text in tree.items()
    if path.endswith(('BUILD', '.bzl'))
    for fault in portability.check_build(text)
  ]
  _require_none(found)


@pytest.mark.parametrize(
  'text',
  [
    # Modules, functions and signals.
    'import fcntl',
    'import pwd, os',
    'from resource import getrusage',
    'def f():\n  import termios',
    'from os import fork',
    'os.fork()',
    'x = os.getuid',
    'os.uname().sysname',
    'os.sched_getaffinity(0)',
    'signal.signal(signal.SIGALRM, f)',
    'p.send_signal(signal.SIGKILL)',
    'from signal import SIGHUP',
    'signal.alarm(1)',
    'time.tzset()',
    # Files.
    'os.rename(a, b)',
    'os.symlink(a, b)',
    'a.symlink_to(b)',
    'path.owner()',
    "x = '/tmp'",
    "flag('/tmp/x')",
    "f'/tmp/{x}'",
    "open('/dev/null', 'rb')",
    # Processes.
    'subprocess.run(x, shell=True)',
    'subprocess.run(x, shell=y)',
    "os.system('ls')",
    "os.popen('ls')",
    'subprocess.Popen(x, preexec_fn=f)',
    "multiprocessing.get_context('fork')",
    "multiprocessing.set_start_method(method='fork')",
    # Encodings.
    'open(x)',
    "open(x, 'w')",
    "open(x, mode='r+')",
    "io.open(x, 'a')",
    'path.open()',
    "path.open('w')",
    "(a / 'b').open(mode='wt')",
    'path.read_text()',
    'path.write_text(x)',
    "os.fdopen(x, 'w')",
    "tempfile.NamedTemporaryFile('w')",
    "tempfile.TemporaryFile(mode='w+')",
    'subprocess.run(x, text=True)',
    'subprocess.Popen(x, universal_newlines=True)',
    # Conditions that look like guards but are none.
    'if x:\n  os.fork()',
    'try:\n  os.fork()\nexcept ValueError:\n  pass',
    '@pytest.mark.slow\ndef f():\n  os.fork()',
  ],
)
def test_features_that_windows_lacks_are_found(text):
  assert len(portability.check(text)) == 1


@pytest.mark.parametrize(
  'text',
  [
    # Comments and docstrings may say anything.
    '"""Not os.fork() nor /tmp/x."""',
    'def f():\n  """/tmp/x"""',
    "x = 'see /tmp/x'",
    # The portable way.
    'os.replace(a, b)',
    'import signal\nsignal.SIGTERM',
    'path.replace(b)',
    "open(x, encoding='utf-8')",
    "open(x, 'rb')",
    'open(x, mode)',
    "path.open('rb')",
    "path.open('w', encoding='utf-8')",
    "path.read_text('utf-8')",
    "path.write_text(x, encoding='utf-8')",
    'import tarfile\ntarfile.open(x)',
    'from PIL import Image\nImage.open(x)',
    "archive.open('member.txt')",
    'archive.open(member)',
    'tempfile.NamedTemporaryFile()',
    'open(x, **options)',
    "subprocess.run(x, text=True, encoding='utf-8')",
    'subprocess.run(x)',
    "multiprocessing.get_context('spawn')",
    # Guards.
    "if sys.platform != 'win32':\n  os.fork()",
    "if os.name == 'posix':\n  import fcntl",
    "x = os.getuid() if hasattr(os, 'getuid') else 0",
    'try:\n  import resource\nexcept ImportError:\n  resource = None',
    '@pytest.mark.skipif(sys.platform == "win32", reason="x")\n'
    'def test_f():\n  os.fork()',
  ],
)
def test_features_that_windows_has_are_not_reported(text):
  assert not portability.check(text)


def test_line_number_is_reported():
  assert portability.check('x = 1\n\nopen(x)') == [
    'line 3: open() of text without encoding='
  ]


@pytest.mark.parametrize(
  'path', ['tests/aux.py', 'con', 'a/NUL.txt', 'a/b:c', 'what?', 'a./b', 'a /b']
)
def test_invalid_windows_file_names_are_found(path):
  assert len(portability.check_paths(['tests/auxiliary.py', path])) == 1


def test_names_that_differ_only_in_case_are_found():
  assert portability.check_paths(['a/Build', 'a/build', 'b/build']) == [
    'a/build and a/Build differ only in upper and lower case'
  ]


@pytest.mark.parametrize('text', ['sh_test(\n  name="x")', '  genrule('])
def test_rules_that_need_a_shell_are_found(text):
  assert len(portability.check_build(text)) == 1
  assert not portability.check_build('py_test(name = "genrule")')
