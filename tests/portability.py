"""Checks that find uses of features that Windows lacks in source files.

They read the syntax tree, so that comments and docstrings may name the
features. A use that a guard keeps from running on Windows is allowed:
  if sys.platform != 'win32':  or  os.name, platform.system(), hasattr(os, ...)
  try: ... except ImportError:  or  AttributeError, NotImplementedError, OSError
  @pytest.mark.skipif(sys.platform == 'win32', reason=...)
"""

import ast
import re
from collections.abc import Iterator

_POSIX_MODULES = frozenset((
  'crypt',
  'curses',
  'fcntl',
  'grp',
  'nis',
  'posix',
  'pty',
  'pwd',
  'readline',
  'resource',
  'spwd',
  'syslog',
  'termios',
  'tty',
))

# Functions and constants, with their modules.
_POSIX_NAMES = {
  **dict.fromkeys(
    (
      'os.chown',
      'os.fchmod',
      'os.fchown',
      'os.fork',
      'os.forkpty',
      'os.getegid',
      'os.geteuid',
      'os.getgid',
      'os.getgroups',
      'os.getpgid',
      'os.getuid',
      'os.killpg',
      'os.lchown',
      'os.mkfifo',
      'os.mknod',
      'os.nice',
      'os.openpty',
      'os.pread',
      'os.pwrite',
      'os.setpgid',
      'os.setsid',
      'os.setuid',
      'os.statvfs',
      'os.sched_getaffinity',
      'os.sysconf',
      'os.uname',
      'os.wait',
      'os.WNOHANG',
      'os.getloadavg',
      'select.poll',
      'select.epoll',
      'signal.alarm',
      'signal.pause',
      'signal.pthread_kill',
      'signal.pthread_sigmask',
      'signal.setitimer',
      'signal.sigwait',
      'signal.SIGALRM',
      'signal.SIGBUS',
      'signal.SIGCHLD',
      'signal.SIGCONT',
      'signal.SIGHUP',
      'signal.SIGKILL',
      'signal.SIGPIPE',
      'signal.SIGQUIT',
      'signal.SIGSTOP',
      'signal.SIGTSTP',
      'signal.SIGUSR1',
      'signal.SIGUSR2',
      'signal.SIGWINCH',
      'time.tzset',
    ),
    'is not on Windows',
  ),
  **dict.fromkeys(
    ('os.rename', 'os.renames'),
    'fails on Windows if the new name exists: use os.replace',
  ),
  **dict.fromkeys(('os.symlink', 'os.link'), 'needs special rights on Windows'),
  **dict.fromkeys(
    (
      'os.system',
      'os.popen',
      'subprocess.getoutput',
      'subprocess.getstatusoutput',
    ),
    "goes through the system's shell",
  ),
}

# Methods that only a pathlib.Path has.
_PATH_METHODS = {
  'symlink_to': 'needs special rights on Windows',
  'hardlink_to': 'needs special rights on Windows',
  'owner': 'is not on Windows',
  'group': 'is not on Windows',
}

_START_METHODS = frozenset(('fork', 'forkserver'))
_SUBPROCESS = re.compile(
  r'^subprocess\.(run|Popen|call|check_call|check_output)$'
)
_TEMPORARY_FILE = re.compile(
  r'^(tempfile\.)?(NamedTemporaryFile|SpooledTemporaryFile|TemporaryFile)$'
)
_MODE = re.compile(r'^[rwaxbt+U]+$')
_GUARD = re.compile(
  r'sys\.platform|os\.name|platform\.system|hasattr\((os|signal|time)\b'
)
_GUARDING_ERRORS = re.compile(
  r'\b(ImportError|ModuleNotFoundError|AttributeError|NotImplementedError|'
  r'OSError)\b'
)

# File names that Windows reserves, and characters that it forbids in them.
_RESERVED = re.compile(
  r'^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[<>:"\\|?*]|[. ]$', re.IGNORECASE
)


def _is_guard(node: ast.AST) -> bool:
  match node:
    case ast.If(test=test) | ast.IfExp(test=test):
      return bool(_GUARD.search(ast.unparse(test)))
    case ast.Try(handlers=handlers):
      return any(
        handler.type is not None
        and _GUARDING_ERRORS.search(ast.unparse(handler.type))
        for handler in handlers
      )
    case (
      ast.FunctionDef(decorator_list=decorators)
      | ast.ClassDef(decorator_list=decorators)
    ):
      return any(
        _GUARD.search(ast.unparse(decorator)) for decorator in decorators
      )
  return False


def _unguarded(node: ast.AST) -> Iterator[ast.AST]:
  """Yields the nodes below `node` that run, or may run, on Windows."""
  for child in ast.iter_child_nodes(node):
    if not _is_guard(child):
      yield child
      yield from _unguarded(child)


def _docstrings(tree: ast.AST) -> set[ast.AST]:
  return {
    node.value
    for node in ast.walk(tree)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
  }


