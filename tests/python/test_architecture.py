"""Rules of the house: who may import whom, what the engine never touches, how large files get."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "contenttrust"
ENGINE = (ROOT / "cpp" / "include" / "contenttrust", ROOT / "cpp" / "src")

# What each part of the package is built on. Whatever those are built on may be named too, except
# the engine: `_core` is for those whose line says so.
BUILT_ON = {
    "_core": set(),
    "errors": {"_core", "explanations"},
    "explanations": {"_core", "errors", "explanation_texts"},
    "explanation_texts": set(),
    "model": {"_core", "errors"},
    "reference": {"_core", "model", "errors"},
    "clock": {"_core"},
    "yaml_nodes": {"errors"},
    "crypto": {"_core"},
    "transport": {"_core", "reference", "model", "errors", "clock"},
    "verification": {"_core", "transport", "model", "clock"},
    "verify": {"_core", "verification", "reference", "model", "clock"},
    "policy": {"_core", "transport", "model", "reference", "errors", "yaml_nodes"},
    "keys": {"_core", "crypto", "errors", "transport"},
    "registry": {"_core", "transport", "reference", "errors"},
    "daemon": {"transport", "reference", "errors"},
    "publish": {
        "_core",
        "keys",
        "registry",
        "transport",
        "model",
        "clock",
        "verification",
        "verify",
    },
    "doctor": {"verify", "keys", "transport", "publish"},
    "bundle": {"verify", "keys", "transport"},
    "gate": {"_core", "verify", "policy", "registry", "yaml_nodes"},
    "pytest_plugin": {"gate"},
    "audit": {"verify", "policy", "registry"},
    "server": {"model", "keys", "transport", "errors"},
}
EVERYTHING = {"cli", "__main__"}  # may name all of the above, `contenttrust` itself and each other
PURE = tuple(
    f"policy/{name}.py"
    for name in (
        *(
            "condition",
            "decision",
            "evaluate",
            "evidence",
            "exemption",
            "facts",
            "glob",
            "patterns",
        ),
        *("people", "pins", "quorum", "requirements", "rules", "settings"),
    )
)
DOES_IO = {
    "os",
    "io",
    "pathlib",
    "socket",
    "ssl",
    "subprocess",
    "shutil",
    "tempfile",
    "urllib",
    "http",
    "sqlite3",
}

ROOMS = ("base", "json", "crypto", "metadata", "trust", "publish", "bulk")
OUTSIDE_WORLD = re.compile(
    r"#include\s*<(fstream|iostream|filesystem|cstdio|(stdio|unistd|fcntl|netdb)\.h|(sys|netinet)/.*)>"
    r"|\b(system|steady|high_resolution|utc|file)_clock\b|\b(clock_gettime|gettimeofday)\b"
    r"|\b(getenv|secure_getenv|setenv|environ|fopen|freopen|popen|system)\s*\("
    r"|(?<![\w.>])(std::)?(time|clock|localtime|socket|connect|open)\s*\("
    r"|\b(BIO_new_(file|fp|connect)|X509_STORE_(load_\w+|set_default_paths)|CONF_modules_load\w*)\b"
)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def engine_files() -> list[Path]:
    return sorted(path for folder in ENGINE for path in folder.rglob("*.[ch]pp"))


def part_of(path: Path) -> str:
    """The line of the table a file belongs to: `transport/http.py` is `transport`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def room_of(path: Path) -> str:
    folder = next(folder for folder in ENGINE if path.is_relative_to(folder))
    return path.relative_to(folder).parts[0]


