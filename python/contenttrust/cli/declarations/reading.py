"""The verbs that read: whatever they do, no key is used and nothing is published."""

from __future__ import annotations

from contenttrust.cli.argument_types import days, name_text
from contenttrust.cli.declarations.verb import (
    IMAGE_HELP,
    PASSPHRASES,
    Verb,
    add_gun,
    add_images,
)
from contenttrust.cli.options import Gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_VERIFY = """\
examples:
  contenttrust verify --metadata ./metadata registry.example.com/team/web:1.4
  contenttrust verify --offline -o json alpine:3.19 alpine:3.20
  contenttrust verify --through-index registry.example.com/team/web@sha256:<64 hex digits>
"""
_LIST = """\
The GUN is taken literally: the collection of the image alpine is docker.io/library/alpine.

examples:
  contenttrust list --metadata ./metadata registry.example.com/team/web
  contenttrust list --metadata ./metadata --all-roles -o json registry.example.com/team/web
"""
_LOOKUP = """\
examples:
  contenttrust lookup --metadata ./metadata registry.example.com/team/web 1.4
"""
_INSPECT = """\
Without a tag all signed tags are shown. As with docker, a tag that is not signed in a signed
repository gives an empty list and exit code 0; --require-signed makes it 1.

examples:
  contenttrust inspect --metadata ./metadata registry.example.com/team/web
  contenttrust inspect --metadata ./metadata --pretty registry.example.com/team/web:1.4
"""
_EXPLAIN = """\
examples:
  contenttrust explain --metadata ./metadata registry.example.com/team/web:1.4
"""
_DOCTOR = """\
Looks at docker, trust servers, the clock, permissions, expiries and the cache; changes nothing.
Without a name, every collection of the trust directory is looked at.

examples:
  contenttrust doctor
  contenttrust doctor --offline --within 90 -o json
  contenttrust doctor registry.example.com/team/web
"""


def _declare_image(made: ArgumentParser) -> None:
    made.add_argument("image", metavar="IMAGE", type=name_text, help=IMAGE_HELP)


def _declare_verify(made: ArgumentParser) -> None:
    add_images(made)
    made.add_argument("--through-index", action="store_true", help="accept also a digest that the "
                      "registry's bytes of a signed index list")  # fmt: skip


def _declare_list(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("--all-roles", action="store_true", help="what every role lists, also "
                      "delegations that docker does not pull from")  # fmt: skip


def _declare_lookup(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("tag", metavar="TAG", type=name_text, help="name of the target")


def _declare_inspect(made: ArgumentParser) -> None:
    add_images(made)
    made.add_argument("--pretty", action="store_true", help="text instead of JSON")
    made.add_argument("--require-signed", action="store_true", help="refuse (exit 1) an image "
                      "that verify refuses, or a name none of whose tags verifies")  # fmt: skip


def _declare_doctor(made: ArgumentParser) -> None:
    made.add_argument("images", metavar="GUN|IMAGE", nargs="*", type=name_text,
                      help="a collection of the trust directory, or an image")  # fmt: skip
    made.add_argument("--within", metavar="DAYS", type=days, action=Gather, dest="within_after",
                      help="how far ahead to look for what ends (default: 30; timestamps: at "
                      "most 3)")  # fmt: skip


VERBS = (
    Verb(
        "verify",
        "IMAGE [IMAGE ...]",
        "verify images: digest, size, role and signers of each tag",
        _VERIFY,
        _declare_verify,
        several="images",
        refuses=PASSPHRASES,
    ),
    Verb(
        "list",
        "GUN",
        "list the signed tags of a collection",
        _LIST,
        _declare_list,
        refuses=PASSPHRASES,
    ),
    Verb(
        "lookup",
        "GUN TAG",
        "look up one tag: name, digest and size",
        _LOOKUP,
        _declare_lookup,
        refuses=PASSPHRASES,
    ),
    Verb(
        "inspect",
        "IMAGE [IMAGE ...]",
        "show tags, signers and keys as docker trust inspect does",
        _INSPECT,
        _declare_inspect,
        several="images",
        refuses=PASSPHRASES,
    ),
    Verb(
        "explain",
        "IMAGE",
        "show every check in the order it ran, and the verdict",
        _EXPLAIN,
        _declare_image,
        refuses=PASSPHRASES,
    ),
    Verb(
        "doctor",
        "[GUN|IMAGE ...]",
        "find what will hurt soon on this machine, and whether anything checks images",
        _DOCTOR,
        _declare_doctor,
        several="images",
        refuses=PASSPHRASES,
    ),
)
