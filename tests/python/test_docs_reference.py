"""The reference pages say what the program says of itself."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib
import inspect
import json
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import contenttrust
from contenttrust import errors
from contenttrust.cli import exit_codes
from contenttrust.cli.parser import parser

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STUB = ast.parse((ROOT / "python" / "contenttrust" / "_core.pyi").read_text())

Rows = list[tuple[str, ...]]


class Section:
    """What stands below one heading: its tables as one list of rows, and its plain blocks."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self.blocks: list[str] = []


def sections(page: Path) -> dict[str, Section]:
    """Sections by heading; a cell that is one piece of code is without its marks."""
    found: dict[str, Section] = {}
    inside = ""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        if token.type in {"heading_open", "td_open", "th_open"}:
            inside = token.type
        elif token.type == "tr_open":
            cells: list[str] = []
        elif token.type == "inline" and inside == "heading_open":
            section = found.setdefault(token.content.strip("`"), Section())
        elif token.type == "inline" and inside == "td_open":
            cells.append(re.sub(r"^`([^`]*)`$", r"\1", token.content))
        elif token.type == "tr_close" and inside == "td_open":
            section.rows.append(tuple(cells))
        elif token.type == "fence" and token.info == "text":
            section.blocks.append(token.content.strip())
        if token.type.endswith("_close") and token.type[:2] in {"he", "td", "th"}:
            inside = inside if token.type == "td_close" else ""
    return found


def verbs(main: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parser of each verb; of families, those of their second words."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in main._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, made in action.choices.items():
                below = verbs(made)
                found |= {f"{name} {second}": it for second, it in below.items()} or {name: made}
    return found


def arguments(of: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Every argument as the page writes it, with its help."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        name = ", ".join(action.option_strings) or str(action.metavar)
        if action.option_strings and action.nargs != 0:
            name += f" {action.metavar or '{' + ','.join(action.choices or ()) + '}'}"
        yield name, " ".join(str(action.help).split())


def test_the_command_line_page_has_every_option_with_the_program_s_help() -> None:
    page = sections(DOCS / "reference" / "cli.md")

    assert page["Options of every verb"].rows == list(arguments(parser()))


@pytest.mark.parametrize("verb", verbs(parser()))
def test_the_command_line_page_has_every_verb_with_the_program_s_help(verb: str) -> None:
    [section] = [
        found[verb]
        for page in (DOCS / "reference").glob("cli*.md")
        if verb in (found := sections(page))
    ]
    main = parser()
    common = set(arguments(main))
    own = [row for row in arguments(verbs(main)[verb]) if row not in common]

    assert section.rows == own
    assert section.blocks == [" ".join(verbs(main)[verb].format_usage().split()[1:])]


@pytest.mark.parametrize("page", ["README.md", "docs/reference/cli.md", "docs/reference/errors.md"])
def test_exit_codes_are_those_of_the_program(page: str) -> None:
    codes = {int(row[0]) for row in sections(ROOT / page)["Exit codes"].rows}
    verdicts = {
        exit_codes.OK, exit_codes.REFUSED, exit_codes.USAGE, exit_codes.COULD_NOT_TELL,
    }  # fmt: skip

    assert verdicts <= codes <= verdicts | {exit_codes.INTERRUPTED, exit_codes.PIPE_CLOSED}


def test_the_errors_page_has_every_code_in_order_with_its_class_and_exit_code() -> None:
    table = sections(DOCS / "reference" / "errors.md")["Codes"].rows
    known = [errors.refusal(code.value) for code in errors.ErrorCode]

    assert [row[:3] for row in table] == [
        (error.code, type(error).__name__, str(exit_codes.of(error))) for error in known
    ]


def test_the_errors_page_has_every_class() -> None:
    text = (DOCS / "reference" / "errors.md").read_text()
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]

    assert [c.__name__ for c in classes if c.__name__ not in text] == []


def test_the_errors_page_has_every_warning_of_the_engine() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "cpp" / "src" / "trust").glob("*.cpp"))
    rows = sections(DOCS / "reference" / "errors.md")["Notices"].rows

    written = {code for row in rows if row[0] == "warnings" for code in re.findall(r"\w+", row[1])}
    no_answer = {code.value for code in errors.ErrorCode} & {
        error.code for error in errors.FetchError.__subclasses__()
    }
    assert written == set(re.findall(r'\bwarn\(\s*"(\w+)"', sources)) | no_answer | {"missing_role"}


