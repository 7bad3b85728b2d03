"""The parser: one function gives it, to the program, to its tests and to the documentation."""

from __future__ import annotations

import argparse

from contenttrust.cli import streams
from contenttrust.cli.options import (
    Options,
    UsageError,
    add_global_options,
    add_within,
    name_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any, NoReturn

_WIDTH = 96

_DESCRIPTION = "Verify Docker Content Trust (Notary v1) data."
_EPILOG = """\
examples:
  contenttrust verify --metadata ./metadata registry.example.com/team/web:1.4
  contenttrust list --metadata ./metadata registry.example.com/team/web
  contenttrust explain --offline alpine:3.19

exit codes:
  0 yes   1 refused: do not trust   2 usage   3 could not tell

`contenttrust VERB -h` explains a verb. Global options may stand before and after the verb.
"""

_VERIFY = """\
examples:
  contenttrust verify --metadata ./metadata registry.example.com/team/web:1.4
  contenttrust verify --offline -o json alpine:3.19 alpine:3.20
  contenttrust verify --metadata ./metadata registry.example.com/team/web@sha256:<64 hex digits>
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
_IMAGE_HELP = "as Docker writes it: alpine:3.19"
_GUN_HELP = "name of the collection, literally"

_DOCTOR = """\
Looks at docker, trust servers, the clock, permissions, expiries and the cache; changes nothing.
Without a name, every collection of the trust directory is looked at.

examples:
  contenttrust doctor
  contenttrust doctor --offline --within 90 -o json
  contenttrust doctor registry.example.com/team/web
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of one width everywhere, so that it can be compared with the reference page."""

    def __init__(self, prog: str, **settings: Any) -> None:  # noqa: ANN401 -- argparse's
        settings["width"] = _WIDTH
        super().__init__(prog, **settings)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        # Python 3.13 changed `-o X, --output X` to `-o, --output X`: one form for all versions.
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


class _Parser(argparse.ArgumentParser):
    """A parser that raises, so that a usage error can also be told as JSON."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 -- argparse's
        settings.setdefault("formatter_class", _Formatter)
        # An abbreviation that works today may become ambiguous tomorrow.
        super().__init__(**settings, allow_abbrev=False, argument_default=argparse.SUPPRESS)
        self.verbs: dict[str, _Parser] = {}

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}")

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002
        # argparse would drop the error of an output that cannot be written.
        streams.write(message)


