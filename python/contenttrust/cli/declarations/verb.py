"""What the command line says of one verb, and the operands that many verbs have."""

from __future__ import annotations

from contenttrust.cli.argument_types import name_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

IMAGE_HELP = "as Docker writes it: alpine:3.19"
GUN_HELP = "name of the collection, literally"


class Verb:
    """One verb.

    Attributes:
        name: One word, or two: a family and a verb of it.
        operands: What stands behind it in its usage.
        summary: Its line in the help.
        epilog: Examples, and what else must be said.
        declare: Adds its operands and options to its parser.
        several: The option's attribute that takes as many operands as there are, or empty.
    """

    __slots__ = ("declare", "epilog", "name", "operands", "several", "summary")

    def __init__(  # noqa: PLR0913 -- one argument a fact
        self,
        name: str,
        operands: str,
        summary: str,
        epilog: str,
        declare: Callable[[ArgumentParser], None],
        *,
        several: str = "",
    ) -> None:
        self.name = name
        self.operands = operands
        self.summary = summary
        self.epilog = epilog
        self.declare = declare
        self.several = several


def add_images(parser: ArgumentParser) -> None:
    """Declare one image or more."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", type=name_text, help=IMAGE_HELP)


def add_gun(parser: ArgumentParser) -> None:
    """Declare a collection."""
    parser.add_argument("gun", metavar="GUN", type=name_text, help=GUN_HELP)
