"""Which verbs a command line may mean, and where each is declared."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys

import pytest

from contenttrust.cli import declarations
from contenttrust.cli.declarations.verb import Verb
from contenttrust.cli.main import _module
from contenttrust.cli.parser import parse, parser


@pytest.fixture
def families(monkeypatch):
    """Verbs of two words beside those that there are, whatever these are called."""

    def declare(made: argparse.ArgumentParser) -> None:
        made.add_argument("files", nargs="*", metavar="FILE")
        made.add_argument("--now", action="store_true")

    verbs = [
        Verb(f"thing {second}", "[FILE ...]", "do it", "", declare, several="files")
        for second in ("list", "make")
    ]
    every = declarations.every()
    monkeypatch.setattr(declarations, "GROUPS", declarations.GROUPS | {"": ("thing list",)})
    monkeypatch.setitem(declarations.FAMILIES, "thing", "things")
    told = declarations.declared

    def declared(names):
        names = set(names)
        yield from told(names - {verb.name for verb in verbs})
        yield from (verb for verb in verbs if verb.name in names)

    monkeypatch.setattr(declarations, "declared", declared)
    monkeypatch.setattr(declarations, "every", lambda: [*every, *(verb.name for verb in verbs)])


def test_the_table_of_groups_names_what_each_module_declares():
    for group, names in declarations.GROUPS.items():
        declared = tuple(verb.name for verb in declarations.declared(names))
        assert declared == names, group
    every = declarations.every()
    assert len(set(every)) == len(every)
    firsts = {name.split()[0] for name in every if " " in name}
    assert firsts == set(declarations.FAMILIES)
    assert not firsts & set(every)


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [
        (["thing", "list", "a"], "thing list"),
        (["--json", "thing", "make", "a"], "thing make"),
        (["thing", "--json", "list", "a"], "thing list"),
        (["--metadata", "thing", "list", "a"], "list"),
        (["--metadata", "list", "thing", "list", "a"], "thing list"),
        (["list", "thing"], "list"),
    ],
)
def test_a_verb_may_have_two_words(families, arguments, verb):
    assert parse(arguments).verb == verb


def test_options_may_stand_between_the_words_and_between_operands(families):
    options = parse(["--metadata", "m", "thing", "--json", "list", "a", "--now", "b", "-q"])
    assert (options.metadata, options.output, options.quiet) == ("m", "json", True)
    assert (options.files, options.now) == (["a", "b"], True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["thing"], "usage: contenttrust [OPTION ...] thing VERB"),
        (["thing", "nosuch"], "invalid choice: 'nosuch'"),
        (["thing", "list", "--bogus"], "unknown option --bogus"),
        (["thing", "--bogus", "list"], "unknown option --bogus"),
        (["thing", "-o", "text", "list", "-o", "text"], "--output is given twice"),
    ],
)
def test_what_is_wrong_with_two_words_is_said(families, run, arguments, text):
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert text in ran.err


def test_only_the_named_verb_is_declared(families):
    named = declarations.named_in(["--trust-dir", "x", "thing", "list", "gun"])
    assert named == ["thing list"]
    assert list(parser(named).verbs) == ["thing list"]


def test_only_the_group_of_the_named_verb_is_loaded():
    program = (
        "import sys\n"
        "from contenttrust.cli.parser import parse\n"
        "parse(['verify', 'alpine'])\n"
        "print(*(m for m in sys.modules if 'declarations.' in m))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = {name.rpartition(".")[2] for name in ran.stdout.split()}
    assert loaded == {"verb", "reading"}


def _examples():
    for verb in declarations.declared(declarations.every()):
        for line in verb.epilog.splitlines():
            if line.startswith("  contenttrust "):
                yield pytest.param(line.strip(), id=line.strip()[13:90])


@pytest.mark.parametrize("example", list(_examples()))
def test_every_example_of_the_help_is_understood(example):
    # What stands behind `--` is for docker to understand, what behind `>` for the shell.
    ours = example.partition(" -- ")[0].partition(" > ")[0]
    words = ours.replace("<64 hex digits>", "0" * 64).split()[1:]
    assert parse(words).verb in {words[0], " ".join(words[:2])}


def test_every_verb_has_an_example_and_a_module():
    for verb in declarations.declared(declarations.every()):
        assert "examples:\n  contenttrust " in verb.epilog, verb.name
        module = importlib.import_module(f"contenttrust.cli.{_module(verb.name)}")
        assert callable(module.run), verb.name
