"""What the command line says of one verb, and the operands that many verbs have."""

from __future__ import annotations

from contenttrust.cli.argument_types import name_text
from contenttrust.cli.options import Gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

IMAGE_HELP = "as Docker writes it: alpine:3.19"
GUN_HELP = "name of the collection, literally"

PASSPHRASES = ("passphrase_file", "passphrase_fd")
"""Options that mean nothing to a verb that uses no keys."""
VERDICTS = (
    "metadata", "max_stale", "remember", "compatible", "limit",
)  # fmt: skip
"""Options that mean nothing to a verb that publishes: how much of a verdict is believed."""
ANCHORS = ("anchor_root", "pin_key", "pin_cert", "pin_ca", "no_tofu", "at")
"""Options that mean nothing to a verb that reads no trust data."""


class Verb:
    """One verb.

    Attributes:
        name: One word, or two: a family and a verb of it.
        operands: What stands behind it in its usage.
        summary: Its line in the help.
        epilog: Examples, and what else must be said.
        declare: Adds its operands and options to its parser.
        several: The option's attribute that takes as many operands as there are, or empty.
        refuses: Options of every verb that would be passed over by this one without a word.
        hint: What is said beside each usage error, or empty.
    """

    __slots__ = (
        "declare", "epilog", "hint", "name", "operands", "refuses", "several", "summary",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 -- one argument a fact
        self,
        name: str,
        operands: str,
        summary: str,
        epilog: str,
        declare: Callable[[ArgumentParser], None],
        *,
        several: str = "",
        refuses: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        self.name = name
        self.operands = operands
        self.summary = summary
        self.epilog = epilog
        self.declare = declare
        self.several = several
        self.refuses = refuses
        self.hint = hint


def add_images(parser: ArgumentParser) -> None:
    """Declare one image or more."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", type=name_text, help=IMAGE_HELP)


def add_gun(parser: ArgumentParser) -> None:
    """Declare a collection."""
    parser.add_argument("gun", metavar="GUN", type=name_text, help=GUN_HELP)


def add_one(
    parser: ArgumentParser,
    *names: str,
    dest: str,
    metavar: str,
    help: str,  # noqa: A002 -- argparse's name
    type: Callable[[str], object] = name_text,  # noqa: A002
) -> None:
    """Declare an option of one verb that names one thing, and may be given once."""
    parser.add_argument(
        *names, metavar=metavar, type=type, action=Gather, dest=f"{dest}_after", help=help
    )


add_several = add_one
"""Declare an option of one verb that may be repeated: `Options` says which those are."""


def add_yes(parser: ArgumentParser, what: str) -> None:
    """Declare that a question is answered already."""
    parser.add_argument("-y", "--yes", action="store_true", help=f"do not ask before {what}")


def add_gate(parser: ArgumentParser) -> None:
    """Declare what a gate goes by."""
    add_one(parser, "--policy", metavar="FILE", dest="policy",
            help="what is wanted (default: $CONTENTTRUST_POLICY, else that of the trust directory, "
            "else what DOCKER_CONTENT_TRUST=1 means: any signed image)")  # fmt: skip
    add_one(parser, "--audit-log", metavar="FILE", dest="audit_log",
            help="append every decision to this file (default: $CONTENTTRUST_AUDIT_LOG, else "
            "none)")  # fmt: skip
    add_strict(parser)


def add_registry(parser: ArgumentParser) -> None:
    """Declare that no registry is asked for what base images bring into builds."""
    parser.add_argument("--without-registry", action="store_true", help="do not ask registries "
                        "what triggers (ONBUILD) base images have; a note says so")  # fmt: skip


def add_strict(parser: ArgumentParser) -> None:
    """Declare that nothing is let through with a word only."""
    parser.add_argument("--strict", action="store_true", help="refuse where the policy only warns, "
                        "and what is not covered")  # fmt: skip
