"""Every check of the project, one session each, all in the one `.venv` that `./dev` makes."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
# Sessions share the environment nox itself runs in: one installation, one incremental build.
nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests", "cpp", "lint", "docs"]
# nox looks for uv, which nothing here uses, and its remark looks like a failure of the stage.
nox.logger.logger.addFilter(lambda record: record.getMessage() != "uv binary not found.")

ROOT = Path(__file__).resolve().parent
PYTHON = sys.executable
PYTHON_CODE = ("python", "tests", "cpp/cmake", "noxfile.py")
ENVIRONMENT = {
    "PATH": os.pathsep.join([str(Path(PYTHON).parent), os.environ.get("PATH", os.defpath)]),
    "CMAKE_BUILD_PARALLEL_LEVEL": "2",
}
# The tests of a file stay in one process, with the servers that they share.
TWO_PROCESSES = ("--numprocesses=2", "--dist=loadfile")


def run(session: nox.Session, *command: str | Path, **environment: str) -> None:
    """Run a command with the tools of this environment first on PATH."""
    program, *arguments = map(str, command)
    ours = Path(PYTHON).parent / program  # nox itself looks along the PATH that it was started with
    session.run(
        *(str(ours) if ours.is_file() else program, *arguments),
        env={**ENVIRONMENT, **environment},
        external=True,
    )


def require(session: nox.Session, *groups: str) -> None:
    """Install dependency groups of pyproject.toml that were not installed like this before."""
    project = nox.project.load_toml(ROOT / "pyproject.toml")
    for group in groups:
        requirements = nox.project.dependency_groups(project, group)
        fingerprint = hashlib.sha256("\n".join(requirements).encode()).hexdigest()
        stamp = Path(sysconfig.get_path("data"), f".installed-{group}")
        if stamp.is_file() and stamp.read_text() == fingerprint:
            continue
        run(session, PYTHON, "-m", "pip", "install", "--quiet", *requirements)
        stamp.write_text(fingerprint)


def install(session: nox.Session) -> None:
    """Install the package editable; its engine is built incrementally below `build/`."""
    require(session, "build")
    build_dir = ROOT / "build" / f"extension-{sysconfig.get_config_var('SOABI')}"
    run(
        session,
        *(PYTHON, "-m", "pip", "install", "--quiet", "--no-build-isolation"),
        *(f"--config-settings=build-dir={build_dir}", "--editable", ROOT),
    )


@nox.session
def dev(session: nox.Session) -> None:
    """Prepare a working tree: all tools, the package, the git hooks."""
    require(session, "build", "test", "lint", "wheel", "hooks")
    install(session)
    run(session, "cmake", "--preset", "default")
    if (ROOT / ".git").exists():
        run(session, "pre-commit", "install")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the Python tests, on two processes; arguments go to pytest, which then is one."""
    require(session, "test")
    install(session)
    run(session, PYTHON, "-m", "pytest", *(session.posargs or TWO_PROCESSES))


@nox.session
def interop(session: nox.Session) -> None:
    """Compare with docker, notary and the original trust server; arguments as for `tests`."""
    require(session, "test")
    install(session)
    paths = ["tests/interop", "tests/differential"]
    if any(argument.startswith(tuple(paths)) for argument in session.posargs):
        paths = []
    run(session, PYTHON, "-m", "pytest", *paths, *(session.posargs or TWO_PROCESSES))


@nox.session
def differential(session: nox.Session) -> None:
    """Judge 100,000 changed repositories beside the notary Go library; arguments as it says."""
    require(session, "test")
    install(session)
    run(session, PYTHON, "-m", "differential", *session.posargs, PYTHONPATH=str(ROOT / "tests"))


@nox.session
def bench(session: nox.Session) -> None:
    """Time verification, the command, signing and the gate, each beside what it is measured by.

    The first argument may name one of them; further arguments are its own.
    """
    chosen = ["verification", "commands", "signing", "admission", "shim"]
    arguments = session.posargs
    if arguments and arguments[0] in chosen:
        chosen, arguments = [arguments[0]], arguments[1:]
    elif arguments and not arguments[0].startswith("-"):
        session.error(f"no such bench: {arguments[0]}; there are {', '.join(chosen)}")
    require(session, "build", "test")
    for name in chosen:
        run(session, PYTHON, "-m", f"bench.{name}", *arguments, PYTHONPATH=str(ROOT / "tests"))


@nox.session
def cpp(session: nox.Session) -> None:
    """Run the C++ tests in the build type of a release."""
    require(session, "build")
    run(session, "cmake", "--workflow", "--preset", "default")


@nox.session
def asan(session: nox.Session) -> None:
    """Run the C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer."""
    require(session, "build")
    run(session, "cmake", "--workflow", "--preset", "asan")


