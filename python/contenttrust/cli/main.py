"""The program: reads the command line, calls one verb, turns what happened into an exit code."""

from __future__ import annotations

import functools
import importlib
import sys

from contenttrust.cli import exit_codes, streams
from contenttrust.cli.options import UsageError
from contenttrust.cli.program import began_as_interrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import Any

    from contenttrust.cli.request import Request


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: Without the program's name. Default: those of the process.

    Returns:
        The exit code: 0 yes, 1 refused, 2 usage, 3 could not tell; 130 interrupted, 141 when
        nobody reads the output any more.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        streams.prepare()
        code = _guarded(arguments)
        # Output that cannot be written shows here, not at the end of the interpreter.
        streams.flush()
    except KeyboardInterrupt:
        streams.flush_quietly()  # verdicts that were reached stay
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        streams.discard(sys.stdout)
        return exit_codes.PIPE_CLOSED
    except streams.OutputError as error:
        streams.discard(sys.stdout)
        streams.complain([f"contenttrust: {error}"])
        return exit_codes.COULD_NOT_TELL
    return code


def _guarded(arguments: Sequence[str]) -> int:
    try:
        return _run(arguments)
    except SystemExit as ended:  # help and version
        return ended.code if isinstance(ended.code, int) else exit_codes.OK
    except UsageError as error:
        return _report("usage", str(error), exit_codes.USAGE, arguments)
    except (BrokenPipeError, streams.OutputError):
        raise
    except Exception as error:  # noqa: BLE001 -- a traceback would exit with 1, "refused"
        if began_as_interrupt(error):
            raise KeyboardInterrupt from None
        return _report_unexpected(error, arguments)


def _run(arguments: Sequence[str]) -> int:
    from contenttrust.cli import parser  # noqa: PLC0415 -- inside, so that Ctrl-C is quiet

    options = parser.parse(arguments)
    if not options.verb:
        if _wants_json(arguments):
            raise UsageError("no verb given")
        parser.parser().print_help()
        return exit_codes.USAGE

    from contenttrust.cli import report  # noqa: PLC0415
    from contenttrust.cli.request import Request  # noqa: PLC0415
    from contenttrust.errors import ContentTrustError  # noqa: PLC0415
    from contenttrust.transport import remark  # noqa: PLC0415

    verb = importlib.import_module(f"contenttrust.cli.{_module(options.verb)}")
    request = Request(options)
    remark.tell = functools.partial(report.remark, request)
    try:
        code: int = _as_document(verb, request) if request.json else verb.run(request)
    except ContentTrustError as error:
        error.gun = error.gun or request.about
        raise
    finally:
        remark.tell = None
    return code


def _as_document(verb: ModuleType, request: Request) -> int:
    """Run a verb; where it has no document of its own, what it says becomes one."""
    from contenttrust.cli import document, text  # noqa: PLC0415

    with text.kept() as said:
        code: int = verb.run(request)
    if not streams.wrote():
        facts = {"verb": request.options.verb, "done": code == exit_codes.OK, "messages": said}
        document.write("contenttrust.done/1", {**facts, **request.told})
    return code


def _module(verb: str) -> str:
    """Where a verb is: `key list` in key/list.py, `key import` in key/import_.py."""
    name = verb.replace(" ", ".").replace("-", "_")
    return f"{name}_" if name.endswith(".import") else name


def _report_unexpected(error: Exception, arguments: Sequence[str]) -> int:
    from contenttrust.errors import ContentTrustError  # noqa: PLC0415

    if isinstance(error, ContentTrustError):
        from contenttrust.cli import document  # noqa: PLC0415

        facts = document.error_members(error)
        return _report(facts["code"], str(error), exit_codes.of(error), arguments, facts)
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return _report(
            "server_error", f"{name}{error.strerror}", exit_codes.COULD_NOT_TELL, arguments
        )
    if "-v" in arguments or "--verbose" in arguments:
        sys.excepthook(type(error), error, error.__traceback__)
    message = f"internal error ({type(error).__name__}: {error}); -v shows where"
    return _report("internal", message, exit_codes.COULD_NOT_TELL, arguments)


def _report(
    code: str,
    message: str,
    exit_code: int,
    arguments: Sequence[str],
    facts: Mapping[str, Any] | None = None,
) -> int:
    from contenttrust.cli import text  # noqa: PLC0415

    lines = [text.safe(line) for line in message.splitlines()]
    text.complain(f"contenttrust: {lines[0]}", *lines[1:])
    if _wants_json(arguments):
        from contenttrust.cli import document  # noqa: PLC0415

        always = dict.fromkeys(("code", "role", "message", "gun", "expected", "found"), "")
        error = {**always, **(facts or {}), "code": code, "message": lines[0]}
        document.write("contenttrust.error/1", {"error": error})
    return exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether JSON was asked for, on a command line that may not be understood as a whole."""
    return any(
        text in {"--json", "-ojson", "--output=json"}
        or (text == "json" and before in {"-o", "--output"})
        for before, text in zip(["", *arguments], arguments, strict=False)
    )
