"""pytest_test: a py_test that runs its test functions with pytest."""

load("@rules_python//python:defs.bzl", "py_test")

_MAIN = "//third_party/python:pytest_main.py"

def pytest_test(name, srcs, args = [], deps = [], **kwargs):
    """Runs the test functions in srcs.

    Args:
      name: the target's name.
      srcs: the test files; pytest itself finds a file named conftest.py.
      args: further arguments to pytest.
      deps: as in py_test; pytest itself is added.
      **kwargs: as in py_test (data, size, shard_count, tags, ...).
    """
    py_test(
        name = name,
        srcs = srcs + [_MAIN],
        main = _MAIN,
        args = ["$(rootpath %s)" % s for s in srcs if not s.endswith("conftest.py")] + args,
        deps = deps + ["//third_party/python:pytest"],
        **kwargs
    )
