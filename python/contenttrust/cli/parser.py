"""The parser: one function gives it, to the program, to its tests and to the documentation."""

from __future__ import annotations

import argparse
import itertools
import os

from contenttrust.cli import declarations, streams
from contenttrust.cli.global_options import add_global_options
from contenttrust.cli.options import Options, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any, NoReturn

    from contenttrust.cli.declarations.verb import Verb

    _Words = argparse._SubParsersAction["_Parser"]  # noqa: SLF001 -- it has no other name

_WIDTH = 96

_DESCRIPTION = "Verify and sign images with Docker Content Trust (Notary v1)."
_EPILOG = """\
examples:
  contenttrust verify --metadata ./metadata registry.example.com/team/web:1.4
  contenttrust list --metadata ./metadata registry.example.com/team/web
  contenttrust explain --offline alpine:3.19
  contenttrust sign registry.example.com/team/web:1.4

exit codes:
  0 yes, or done   1 refused: do not trust, or not done   2 usage   3 could not tell

`contenttrust VERB -h` explains a verb. Global options may stand before and after the verb.
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
        self.several = ""
        self.refuses: tuple[str, ...] = ()
        self.hint = ""

    def error(self, message: str) -> NoReturn:
        told = f"{message}; {self.hint}" if self.hint else message
        raise UsageError(f"{told}\n{self.format_usage().rstrip()}")

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


def parser(named: Collection[str] | None = None) -> _Parser:
    """The parser of the whole command line.

    Args:
        named: The only verbs that are declared, because each takes its time. Default: all.
    """
    usage = "contenttrust [OPTION ...] VERB ..."
    main = _Parser(prog="contenttrust", usage=usage, description=_DESCRIPTION, epilog=_EPILOG)
    main.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    words = main.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    add_global_options(main, "")

    families: dict[str, _Words] = {}
    for verb in declarations.declared(declarations.every() if named is None else named):
        first, _, second = verb.name.partition(" ")
        if second and first not in families:
            families[first] = _family(words, first, whole=named is None)
        made = _declared(families[first] if second else words, second or first, verb)
        main.verbs[verb.name] = made
    return main


def _family(words: _Words, name: str, *, whole: bool) -> _Words:
    """Declare the first word of several verbs; what is given takes their second words."""
    summary = declarations.FAMILIES[name]
    made = words.add_parser(
        name,
        usage=f"contenttrust [OPTION ...] {name} VERB ...",
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"`contenttrust {name} VERB -h` explains a verb.\n",
    )
    if whole:  # else its second word follows at once
        add_global_options(made, "_between")
        for action in made._actions[1:]:  # noqa: SLF001 -- the help is of its verbs alone
            action.help = argparse.SUPPRESS
    return made.add_subparsers(dest="second", metavar="VERB", title="verbs", required=True)


def _declared(words: _Words, word: str, verb: Verb) -> _Parser:
    made = words.add_parser(
        word,
        usage=f"contenttrust {verb.name} [OPTION ...] {verb.operands}".rstrip(),
        help=verb.summary,
        description=f"{verb.summary[0].upper()}{verb.summary[1:]}.",
        epilog=verb.epilog,
    )
    add_global_options(made, "_after")
    verb.declare(made)
    made.several = verb.several
    made.refuses = verb.refuses
    made.hint = verb.hint
    return made


def parse(arguments: Sequence[str]) -> Options:
    """Read a command line.

    Raises:
        UsageError: It cannot be understood.
        SystemExit: Help or the version was asked for and printed.
    """
    if {"-h", "--help"} & set(arguments):
        return _parsed(parser(), arguments)
    try:
        return _parsed(parser(declarations.named_in(arguments)), arguments)
    except UsageError:
        return _parsed(parser(), arguments)  # whose words name every verb


def _parsed(made: _Parser, arguments: Sequence[str]) -> Options:
    named = declarations.named_in(arguments)
    verb = next((made.verbs[name] for name in named if name in made.verbs), made)
    try:
        options, rest = made.parse_known_args(arguments, Options())
    except UsageError:
        if verb is not made:  # else it is the verb that is wrong
            _refuse_unknown_options(verb, arguments)
        raise
    verb = made.verbs.get(f"{options.verb} {options.second}".rstrip(), verb)
    # argparse takes several images only in one piece: `verify A --json B` leaves B over.
    if rest and verb.several and not any(text.startswith("-") for text in rest):
        _take(verb, rest, options)
    elif rest:
        _refuse_unknown_options(verb, rest)
        verb.error(f"one argument too many: {rest[0]}")
    if verb.several == "files":
        _refuse_files_as_options(verb, arguments)
    try:
        options.merge()
    except argparse.ArgumentTypeError as error:
        verb.error(str(error))
    for name in verb.refuses:
        if getattr(options, name) != getattr(Options, name):
            verb.error(f"--{name.replace('_', '-')} says nothing to {options.verb}: leave it out")
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


def _refuse_files_as_options(verb: _Parser, arguments: Sequence[str]) -> None:
    """Refuse an option that is a file too: a pattern, or who lists files, may have put it there.

    Whoever may name files could else tell the gate what to leave out.
    """
    for text in itertools.takewhile(lambda text: text != "--", arguments):
        if text.startswith("-") and text != "-" and os.path.lexists(text):
            verb.error(f"{text} is an option, and there is a file of that name: write -- before "
                       "the names of files")  # fmt: skip


def _take(verb: _Parser, rest: Sequence[str], options: Options) -> None:
    """Add operands that were left over to those that argparse took."""
    [operand] = [action for action in verb._actions if action.dest == verb.several]  # noqa: SLF001
    try:
        more = [verb._get_value(operand, text) for text in rest]  # noqa: SLF001 -- argparse's check
    except argparse.ArgumentError as error:
        verb.error(str(error))
    setattr(options, verb.several, [*getattr(options, verb.several, ()), *more])
