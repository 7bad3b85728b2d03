"""`contenttrust docker -- …`: docker's own command line, with the check that docker had.

What is not checked becomes docker at once: of the package nothing is loaded before that but tables.
"""

from __future__ import annotations

from contenttrust.gate.docker import commands, grammar
from contenttrust.gate.docker.grammar import CommandLine, CommandLineError, Flags
from contenttrust.gate.docker.program import Docker, NoDockerError, found
from contenttrust.gate.environment import VARIABLE, content_trust_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn, Protocol

    from contenttrust.gate.check import Gate
    from contenttrust.policy.rules import Policy
    from contenttrust.reference import Reference

    class Means(Protocol):
        """What the command line brings: who judges, who signs."""

        def configured(self, folder: str) -> None:
            """Take docker's configuration from that folder."""

        @property
        def strict(self) -> bool:
            """Whether what would only be warned of is refused."""

        @property
        def quiet(self) -> bool:
            """Whether what stops nothing is not said."""

        def has_policy(self) -> bool:
            """Whether one may be configured."""

        def policy(self) -> Policy | None:
            """The policy that is configured, or None. Raises ContentTrustError or RefusedError."""

        def gate(self, door: str, policy: Policy | None) -> Gate:
            """A gate by that policy, or by Docker's rule."""

        def passed(self, door: str, although: str, policy: Policy | None) -> None:
            """Write down that a command passes unchecked. Raises as `policy` does."""

        def sign(self, reference: Reference, digest: str, size: int) -> int:
            """Sign a pushed digest; the exit code."""


NO_DOCKER = 127
"""What a shell ends with where there is no such program."""
_WRONG_FLAG = 125
_SWITCH = "disable-content-trust"

GLOBAL = Flags(
    "config= c/context= D/debug h/help H/host= l/log-level= tls tlscacert= tlscert= tlskey= "
    "tlsverify v/version"
)
"""Flags before the command. Source: docker CLI v28.2.2 and v29.7.2 `cli/flags/options.go`."""
_BELOW_BUILDX = Flags("builder= D/debug h/help")
BELOW_COMPOSE = Flags(
    "all-resources ansi= compatibility dry-run env-file= f/file= h/help insecure-registry= no-ansi "
    "parallel= profile= progress= project-directory= p/project-name= verbose v/version workdir="
)
_BELOW = Flags("h/help")
"""Flags between the two words of a command."""
_HELP = ("-h", "--help")


def run(arguments: Sequence[str], *, env: Mapping[str, str], means: Means) -> int:
    """Run one command line of docker's.

    Args:
        arguments: Without the program's name.
        env: The environment.
        means: Who judges and signs; asked for nothing where the command is harmless.

    Returns:
        Docker's exit code; or that of a refusal: 125 for run, create, build and what cannot be
        understood, 1 for the others; 127 where there is no docker. Mostly it does not return: the
        process has become docker.
    """
    try:
        return _run(arguments, env, means)
    except NoDockerError as error:
        return _complained(NO_DOCKER, str(error))
    except CommandLineError as error:
        if _is_off(arguments, env, means):  # docker may be newer, and knows its flags best
            Docker(found(env), [], env).become(arguments)
        return _complained(_WRONG_FLAG, _unclear(str(error)))


def _run(arguments: Sequence[str], env: Mapping[str, str], means: Means) -> int:
    before = grammar.parse(arguments, GLOBAL, interspersed=False)
    docker = Docker(found(env), before.words(), env)
    rest = before.operands
    if not rest:
        docker.become([])
    _check_command(rest)
    if before.switch("help"):
        docker.become(rest[:1])
    if rest[0] in commands.HARMLESS:  # most of what is typed
        docker.become(rest)
    words, rest = _family(rest)
    if words[-1] in _HELP:
        docker.become(words)
    command = commands.classified(rest)
    if command.kind in {"harmless", "family"}:
        docker.become([*words, *rest[1:]])
    if before.last("config"):  # an empty one is none, says docker
        means.configured(before.last("config"))
    if command.kind == "not covered":
        return _uncovered(docker, command, [*words, *rest[1:]], env, means)
    words += rest[1 : command.words]
    return _checked(_Asked(docker, command.name, words, rest[command.words :]), env, means)


def _is_off(arguments: Sequence[str], env: Mapping[str, str], means: Means) -> bool:
    """Whether nothing is to be checked, however the command line is read."""
    asked = any(word.startswith(f"--{_SWITCH}") for word in arguments)
    return not asked and not content_trust_on(env) and not means.has_policy()


def _check_command(rest: list[str]) -> None:
    """Refuse a flag where a command is expected: behind ``--`` docker reads flags once more."""
    if rest and rest[0].startswith("-"):
        raise CommandLineError(f"{rest[0]} stands where a command is expected")


def _family(rest: list[str]) -> tuple[list[str], list[str]]:
    """The words before the second one of a command, and the command without flags between them."""
    first = rest[0]
    if first not in commands.HARMLESS_BELOW or not rest[1:2] or not rest[1].startswith("-"):
        return [first], rest
    known = _BELOW_BUILDX if first in {"builder", "buildx"} else _BELOW
    try:
        known = BELOW_COMPOSE if first == "compose" else known
        between = grammar.parse(rest[1:], known, interspersed=False)
    except CommandLineError:
        if first != "compose":
            raise
        return [first], rest  # whatever it is, it is not covered
    if between.switch("help"):
        return [first, "--help"], [first]
    _check_command(between.operands)
    return [first, *between.words()], [first, *between.operands]