def _argument(call: ast.Call, name: str, position: int | None = None) -> object:
  """Returns an argument's constant, None if it is missing, ... if computed."""
  node = next((k.value for k in call.keywords if k.arg == name), None)
  if node is None and position is not None and position < len(call.args):
    node = call.args[position]
  if node is None:
    return None
  return node.value if isinstance(node, ast.Constant) else ...


def _has(call: ast.Call, name: str) -> bool:
  return any(k.arg in (name, None) for k in call.keywords)  # None: **kwargs


def _is_text(mode: object, default: str) -> bool:
  mode = default if mode is None else mode
  return isinstance(mode, str) and 'b' not in mode


def _lacks_encoding(call: ast.Call, function: str, modules: set[str]) -> bool:
  if _has(call, 'encoding'):
    return False
  owner, _, method = function.rpartition('.')
  if function in ('open', 'io.open'):
    return len(call.args) < 4 and _is_text(_argument(call, 'mode', 1), 'r')
  if function == 'os.fdopen':
    return len(call.args) < 4 and _is_text(_argument(call, 'mode', 1), 'r')
  if method == 'open' and owner not in modules:
    # A path's method, unless the first argument is not a mode, as in an
    # archive's open(member).
    mode = _argument(call, 'mode', 0)
    return _is_text(mode, 'r') and bool(_MODE.match(str(mode or 'r')))
  if method == 'read_text':
    return not call.args
  if method == 'write_text':
    return len(call.args) < 2
  if _TEMPORARY_FILE.match(function):
    return _is_text(_argument(call, 'mode', 0), 'w+b')
  if _SUBPROCESS.match(function):
    return any(
      _argument(call, name) is True for name in ('text', 'universal_newlines')
    )
  return False


def _call_faults(call: ast.Call, modules: set[str]) -> Iterator[str]:
  function = ast.unparse(call.func)
  method = function.rpartition('.')[2]
  if _lacks_encoding(call, function, modules):
    yield f'{function}() of text without encoding='
  if method in _PATH_METHODS and isinstance(call.func, ast.Attribute):
    yield f'.{method}() {_PATH_METHODS[method]}'
  if _argument(call, 'shell') not in (None, False):
    yield "shell=True goes through the system's shell"
  if _has(call, 'preexec_fn') and _SUBPROCESS.match(function):
    yield 'preexec_fn is not on Windows'
  if (
    method in ('get_context', 'set_start_method')
    and _argument(call, 'method', 0) in _START_METHODS
  ):
    yield f'{function}: Windows can only spawn'


def _faults(node: ast.AST, modules: set[str]) -> Iterator[str]:
  match node:
    case ast.Import(names=names):
      for alias in names:
        if alias.name.partition('.')[0] in _POSIX_MODULES:
          yield f'the module {alias.name} is not on Windows'
    case ast.ImportFrom(module=str(module), names=names):
      if module.partition('.')[0] in _POSIX_MODULES:
        yield f'the module {module} is not on Windows'
      for alias in names:
        name = f'{module}.{alias.name}'
        if name in _POSIX_NAMES:
          yield f'{name} {_POSIX_NAMES[name]}'
    case ast.Attribute():
      name = ast.unparse(node)
      if name in _POSIX_NAMES:
        yield f'{name} {_POSIX_NAMES[name]}'
    case ast.Constant(value=str(text)):
      if re.match(r'/(tmp|dev|etc|home|usr|var)(/|$)', text):
        yield f'{text!r} is not a path on Windows'
    case ast.Call():
      yield from _call_faults(node, modules)


def check(text: str) -> list[str]:
  """Returns 'line N: fault' for each use of a feature that Windows lacks."""
  tree = ast.parse(text)
  skipped = _docstrings(tree)
  modules = {
    alias.asname or alias.name
    for node in ast.walk(tree)
    if isinstance(node, ast.Import | ast.ImportFrom)
    for alias in node.names
  }
  return [
    f'line {node.lineno}: {fault}'
    for node in _unguarded(tree)
    if node not in skipped
    for fault in _faults(node, modules)
  ]


def check_paths(paths: list[str]) -> list[str]:
  """Returns a sentence for each file name that does not work on Windows.

  Reserved names do not, nor do two names that differ only in case.
  """
  violations = [
    f'{path}: not a valid file name on Windows'
    for path in paths
    if any(_RESERVED.search(part) for part in path.split('/'))
  ]
  seen: dict[str, str] = {}
  for path in paths:
    other = seen.setdefault(path.lower(), path)
    if other != path:
      violations.append(
        f'{path} and {other} differ only in upper and lower case'
      )
  return violations


def check_build(text: str) -> list[str]:
  """Returns the rules of a BUILD file that need a Unix shell."""
  return [
    f'line {number}: {rule} needs a Unix shell'
    for number, line in enumerate(text.splitlines(), 1)
    for rule in re.findall(r'^\s*(sh_\w+|genrule)\(', line)
  ]
