"""buildifier, for tests/lint_test.py, from the npm package @bazel/buildifier.

npm fetches the package with the user's settings (registry, proxy,
certificates); Bazel compares its SHA-512 with the one below. If npm or its
network is missing, @buildifier//:files contains unavailable.txt with the
reason, and nothing fails to build; CONTRIBUTING.md explains how to try again.
"""

_VERSION = "8.2.1"
_INTEGRITY = "sha512-eZ/Aq+2r4PcJa6LbPCT6ffgIJfTU/gYilqIzoX2OLM4nNkbQC6tTMPZNn7aHHjhGPxbNLv41zm4Xqt1olCLgXw=="

_BUILD = """\
filegroup(
    name = "files",
    srcs = ["{file}"],
    visibility = ["//visibility:public"],
)
"""

def _binary(ctx):
    """Returns the package's file for this machine, or None."""
    name = ctx.os.name.lower()
    if name.startswith("windows"):
        # Also runs on ARM, by emulation.
        return "buildifier-windows_amd64.exe"
    system = {"linux": "linux", "mac os x": "darwin"}.get(name)
    machine = ctx.execute(["uname", "-m"], timeout = 60).stdout.strip()
    cpu = {
        "aarch64": "arm64",
        "amd64": "amd64",
        "arm64": "arm64",
        "riscv64": "riscv64",
        "x86_64": "amd64",
    }.get(machine)
    if not system or not cpu or (system, cpu) == ("darwin", "riscv64"):
        return None
    return "buildifier-%s_%s" % (system, cpu)

def _fetch(ctx, binary):
    """Puts the file `binary` into the repository; returns the problem, if any."""
    npm = ctx.which("npm.cmd") or ctx.which("npm")
    if not npm:
        return "npm is not installed"
    ctx.report_progress("npm pack @bazel/buildifier")
    result = ctx.execute([
        npm,
        "pack",
        "@bazel/buildifier@" + _VERSION,
        "--fetch-retries=1",
        "--ignore-scripts",
        "--loglevel=error",
    ], timeout = 120, quiet = True)
    tarball = ctx.path("bazel-buildifier-%s.tgz" % _VERSION)
    if result.return_code or not tarball.exists:
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        return "npm could not fetch @bazel/buildifier: " + (lines[0] if lines else "exit code %d" % result.return_code)
    path = str(tarball)
    ctx.download_and_extract(
        url = ("file://" if path.startswith("/") else "file:///") + path.replace(" ", "%20"),
        integrity = _INTEGRITY,
        output = "package",
        stripPrefix = "package",
    )
    ctx.symlink("package/" + binary, binary)
    return None

def _buildifier_impl(ctx):
    binary = _binary(ctx)
    problem = _fetch(ctx, binary) if binary else "@bazel/buildifier has no binary for this machine"
    if problem:
        binary = "unavailable.txt"
        ctx.file(binary, problem + "\n", executable = False)
    ctx.file("BUILD.bazel", _BUILD.format(file = binary), executable = False)

buildifier = repository_rule(implementation = _buildifier_impl)
