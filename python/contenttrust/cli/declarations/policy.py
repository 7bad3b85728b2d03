"""The verbs about policies."""

from __future__ import annotations

import argparse

from contenttrust.cli.argument_types import name_text
from contenttrust.cli.declarations.verb import (
    ANCHORS,
    IMAGE_HELP,
    PASSPHRASES,
    VERDICTS,
    Verb,
    add_gate,
    add_one,
    add_several,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_LINT = """\
Errors are what no gate should start with; warnings are allowed, and hardly meant.

examples:
  contenttrust policy lint trust-policy.yaml
  contenttrust policy lint --strict --images images.txt trust-policy.yaml
"""
_EXPLAIN = """\
With --offline nothing is asked, and no verdict is given.

examples:
  contenttrust policy explain --policy trust-policy.yaml registry.example.com/team/web:1.4
  contenttrust policy explain --offline --policy trust-policy.yaml alpine:3.19
"""
_TEST = """\
A case says which image, who signed which digest, and what the policy must say of it. Nothing is
asked over a network.

examples:
  contenttrust policy test cases.yaml
  contenttrust policy test --policy trust-policy.yaml cases.yaml
"""
_IMPORT = """\
Reads daemon.json with "content-trust" (Docker EE, Mirantis Container Runtime), or TOML with
[trust_configuration] (Docker UCP, MKE). What could not be said stands as comments in the policy,
and makes the exit code 1; in its place the policy is stricter.

examples:
  contenttrust policy import /etc/docker/daemon.json > trust-policy.yaml
  contenttrust policy import --key qa=file:alice.pub --key qa=file:bob.pub ucp-config.toml
"""
_OTHERS = (*PASSPHRASES, *VERDICTS)


def name_and_key(text: str) -> tuple[str, str]:
    """One `NAME=KEY` of `--key`.

    Raises:
        ArgumentTypeError: One of the two is missing.
    """
    name, sign, key = name_text(text).partition("=")
    if not (name and sign and key):
        raise argparse.ArgumentTypeError(f"{text!a} is not NAME=KEY")
    return name, key


def _declare_lint(made: ArgumentParser) -> None:
    made.add_argument("files", nargs="+", metavar="FILE", type=name_text, help="a policy")
    made.add_argument("--strict", action="store_true", help="take warnings for errors")
    add_one(made, "--images", dest="corpus", metavar="FILE",
            help="image names, one a line: warn of patterns that match none of them")  # fmt: skip


def _declare_explain(made: ArgumentParser) -> None:
    made.add_argument("image", metavar="IMAGE", type=name_text, help=IMAGE_HELP)
    add_gate(made)


def _declare_test(made: ArgumentParser) -> None:
    made.add_argument("files", nargs="+", metavar="CASES", type=name_text, help="a file of cases")
    add_one(made, "--policy", dest="policy", metavar="FILE",
            help="the policy, in place of the one that the cases name")  # fmt: skip


def _declare_import(made: ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE", type=name_text, help="daemon.json, or UCP's TOML")
    add_several(made, "--key", dest="named_keys", metavar="NAME=KEY", type=name_and_key,
                help="a key of a user or of a member of a team that UCP's file names: a key id, or "
                "file:PATH (may be repeated)")  # fmt: skip


VERBS = (
    Verb(
        "policy lint",
        "FILE [FILE ...]",
        "find what is wrong with policies, and what is hardly meant",
        _LINT,
        _declare_lint,
        several="files",
        refuses=(*_OTHERS, *(name for name in ANCHORS if name != "at")),
    ),
    Verb(
        "policy explain",
        "IMAGE",
        "show which rule applies to an image, what it asks, and what comes of it",
        _EXPLAIN,
        _declare_explain,
        refuses=PASSPHRASES,
    ),
    Verb(
        "policy test",
        "CASES [CASES ...]",
        "hold a policy against cases, without any network",
        _TEST,
        _declare_test,
        several="files",
        refuses=(*_OTHERS, *(name for name in ANCHORS if name != "at")),
    ),
    Verb(
        "policy import",
        "FILE",
        "make a policy of what docker EE, MCR or UCP were configured with",
        _IMPORT,
        _declare_import,
        refuses=(*_OTHERS, *ANCHORS),
    ),
)
