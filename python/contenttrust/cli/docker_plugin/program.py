"""The executable `docker-trust`: what docker runs for `docker trust …`.

Docker asks it who it is, and then hands over its own command line, from the first option on.

Source: docker CLI 29.7.2 `cli-plugins/metadata/metadata.go`, `cli-plugins/manager/manager.go`
(``PluginRunCommand``), `cli/flags/options.go`; exit codes of docker 28.2.2.
"""

from __future__ import annotations

import getopt
import os
import sys

from contenttrust.cli import exit_codes, main, streams, text
from contenttrust.cli.options import UsageError
from contenttrust.cli.program import wipe_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from contenttrust.cli.options import Options

_ASKED_WHO = "docker-cli-plugin-metadata"
_FAILED = 1
_WRONG_OPTION = 125

# Docker's own options, which may stand before `trust`; what ends with "=" takes a value.
_SHORT = "Dvc:H:l:"
_SWITCHES = ("debug", "tls", "tlsverify", "version", "help")
_VALUES = ("config=", "context=", "host=", "log-level=", "tlscacert=", "tlscert=", "tlskey=")

_HELP = ("-h", "--help", "help")
_VERBS: dict[str, tuple[str, ...]] = {
    "inspect": (),
    "sign": (),
    "revoke": (),
    "key": ("generate", "load"),
    "signer": ("add", "remove"),
}
_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")
_TRUST_SWITCHES = ("--pretty", "--local", "--yes", "-y", "--force", "-f")

_USAGE = """\
Usage:  docker trust COMMAND

Manage trust on Docker images, by contenttrust

Management Commands:
  key         Manage keys for signing Docker images: generate, load
  signer      Manage entities who can sign Docker images: add, remove

Commands:
  inspect     Return low-level information about keys and signatures
  revoke      Remove trust for an image
  sign        Sign an image

`contenttrust VERB -h` explains a command; contenttrust has more of them.
"""


def run() -> NoReturn:
    """Run the process's command line as docker handed it over, and end the process."""
    streams.prepare()
    code = command(sys.argv[1:])
    try:
        streams.flush()
    except (BrokenPipeError, streams.OutputError):
        code = code or _FAILED
    wipe_secrets()
    os._exit(code)


def command(arguments: Sequence[str]) -> int:
    """Do what docker asks for.

    Args:
        arguments: Docker's, without the program's name; or its question who this is.

    Returns:
        Docker's exit codes: 0 done, 1 not done, 125 for an option that there is not.
    """
    if list(arguments[:1]) == [_ASKED_WHO]:
        streams.write(_who())
        return exit_codes.OK
    try:
        words = _told(arguments)
    except getopt.GetoptError as error:
        return _complained(str(error), _WRONG_OPTION)
    below = _VERBS.get(words[0], ()) if words else ()
    if not words or words[0] in _HELP:
        streams.write(_USAGE)
    elif below and (len(words) == 1 or words[1] in _HELP):
        streams.write(f"Usage:  docker trust {words[0]} COMMAND\n\nCommands: {', '.join(below)}\n")
    elif words[0] in _VERBS and (not below or words[1] in below):
        return _done(words)
    else:
        unknown = " ".join(words[: 2 if below else 1])
        return _complained(f"unknown command: docker trust {unknown}", _FAILED)
    return exit_codes.OK


def _done(words: Sequence[str]) -> int:
    """Run one verb of ours; its usage errors end as docker's do."""
    from contenttrust.cli import parser  # noqa: PLC0415 - docker's question needs no parser

    try:
        options = parser.parse(words)
        if words[:2] == ["key", "generate"]:
            _check_generate(options)
    except UsageError as error:
        wrong_option = str(error).startswith("unknown option")
        return _complained(str(error), _WRONG_OPTION if wrong_option else _FAILED)
    except SystemExit:  # help was printed
        return exit_codes.OK
    code = main.main(words)
    return _FAILED if code in {exit_codes.USAGE, exit_codes.COULD_NOT_TELL} else code


def _check_generate(options: Options) -> None:
    """Refuse what makes a key of a role here: docker's verb makes those of signers alone.

    Raises:
        UsageError: No signer is named, or a role is.
    """
    for option, value in (("--role", options.role), ("--gun", options.gun_filter)):
        if value is not None:
            raise UsageError(f"unknown option for docker trust key generate: {option}")
    if not options.operand:
        raise UsageError("'docker trust key generate' requires 1 argument: the name of the signer")


def _told(arguments: Sequence[str]) -> list[str]:
    """The words behind `trust`; what stands before is obeyed where it means something to us.

    Raises:
        GetoptError: An option is none of docker's.
    """
    plain = [_switch_alone(word) for word in arguments]
    options, rest = getopt.getopt(plain, _SHORT, [*_SWITCHES, *_VALUES])
    for name, value in options:
        if name == "--config":
            os.environ["DOCKER_CONFIG"] = value
    if rest[:1] != ["trust"]:
        raise getopt.GetoptError("docker runs this program for `docker trust`, nothing else")
    behind = arguments[len(arguments) - len(rest) + 1 :]
    words: list[str] = []
    for number, word in enumerate(behind):
        if word == "--":
            return [*words, *behind[number:]]
        name, equals, value = word.partition("=")
        if not equals or name not in _TRUST_SWITCHES:
            words.append(word)
        elif value in _TRUE:
            words.append(name)
        elif value not in _FALSE:
            raise getopt.GetoptError(f"invalid argument {value!r} for {name!r}")
    return words


def _switch_alone(word: str) -> str:
    """An option of docker's without its ``=true``, which getopt does not know."""
    name, equals, _ = word.partition("=")
    return name if equals and name.removeprefix("--") in _SWITCHES else word


def _who() -> str:
    import json  # noqa: PLC0415 - only for this question

    import contenttrust  # noqa: PLC0415 - see above

    facts = {
        "SchemaVersion": "0.1.0",
        "Vendor": "contenttrust",
        "Version": contenttrust.__version__,
        "ShortDescription": "Manage trust on Docker images (contenttrust)",
    }
    return json.dumps(facts) + "\n"


def _complained(message: str, code: int) -> int:
    first, *more = (text.safe(line) for line in message.splitlines())
    text.complain(f"docker: {first}", *more)
    return code
