"""A Python toolchain whose interpreter has the locked requirements installed.

python_env() is a repository. When Bazel first needs it, it makes a virtual
environment, installs a requirements lock file into it (pip checks every hash),
imports the packages that the project uses, and declares a toolchain with that
interpreter, so that every py_binary and py_test runs with those packages,
regardless of PYTHONPATH and similar variables (locked_environment.py). It is
made again when the lock file changes.

Two environment variables (or --repo_env=NAME=...) with TensorFlow's own names
choose another interpreter:
  TF_NEED_CUDA=1      installs the lock with TensorFlow's GPU packages.
  PYTHON_BIN_PATH=... uses that interpreter unchanged: nothing is created and
                      nothing is downloaded.
"""

_BUILD = """\
{loads}
package(default_visibility = ["//visibility:public"])

py_runtime(
    name = "py3_runtime",
    interpreter_path = "{interpreter}",
    python_version = "PY3",
    # Not every machine has the default of Bazel 4, "env python". This line also
    # removes variables meant for another Python, such as PYTHONHOME, which
    # would stop both the script's and this interpreter before any code runs.
    stub_shebang = "{shebang}",
)

py_runtime_pair(
    name = "py_runtime_pair",
    py3_runtime = ":py3_runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":py_runtime_pair",
    toolchain_type = "{toolchain_type}",
)
"""

_NATIVE_LOADS = """\
load("@bazel_tools//tools/python:toolchain.bzl", "py_runtime_pair")
"""

_RULES_PYTHON_LOADS = """\
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")
"""

# The Python versions for which the locked TensorFlow has wheels.
_MIN_PYTHON = (3, 10)
_MAX_PYTHON = (3, 13)

# Prints the interpreter's own path, then the reason why it is unusable, if any.
# The name on PATH may be a pyenv or asdf shim, which would not run in the bare
# environment of a test.
_PROBE = """
import importlib.util, sys
print(sys.executable)
if not {min} <= sys.version_info[:2] <= {max}:
  print('is Python %d.%d' % sys.version_info[:2])
elif not all(importlib.util.find_spec(m) for m in ('ensurepip', 'venv')):
  print('has no venv module')
""".format(min = _MIN_PYTHON, max = _MAX_PYTHON)

# The import name of every package with a target in //third_party/python.
_IMPORTS = [
    "absl",
    "filelock",
    "flatbuffers",
    "google.protobuf",
    "google_crc32c",
    "h5py",
    "jinja2",
    "keras",
    "mypy",
    "numpy",
    "pi_heif",
    "PIL",
    "psutil",
    "pytest",
    "requests",
    "ruff",
    "sklearn",
    "simplejpeg",
    "starlette",
    "tensorboard",
    "tensorflow",
    "tqdm",
    "uvicorn",
    "yaml",
]

# Variables that make Python load its library or packages from elsewhere.
_UNSET = [
    "PYTHONHOME",
    "PYTHONPATH",
    "__PYVENV_LAUNCHER__",
    "PYTHONEXECUTABLE",
    "PYTHONPLATLIBDIR",
]

# Variables that would make pip install elsewhere; an empty value unsets them.
_PIP_ELSEWHERE = {
    "PIP_PREFIX": "",
    "PIP_ROOT": "",
    "PIP_TARGET": "",
    "PIP_USER": "",
}

# Prints the interpreter's own path, then a line for each import that fails.
_CHECK = """
import importlib, os, sys
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
print(sys.executable)
for name in sys.argv[1:]:
  try:
    importlib.import_module(name)
  except ModuleNotFoundError as error:
    print(name if error.name == name else '%s (%s)' % (name, error))
  except Exception as error:
    print('%s (%s)' % (name, ' '.join(str(error).split())[:300]))
"""

def _python(ctx, interpreter, arguments, timeout = 600):
    # -I ignores the caller's PYTHONPATH and user site-packages.
    return ctx.execute(
        [interpreter, "-I"] + arguments,
        environment = _PIP_ELSEWHERE,
        quiet = True,
        timeout = timeout,
    )

def _last_lines(result, count):
    lines = (result.stdout + "\n" + result.stderr).strip().splitlines()
    return "\n".join(lines[-count:])

def _base_interpreter(ctx):
    """Returns a Python on PATH that can make the virtual environment."""
    seen = []
    without_venv = None
    for name in ["python3", "python", "py", "python3.13", "python3.12", "python3.11", "python3.10"]:
        found = ctx.which(name)
        if not found:
            continue

        # Run it rather than trust its name: Windows has a python3.exe that only
        # opens its store, and macOS has one that is too old.
        probe = _python(ctx, found, ["-c", _PROBE], timeout = 60)
        lines = probe.stdout.strip().splitlines()
        if probe.return_code or not lines:
            seen.append("%s does not run" % found)
        elif len(lines) == 1:
            return lines[0]
        else:
            seen.append("%s %s" % (found, lines[1]))
            if lines[1].endswith("venv module"):
                without_venv = found
    if without_venv:
        fail("%s cannot make a virtual environment, because its venv module is not installed: on Debian and Ubuntu run `apt-get install python3-venv` as root, elsewhere install a Python from python.org, or set PYTHON_BIN_PATH to a Python that has TensorFlow." % without_venv)
    fail("Found no Python %d.%d to %d.%d on PATH (%s): install one, or set PYTHON_BIN_PATH to a Python that has TensorFlow." % (
        _MIN_PYTHON + _MAX_PYTHON + ("; ".join(seen) or "none at all",)
    ))

def _checked(ctx, interpreter):
    """Returns (the interpreter's own path, the imports that fail)."""
    result = _python(ctx, interpreter, ["-c", _CHECK] + _IMPORTS)
    lines = result.stdout.strip().splitlines()
    if result.return_code or not lines:
        return None, _last_lines(result, 3) or "exit code %d" % result.return_code
    return lines[0], "; ".join(lines[1:])