class _Version(argparse.Action):
    """Prints the version; looked up only when it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 -- the signature is argparse's
        values: object,  # noqa: ARG002
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        import contenttrust  # noqa: PLC0415

        streams.write(f"contenttrust {contenttrust.__version__}\n")
        parser.exit()


def _declare_images(made: _Parser) -> None:
    made.add_argument("images", nargs="+", metavar="IMAGE", type=name_text, help=_IMAGE_HELP)


def _declare_image(made: _Parser) -> None:
    made.add_argument("image", metavar="IMAGE", type=name_text, help=_IMAGE_HELP)


def _declare_list(made: _Parser) -> None:
    made.add_argument("gun", metavar="GUN", type=name_text, help=_GUN_HELP)
    made.add_argument("--all-roles", action="store_true", help="what every role lists, also "
                      "delegations that docker does not pull from")  # fmt: skip


def _declare_lookup(made: _Parser) -> None:
    made.add_argument("gun", metavar="GUN", type=name_text, help=_GUN_HELP)
    made.add_argument("tag", metavar="TAG", type=name_text, help="name of the target")


def _declare_inspect(made: _Parser) -> None:
    _declare_images(made)
    made.add_argument("--pretty", action="store_true", help="text instead of JSON")
    made.add_argument("--require-signed", action="store_true", help="refuse (exit 1) an image "
                      "that verify refuses, or a name none of whose tags verifies")  # fmt: skip


def _declare_doctor(made: _Parser) -> None:
    made.add_argument("images", metavar="GUN|IMAGE", nargs="*", type=name_text,
                      help="a collection of the trust directory, or an image")  # fmt: skip
    add_within(made)


class _Verb:
    """What the command line says of one verb."""

    __slots__ = ("declare", "epilog", "name", "operands", "summary")

    def __init__(
        self,
        name: str,
        operands: str,
        summary: str,
        epilog: str,
        declare: Callable[[_Parser], None],
    ) -> None:
        self.name = name
        self.operands = operands
        self.summary = summary
        self.epilog = epilog
        self.declare = declare


_VERBS = (
    _Verb(
        "verify",
        "IMAGE [IMAGE ...]",
        "verify images: digest, size, role and signers of each tag",
        _VERIFY,
        _declare_images,
    ),
    _Verb("list", "GUN", "list the signed tags of a collection", _LIST, _declare_list),
    _Verb("lookup", "GUN TAG", "look up one tag: name, digest and size", _LOOKUP, _declare_lookup),
    _Verb(
        "inspect",
        "IMAGE [IMAGE ...]",
        "show tags, signers and keys as docker trust inspect does",
        _INSPECT,
        _declare_inspect,
    ),
    _Verb(
        "explain",
        "IMAGE",
        "show every check in the order it ran, and the verdict",
        _EXPLAIN,
        _declare_image,
    ),
    _Verb(
        "doctor",
        "[GUN|IMAGE ...]",
        "find what will hurt soon on this machine, and whether anything checks images",
        _DOCTOR,
        _declare_doctor,
    ),
)


def parser(named: Collection[str] | None = None) -> _Parser:
    """The parser of the whole command line.

    Args:
        named: The only verbs that are declared, because each takes its time. Default: all.
    """
    usage = "contenttrust [OPTION ...] VERB ..."
    main = _Parser(prog="contenttrust", usage=usage, description=_DESCRIPTION, epilog=_EPILOG)
    main.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    verbs = main.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    add_global_options(main, after_verb=False)

    for verb in _VERBS:
        if named is not None and verb.name not in named:
            continue
        made = main.verbs[verb.name] = verbs.add_parser(
            verb.name,
            usage=f"contenttrust {verb.name} [OPTION ...] {verb.operands}",
            help=verb.summary,
            description=f"{verb.summary[0].upper()}{verb.summary[1:]}.",
            epilog=verb.epilog,
        )
        add_global_options(made, after_verb=True)
        verb.declare(made)
    return main


def parse(arguments: Sequence[str]) -> Options:
    """Read a command line.

    Raises:
        UsageError: It cannot be understood.
        SystemExit: Help or the version was asked for and printed.
    """
    if {"-h", "--help"} & set(arguments):
        return _parsed(parser(), arguments)
    try:
        return _parsed(parser(arguments), arguments)
    except UsageError:
        return _parsed(parser(), arguments)  # whose words name every verb


def _parsed(made: _Parser, arguments: Sequence[str]) -> Options:
    verb = next((made.verbs[text] for text in arguments if text in made.verbs), made)
    try:
        options, rest = made.parse_known_args(arguments, Options())
    except UsageError:
        if verb is not made:  # else it is the verb that is wrong
            _refuse_unknown_options(verb, arguments)
        raise
    # argparse takes several images only in one piece: `verify A --json B` leaves B over.
    if rest and options.images and not any(text.startswith("-") for text in rest):
        options.images = [*options.images, *map(_image, rest)]
    elif rest:
        _refuse_unknown_options(verb, rest)
        verb.error(f"one argument too many: {rest[0]}")
    try:
        options.merge()
    except argparse.ArgumentTypeError as error:
        verb.error(str(error))
    return options


def _refuse_unknown_options(verb: _Parser, arguments: Sequence[str]) -> None:
    """Name an option that there is not, rather than what argparse missed on account of it."""
    known = verb._option_string_actions  # noqa: SLF001 -- argparse tells it no other way
    for text in arguments:
        if text == "--":
            break
        name = text.partition("=")[0] if text.startswith("--") else text[:2]
        if not text.startswith("-") or text == "-" or name[1:].isdigit():  # a number is a value
            continue
        if name not in known and name != "--version":
            verb.error(f"unknown option {name}")


def _image(text: str) -> str:
    try:
        return name_text(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from None