@nox.session
def tsan(session: nox.Session) -> None:
    """Run the C++ tests under ThreadSanitizer."""
    require(session, "build")
    run(session, "cmake", "--workflow", "--preset", "tsan")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz the engine with libFuzzer; a target and minutes, or a target and a file."""
    require(session, "build")
    place = str(ROOT / "tests")
    # A wrong target is refused before minutes of compiling.
    run(session, PYTHON, "-m", "fuzz", "--dry-run", *session.posargs, PYTHONPATH=place)
    run(session, "cmake", "--preset", "fuzz")
    run(session, "cmake", "--build", "--preset", "fuzz")
    run(session, PYTHON, "-m", "fuzz", *session.posargs, PYTHONPATH=place)


@nox.session
def faults(session: nox.Session) -> None:
    """Check ten million changed signatures eight at a time and one by one."""
    require(session, "build")
    run(session, "cmake", "--preset", "default")
    run(session, "cmake", "--build", "--preset", "default", "--target", "crypto_tests")
    run(
        session,
        ROOT / "build" / "default" / "tests" / "cpp" / "crypto_tests",
        *("--run_test=batch_verify/the_lanes_*", "--log_level=message", "--color_output=no"),
        CONTENTTRUST_BATCH_CASES="10000000",
    )


@nox.session
def valgrind(session: nox.Session) -> None:
    """Run the C++ tests under memcheck, with fewer random cases."""
    require(session, "build")
    run(session, "cmake", "--preset", "default")
    run(session, "cmake", "--build", "--preset", "default")
    known = f"--suppressions={ROOT / 'tests' / 'cpp' / 'valgrind.supp'}"
    memcheck = ("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", known)
    programs = sorted((ROOT / "build" / "default" / "tests" / "cpp").glob("*_tests"))
    if not programs:
        session.error("there are no C++ tests in build/default")
    for program in programs:
        session.log(program.name)
        fewer = {"CONTENTTRUST_BATCH_CASES": "200", "CONTENTTRUST_PATIENCE": "200"}
        run(session, *memcheck, program, "--color_output=no", **fewer)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests on an instrumented build and hold the lines that ran to their goals."""
    require(session, "build", "test", "coverage")
    install(session)
    run(session, PYTHON, "-m", "covered", *session.posargs, PYTHONPATH=str(ROOT / "tests"))


@nox.session
def checks(session: nox.Session) -> None:
    """Delete every check of the judgement, one at a time, and show that a test fails each time."""
    require(session, "build", "test")
    run(session, PYTHON, "tests/attacks/delete_checks.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, lint, types and stubs."""
    require(session, "test", "lint", "wheel")
    run(session, "ruff", "format", "--check", *PYTHON_CODE)
    run(session, "ruff", "check", *PYTHON_CODE)
    folders = (ROOT / "cpp", *(ROOT / "tests" / room for room in ("cpp", "bench", "fuzz")))
    cpp_code = [path for folder in folders for path in folder.rglob("*.[ch]pp")]
    run(session, "clang-format", "--dry-run", "-Werror", *cpp_code)
    install(session)
    run(session, PYTHON, "-m", "mypy")
    run(session, PYTHON, "-m", "mypy", "--package", "wheels", MYPYPATH=str(ROOT / "tests"))
    run(session, PYTHON, "-m", "mypy", "--package", "covered", MYPYPATH=str(ROOT / "tests"))
    run(session, PYTHON, "-m", "mypy", "--package", "fuzz", MYPYPATH=str(ROOT / "tests"))
    alone = ["cpp/cmake/compiled_in.py", *sorted(ROOT.glob("tests/wheels/installed/*.py"))]
    run(session, PYTHON, "-m", "mypy", *alone)
    run(
        session,
        *(PYTHON, "-m", "mypy.stubtest", "contenttrust._core"),
        *("--allowlist", "tests/python/stubtest_allowlist.txt"),
        *("--mypy-config-file", "pyproject.toml"),
        MYPYPATH=str(ROOT / "python"),
    )
    run(session, "cmake", "--preset", "tidy")
    run(session, "cmake", "--build", "--preset", "tidy", "--", "-k", "0")


@nox.session
def docs(session: nox.Session) -> None:
    """Run the examples in docstrings and pages, and follow the links between pages."""
    require(session, "test")
    install(session)
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    run(
        session,
        *(PYTHON, "-m", "pytest", "--doctest-modules", "--doctest-glob=*.md"),
        *(*pages, ROOT / "python" / "contenttrust"),
        *sorted((ROOT / "tests" / "python").glob("test_docs*.py")),
    )


@nox.session
def wheel(session: nox.Session) -> None:
    """Make the sdist and a wheel for each CPython that is found, and try them."""
    require(session, "build", "wheel")
    run(session, PYTHON, "-m", "wheels", PYTHONPATH=str(ROOT / "tests"))


@nox.session
def demo(session: nox.Session) -> None:
    """Install the package and show it at work."""
    install(session)
    run(session, "bash", ROOT / "docs" / "tutorials" / "demo.sh")