def parameters(function: ast.FunctionDef) -> str:
    """The parameters as the page writes them: without types, and without the instance."""
    bound = not any(
        isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list
    )
    names = function.args
    strip = ast.arguments(
        posonlyargs=[], args=[ast.arg(a.arg) for a in names.args][1 if bound else 0 :],
        kwonlyargs=[ast.arg(a.arg) for a in names.kwonlyargs],
        kw_defaults=names.kw_defaults, defaults=names.defaults,
    )  # fmt: skip
    return f"({ast.unparse(strip)})"


def class_body(found: type) -> list[ast.stmt]:
    """A class as its source has it; of the engine's, as its stub."""
    module = importlib.import_module(found.__module__)
    tree = STUB if module.__name__ == "contenttrust._core" else ast.parse(inspect.getsource(module))
    (body,) = [
        n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == found.__name__
    ]
    return body


def class_members(found: type) -> list[str]:
    """Public methods with their parameters, and properties, in the order of the source."""
    members = []
    for node in class_body(found):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            properties = {"property", "functools.cached_property"}
            is_property = any(ast.unparse(d) in properties for d in node.decorator_list)
            members.append(node.name if is_property else node.name + parameters(node))
    return members


def limits() -> dict[str, object]:
    """What `Requirements` takes, with the defaults."""
    (body,) = [
        n.body for n in STUB.body if isinstance(n, ast.ClassDef) and n.name == "Requirements"
    ]
    (made,) = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    values = [ast.literal_eval(value) for value in made.args.kw_defaults if value is not None]
    return {a.arg: value for a, value in zip(made.args.kwonlyargs, values, strict=True)}


PYTHON_PAGES = [
    DOCS / "reference" / name for name in ("python.md", "python_sources.md", "python_policy.md")
]
PYTHON_PAGE = {name: found for page in PYTHON_PAGES for name, found in sections(page).items()}
CLASSES = [
    name
    for name in contenttrust.__all__
    if isinstance(found := getattr(contenttrust, name), type)
    and not issubclass(found, Exception)
    and name not in {"ErrorCode", "Requirements"}
]
FUNCTIONS = [
    name
    for name in contenttrust.__all__
    if isinstance(getattr(contenttrust, name), types.FunctionType)
]


def test_the_python_page_has_every_public_name_and_no_other() -> None:
    text = "".join(page.read_text() for page in PYTHON_PAGES)
    named = re.findall(r"^### `(\w+)`$", text, flags=re.MULTILINE)

    assert sorted(named) == sorted(contenttrust.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_python_page_shows_the_signature(name: str) -> None:
    signature = inspect.signature(getattr(contenttrust, name))
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    shown = signature.replace(parameters=bare, return_annotation=signature.empty)

    assert PYTHON_PAGE[name].blocks == [f"{name}{shown}"]


def test_the_python_page_shows_what_the_module_crypto_offers() -> None:
    module = contenttrust.crypto
    shown = [
        f"crypto.{name}({', '.join(inspect.signature(getattr(module, name)).parameters)})"
        for name in module.__all__
    ]

    assert PYTHON_PAGE["crypto"].blocks == shown


@pytest.mark.parametrize("name", ["Credentials", "Tls", "TrustServer"])
def test_the_python_page_shows_the_constructor(name: str) -> None:
    signature = inspect.signature(getattr(contenttrust, name))
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    shown = signature.replace(parameters=bare, return_annotation=signature.empty)

    assert PYTHON_PAGE[name].blocks == [f"{name}{shown}"]


@pytest.mark.parametrize("name", CLASSES)
def test_the_python_page_has_every_member(name: str) -> None:
    assert sorted(row[0] for row in PYTHON_PAGE[name].rows) == sorted(
        class_members(getattr(contenttrust, name))
    )


def test_the_pages_name_every_limit_and_its_default() -> None:
    def written(value: object) -> str:
        return f"{value:,}" if type(value) is int else f"`{value}`"

    rows = dict(PYTHON_PAGE["Requirements"].rows)
    assert list(rows) == list(limits())
    for name, value in limits().items():
        assert rows[name].endswith(f"; {written(value)}")

    table = sections(DOCS / "reference" / "metadata_format.md")["Limits"].rows
    settable = {row[2]: row[1] for row in table if row[2] != "no"}
    assert settable.keys() == limits().keys() - {"compatible"}
    for name, default in settable.items():
        assert default.endswith(written(limits()[name]))


def cited(page: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, page.read_text()))


def test_every_vector_on_which_docker_differs_is_among_the_differences() -> None:
    page = DOCS / "explanation" / "differences.md"
    named = cited(page, r"`((?:bad|good|degraded)-[a-z0-9-]+)`")
    cases = {path.parent.name: path for path in (ROOT / "tests" / "vectors").glob("*/case.json")}
    diverging = {n for n, p in cases.items() if json.loads(p.read_text()).get("reference_diverges")}

    assert diverging
    assert diverging <= named
    assert named <= cases.keys()