def _uncovered(
    docker: Docker,
    command: commands.Command,
    arguments: Sequence[str],
    env: Mapping[str, str],
    means: Means,
) -> int:
    """What nobody checks is said, and refused where it is not to be passed over."""
    from contenttrust.errors import ContentTrustError  # noqa: PLC0415 - see the module
    from contenttrust.gate.docker.refusal import RefusedError  # noqa: PLC0415

    what = f"docker {command.name} is not covered: {command.remark}"
    try:
        policy = means.policy()
        if means.strict or (policy is not None and policy.docker.uncovered == "refuse"):
            return _complained(1, what, "What is not covered is refused here.")
        if policy is not None or content_trust_on(env):
            _complained(0, what, "It is passed to docker unchecked.")
            means.passed(f"docker {command.name}", f"not covered: {command.remark}", policy)
        docker.become(arguments)
    except ContentTrustError as error:
        return _complained(1, str(error))
    except RefusedError as error:
        return _complained(1, *error.lines)


class _Asked:
    """One command that may be checked, as it was asked for."""

    def __init__(
        self, docker: Docker, name: str, words: Sequence[str], arguments: Sequence[str]
    ) -> None:
        from contenttrust.gate.docker import flags  # noqa: PLC0415 - see the module

        self.docker = docker
        self.name = name
        self.words = list(words)
        self.arguments = list(arguments)
        self.door = f"docker {name}"
        self.line: CommandLine | None = None
        self.problem = ""
        self.disabled: bool | None = None
        table: Flags = getattr(flags, name.upper())
        try:
            line = grammar.parse(arguments, table, interspersed=name not in {"run", "create"})
            if line.values(_SWITCH):
                self.disabled = line.switch(_SWITCH)
            self.line = line.without(_SWITCH)
        except CommandLineError as error:
            self.problem = str(error)
            if any(word.startswith(f"--{_SWITCH}") for word in arguments):
                self.disabled = False  # what it says is not clear: the safer of both

    def pass_on(self) -> NoReturn:
        """Become docker as it was asked for, without the switch: newer dockers complain of it."""
        if self.disabled is not None and self.line is not None:
            self.docker.env[VARIABLE] = "0"
            self.docker.become([*self.words, *self.line.words(), "--", *self.line.operands])
        self.docker.become([*self.words, *self.arguments])


def _checked(asked: _Asked, env: Mapping[str, str], means: Means) -> int:
    """Check a command, or let it pass where content trust is off."""
    from contenttrust.errors import ContentTrustError  # noqa: PLC0415 - see the module
    from contenttrust.gate.docker.refusal import RefusedError, code_of  # noqa: PLC0415

    code = code_of(asked.name)
    if asked.line is not None and asked.line.switch("help"):
        asked.docker.become([*asked.words, "--help"])
    try:
        policy = means.policy()
        if not (asked.disabled is False or policy is not None or content_trust_on(env)):
            asked.pass_on()
        if asked.line is None:
            return _complained(code, _unclear(asked.problem))
        if asked.disabled:
            if policy is not None and policy.docker.disable_content_trust == "forbid":
                return _complained(code, f"--{_SWITCH}: the policy forbids it")
            means.passed(asked.door, f"--{_SWITCH}", policy)
            asked.pass_on()
        return _done(asked, env, means, policy)
    except ContentTrustError as error:
        return _complained(code, str(error))
    except CommandLineError as error:
        return _complained(code, _unclear(str(error)))
    except RefusedError as error:
        return _complained(code, *error.lines)


def _done(asked: _Asked, env: Mapping[str, str], means: Means, policy: Policy | None) -> int:
    """Do a command on what is verified; docker underneath checks and signs nothing itself."""
    from contenttrust.gate.docker import build, container, pull, push  # noqa: PLC0415
    from contenttrust.gate.docker.call import Call  # noqa: PLC0415
    from contenttrust.transport.children import environment  # noqa: PLC0415

    assert asked.line is not None  # noqa: S101 - it was understood
    if asked.name in {"pull", "push"}:  # containers and builds may be given variables by name
        asked.docker.env = environment(asked.docker.env)
    asked.docker.env[VARIABLE] = "0"
    call = Call(
        name=asked.name,
        words=asked.words,
        line=asked.line,
        docker=asked.docker,
        gate=means.gate(asked.door, policy),
        env=env,
        quiet=means.quiet,
    )
    if asked.name == "push":
        return push.run(call, means.sign)
    if asked.name == "pull":
        return pull.run(call)
    if asked.name == "build":
        return build.run(call)
    return container.run(call)


def _unclear(problem: str) -> str:
    return f"{problem}: refused, because it is not clear what docker would do"


def _complained(code: int, *lines: str) -> int:
    """Say why on standard error."""
    from contenttrust.gate.docker.call import complain  # noqa: PLC0415 - see the module

    complain(*lines)
    return code