def imported_modules(path: Path) -> Iterator[str]:
    """Dotted names a file imports; `from contenttrust import x` counts as `contenttrust.x`."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} imports relatively"
            if node.module == "contenttrust":
                yield from (f"contenttrust.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def imported_parts(path: Path) -> set[str]:
    """Parts of the package a file imports; the bare package is `contenttrust`."""
    names = [name.split(".") for name in imported_modules(path)]
    return {name[1] if len(name) > 1 else name[0] for name in names if name[0] == "contenttrust"}


def allowed_parts(part: str) -> set[str]:
    allowed, pending = {part}, set(BUILT_ON[part])
    while pending:
        below = pending.pop()
        if below not in allowed:
            allowed.add(below)
            pending |= BUILT_ON[below]
    return allowed if "_core" in BUILT_ON[part] else allowed - {"_core"}


def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_imports_only_what_its_part_is_built_on(path: Path) -> None:
    part = part_of(path)
    if part in EVERYTHING:
        return
    if part == "__init__":
        assert not imported_parts(path) & {"cli", "__main__"}
        return
    assert part in BUILT_ON, f"{part} has no line in the table of parts"
    assert imported_parts(path) <= allowed_parts(part)


def test_nobody_imports_the_command_line() -> None:
    outsiders = [path for path in python_files() if part_of(path) not in EVERYTHING]
    assert [path.name for path in outsiders if imported_parts(path) & EVERYTHING] == []


def test_rules_and_their_evaluation_can_do_no_io() -> None:
    for path in (PACKAGE / name for name in PURE):
        if path.is_file():
            assert not {name.split(".")[0] for name in imported_modules(path)} & DOES_IO
            assert not imported_parts(path) & {"transport", "verify", "registry", "clock"}


def test_the_table_of_parts_has_no_circle_except_errors_and_their_texts() -> None:
    for part in BUILT_ON:
        circle = {below for below in allowed_parts(part) - {part} if part in allowed_parts(below)}
        assert circle <= {"errors", "explanations"}


@pytest.mark.parametrize("path", engine_files(), ids=lambda path: f"{room_of(path)}/{path.name}")
def test_engine_file_keeps_to_its_room(path: Path) -> None:
    room = room_of(path)
    assert room in ROOMS
    above = ROOMS[: ROOMS.index(room) + 1]
    for header in includes(path):
        if header.startswith("contenttrust/"):
            assert header.split("/")[1] in above, f"{room} may not include {header}"
        if header.startswith(("openssl/", "crypto_mb/")) or header == "sodium.h":
            assert room == "crypto", f"only crypto may include {header}"
        if header.startswith("simdjson"):
            assert (room, path.name) == ("json", "reader.cpp"), (
                f"only json/reader.cpp may include {header}"
            )
        assert not header.startswith("pybind11/"), "only the bindings may include pybind11"
        assert header != "Python.h"
        if room == "trust":
            assert Path(header).stem not in {"private_key", "secret", "seal", "key_encryption"}, (
                "a judge needs no private key"
            )


@pytest.mark.parametrize("path", engine_files(), ids=lambda path: f"{room_of(path)}/{path.name}")
def test_engine_file_reads_no_clock_file_socket_or_environment(path: Path) -> None:
    found = OUTSIDE_WORLD.search(COMMENT.sub(" ", path.read_text()))
    assert found is None, f"{path.name} reaches outside: {found.group()}"


def test_the_road_from_bytes_to_verdict_is_short() -> None:
    # The rooms on that road, without blank lines and lines of comment alone: what a reviewer must
    # read. base/ is their vocabulary, bulk/ walks the road many times. The eight lanes only
    # accelerate: the judgement takes their yes for what libcrypto would say, as
    # tests/cpp/crypto/batch_verify_test.cpp shows, and asks libcrypto again after anything else.
    # Windows show of a large document what the whole would, as tests/cpp/json/windows_test.cpp
    # shows, and leave what they doubt to it.
    lines = [
        line.strip()
        for room in ("json", "crypto", "metadata", "trust")
        for path in (ROOT / "cpp" / "src" / room).rglob("*.[ch]pp")
        if path.stem.split("_")[0] not in {"batch", "eight", "windows"}
        if path.stem != "public_key_file"  # for callers with a key in hand; metadata names its form
        # Who judges has no private key: tests below keep what signs out of the judgement.
        if path.stem.split("_")[0] not in {"private", "secret", "seal"}
        if path.stem not in {"key_encryption", "libsodium"}
        for line in path.read_text().splitlines()
    ]
    assert 1000 < sum(1 for line in lines if line and not line.startswith("//")) <= 2770


def sources() -> list[Path]:
    suffixes = {".py", ".pyi", ".cpp", ".hpp"}
    folders = (ROOT / "cpp", ROOT / "python", ROOT / "tests")
    return sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix in suffixes
    )


def test_no_file_grows_over_four_hundred_lines() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_file_is_a_drawer_for_everything() -> None:
    forbidden = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [
        path
        for path in sources()
        if forbidden & {path.stem, *path.stem.split("_"), path.parent.name}
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "system_clock::now()",
        'std::getenv("HOME")',
        "#include <fstream>",
        "std::time(nullptr)",
        "::open(path)",
    ],
)
def test_the_rule_about_the_outside_world_notices(text: str) -> None:
    assert OUTSIDE_WORLD.search(text)


@pytest.mark.parametrize(
    "text", ["state.time()", "reopen(x)", "is_open(x)", "year_month_day", "#include <ctime>"]
)
def test_the_rule_about_the_outside_world_lets_through(text: str) -> None:
    assert not OUTSIDE_WORLD.search(text)