def test_every_difference_names_a_test_or_a_vector_that_shows_it() -> None:
    text = "".join(
        path.read_text()
        for suffix in ("py", "cpp")
        for path in sorted((ROOT / "tests").rglob(f"*.{suffix}"))
        if path != Path(__file__)
    )
    exists: Callable[[str], bool] = lambda name: re.search(rf"\b{name}\b", text) is not None  # noqa: E731
    for heading, section in sections(DOCS / "explanation" / "differences.md").items():
        for row in section.rows:
            shown_by = re.findall(r"[\w-]+", row[-1])
            assert len(row) == 5, row
            assert shown_by, f"{heading}: nothing shows {row[0]!r}"
            for name in shown_by:
                assert (ROOT / "tests" / "vectors" / name).is_dir() or exists(name), name


def test_every_threat_that_is_said_to_be_met_has_a_test() -> None:
    page = DOCS / "explanation" / "threat_model.md"
    met = page.read_text().partition("## What this version does not do yet")[0]
    tests = [
        path
        for folder in ("attacks", "python", "interop")
        for path in (ROOT / "tests" / folder).rglob("test_*.py")
    ]
    tests += (ROOT / "tests" / "cpp").rglob("*_test.cpp")
    numbers = set(re.findall(r"[_(](t\d{3})(?=_)", "".join(path.read_text() for path in tests)))

    assert {number.lower() for number in re.findall(r"\bT\d{3}\b", met)} <= numbers
    named = set(re.findall(r"`(test_\w+\.py)`", met))
    assert named <= {path.name for path in tests}


PUBLISHING = [
    "contenttrust.keys",
    "contenttrust.keys.backup",
    "contenttrust.publish",
    "contenttrust.publish.images",
]
PUBLISHING_PAGES = [
    DOCS / "reference" / f"python_{name}.md" for name in ("keys", "publishing", "signing_requests")
]
PUBLISHING_PAGE = {name: it for page in PUBLISHING_PAGES for name, it in sections(page).items()}
PUBLISHED = {
    name: found
    for module in map(importlib.import_module, PUBLISHING)
    for name in module.__all__
    if not isinstance(found := getattr(module, name), types.ModuleType)
}


def members_of(found: type) -> set[str]:
    """What a class has: attributes of a dataclass, and what it and those above it define."""
    ours = [one for one in found.__mro__ if one.__module__.startswith("contenttrust")]
    own = {one for each in ours for one in class_members(each)}
    attributes = dataclasses.fields(found) if dataclasses.is_dataclass(found) else ()
    return own | {one.name for one in attributes if not one.name.startswith("_")}


def shown_call(name: str, found: object) -> list[str]:
    """How a function or a constructor is called; none of what is only given out, as errors are."""
    if isinstance(found, types.FunctionType):
        (node,) = ast.parse(inspect.getsource(found)).body
        assert isinstance(node, ast.FunctionDef)
        node.decorator_list = [ast.Name("staticmethod")]  # it is bound to nothing
        return [name + _with_values(parameters(node), found)]
    own = class_body(found) if isinstance(found, type) and not is_error(found) else []
    made = [one for one in own if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    return [name + _with_values(parameters(one), found) for one in made]


def _with_values(text: str, found: object) -> str:
    """Constants that stand for defaults, as their values."""
    module = vars(importlib.import_module(str(getattr(found, "__module__", ""))))
    return re.sub(r"(?<==)_?[A-Z_]{2,}(?=[,)])", lambda name: repr(module[name[0]]), text)


def is_error(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Exception)


def test_the_page_on_publishing_has_every_public_name_and_no_other() -> None:
    text = "".join(page.read_text() for page in PUBLISHING_PAGES)
    named = re.findall(r"^(?:###|## (?=`?contenttrust)) ?`?([\w.]+)`?$", text, flags=re.MULTILINE)

    assert sorted(named) == sorted([*PUBLISHED, *PUBLISHING])


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_page_on_publishing_shows_how_it_is_called(name: str) -> None:
    shown = [" ".join(block.split()) for block in PUBLISHING_PAGE[name].blocks]
    call = shown_call(name, PUBLISHED[name])

    assert shown[: len(call)] == call


PUBLISHED_CLASSES = [
    name for name, found in PUBLISHED.items() if isinstance(found, type) and not is_error(found)
]


@pytest.mark.parametrize("name", PUBLISHED_CLASSES)
def test_the_page_on_publishing_has_every_member(name: str) -> None:
    found = PUBLISHED[name]
    assert isinstance(found, type)

    assert {row[0] for row in PUBLISHING_PAGE[name].rows} == members_of(found)