def _ready_interpreter(ctx, path):
    ctx.report_progress("Checking PYTHON_BIN_PATH=" + path)
    interpreter, missing = _checked(ctx, path)
    if not interpreter:
        fail("PYTHON_BIN_PATH=%s is not a working Python: %s." % (path, missing))
    if missing:
        fail("PYTHON_BIN_PATH=%s lacks packages that this project imports (the user's own site-packages are ignored): %s. Install them into that Python (requirements_base.in in third_party/python lists them), or unset PYTHON_BIN_PATH to have a virtual environment made." % (path, missing))
    return interpreter

def _lock(ctx):
    """Returns the lock file that TF_NEED_CUDA selects."""

    # path() of a label makes Bazel fetch this repository again when that file
    # changes, so it is called for both files.
    plain = ctx.path(ctx.attr.requirements_lock)
    cuda = ctx.path(ctx.attr.requirements_cuda_lock)
    wanted = ctx.os.environ.get("TF_NEED_CUDA", "")
    if wanted in ["", "0"]:
        return plain
    if wanted != "1":
        fail("TF_NEED_CUDA must be 1 (TensorFlow with its GPU packages) or 0 (without), got '%s'." % wanted)
    if ctx.os.name.lower() != "linux":
        fail("TF_NEED_CUDA=1 needs Linux, because TensorFlow's GPU packages exist for no other system: unset it, or use WSL 2 on Windows.")
    return cuda

def _enforce(ctx, interpreter):
    """Makes every start of the interpreter call locked_environment.enforce()."""
    result = _python(ctx, interpreter, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    if result.return_code:
        fail("%s does not print its site-packages folder:\n%s" % (interpreter, _last_lines(result, 4)))
    packages = result.stdout.strip().replace("\\", "/")
    ctx.file(packages + "/locked_environment.py", ctx.read(ctx.attr.locked_environment), executable = False)

    # Python reads .pth files in the order of their names, so this one is first.
    ctx.file(packages + "/00_locked_environment.pth", "import locked_environment; locked_environment.enforce()\n", executable = False)

def _shebang(is_ready):
    """Returns the first line of start-up scripts, which unsets variables."""

    # Linux before 5.1 cuts the line off after 127 bytes. For an interpreter
    # that the user provides, the last variable is left out, as disabling the
    # user site-packages is more important; a virtual environment has none.
    unset, last = (_UNSET[:-1], "PYTHONNOUSERSITE=1 python3") if is_ready else (_UNSET, "python3 -s")
    return "#!/usr/bin/env -S %s %s" % (" ".join(["-u" + name for name in unset]), last)

def _new_interpreter(ctx, lock):
    base = _base_interpreter(ctx)

    # The lock file's hash is in the path, so that a test result cached for one
    # set of packages is not used for another.
    venv = ctx.path("venv%s" % str(hash(ctx.read(lock))).replace("-", "0"))
    windows = ctx.os.name.lower().startswith("windows")
    interpreter = str(venv) + ("/Scripts/python.exe" if windows else "/bin/python")
    ctx.report_progress("Creating a virtual environment with " + base)
    result = _python(ctx, base, ["-m", "venv", str(venv)])
    if result.return_code:
        fail("%s could not make a virtual environment in %s:\n%s" % (base, venv, _last_lines(result, 20)))
    ctx.report_progress("Installing %s (TensorFlow is large: this may take minutes)" % lock.basename)
    result = _python(ctx, interpreter, [
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--only-binary=:all:",
        "--progress-bar=off",
        "--quiet",
        "--require-hashes",
        "--requirement=%s" % lock,
    ], timeout = 3600)
    if result.return_code:
        fail("pip could not install %s; if the network was the cause, run the same command again:\n%s" % (lock, _last_lines(result, 4)))
    _enforce(ctx, interpreter)
    ctx.report_progress("Importing the packages once")
    _, missing = _checked(ctx, interpreter)
    if missing:
        fail("The virtual environment made from %s does not work on this machine: %s" % (lock, missing))
    return interpreter

def _python_env_impl(ctx):
    lock = _lock(ctx)
    ctx.path(ctx.attr.locked_environment)  # Fetch again if this file changes.
    ready = ctx.os.environ.get("PYTHON_BIN_PATH")
    interpreter = _ready_interpreter(ctx, ready) if ready else _new_interpreter(ctx, lock)
    ctx.file("BUILD.bazel", _BUILD.format(
        loads = _NATIVE_LOADS if ctx.attr.native_rules else _RULES_PYTHON_LOADS,
        toolchain_type = "@bazel_tools//tools/python:toolchain_type" if ctx.attr.native_rules else "@rules_python//python:toolchain_type",
        interpreter = interpreter.replace("\\", "/"),
        shebang = _shebang(bool(ready)),
    ), executable = False)

python_env = repository_rule(
    implementation = _python_env_impl,
    attrs = {
        "locked_environment": attr.label(
            allow_single_file = True,
            default = "//third_party/python:locked_environment.py",
            doc = "The module that the virtual environment runs at every start.",
        ),
        "native_rules": attr.bool(
            doc = "True if py_runtime is built into Bazel (7 and older), without @rules_python.",
        ),
        "requirements_cuda_lock": attr.label(
            allow_single_file = True,
            doc = "The lock file for TF_NEED_CUDA=1.",
            mandatory = True,
        ),
        "requirements_lock": attr.label(
            allow_single_file = True,
            mandatory = True,
        ),
    },
    environ = [
        "PYTHON_BIN_PATH",
        "TF_NEED_CUDA",
    ],
)
