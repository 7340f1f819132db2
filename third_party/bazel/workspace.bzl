"""Repositories for a Bazel that reads WORKSPACE (without Bzlmod)."""

load("//third_party/buildifier:buildifier.bzl", "buildifier")
load("//third_party/python:python_env.bzl", "python_env")

def _stand_in_impl(ctx):
    for path, text in ctx.attr.contents.items():
        ctx.file(path, text, executable = False)

_stand_in = repository_rule(
    implementation = _stand_in_impl,
    attrs = {"contents": attr.string_dict(doc = "path -> text")},
)

def _native_rules(package, rules):
    return {
        "BUILD": "",
        package + "/BUILD": "",
        package + "/defs.bzl": "".join(["%s = native.%s\n" % (r, r) for r in rules]),
    }

def _debian_repositories():
    # Bazel's built-in suffix of every WORKSPACE downloads these from the
    # network and reads them even if every target is Python. Repositories
    # defined here take precedence, so that Debian's Bazel, which is used on
    # machines without that network, downloads nothing.
    _stand_in(
        name = "rules_cc",
        contents = _native_rules("cc", [
            "cc_binary",
            "cc_library",
            "cc_test",
            "cc_toolchain",
            "cc_toolchain_suite",
        ]),
    )
    _stand_in(
        name = "rules_java",
        contents = _native_rules("java", [
            "java_import",
            "java_runtime",
            "java_toolchain",
        ]),
    )
    _stand_in(
        name = "remote_coverage_tools",
        contents = {"BUILD": """
filegroup(
    name = "coverage_report_generator",
    visibility = ["//visibility:public"],
)
"""},
    )

def inception_repositories():
    """Declares every repository that the BUILD files name."""

    # The version is empty for Debian's Bazel, which is a development build.
    if not native.bazel_version:
        _debian_repositories()

    # BUILD files load the Python rules from @rules_python, as Bazel 9 requires.
    # They are built into Bazel 7 and older.
    _stand_in(
        name = "rules_python",
        contents = _native_rules("python", [
            "py_binary",
            "py_library",
            "py_test",
        ]),
    )

    python_env(
        name = "python_env",
        native_rules = True,
        requirements_cuda_lock = "//third_party/python:requirements_cuda_lock.txt",
        requirements_lock = "//third_party/python:requirements_lock.txt",
    )

    buildifier(name = "buildifier")
