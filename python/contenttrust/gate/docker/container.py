"""`docker run` and `docker create`: the image is verified, and what starts is its digest.

Source: docker CLI 28 `cli/command/container/create.go` (``createContainer``).
"""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.docker import fields
from contenttrust.gate.docker.call import say_beside
from contenttrust.gate.docker.grammar import CommandLine
from contenttrust.gate.docker.program import LAST_CODE
from contenttrust.gate.docker.refusal import NOT_STARTED, RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.gate.docker.call import Call
    from contenttrust.policy.decision import Decision

_STDERR = 2
_SOURCES = ("source", "src")


def run(call: Call) -> int:  # noqa: RET503 - its end is docker's
    """Become docker with the digest in the image's place.

    Returns:
        Docker's exit code, where it failed before that.

    Raises:
        RefusedError: The image, or one that is mounted, is not to be used.
    """
    if not call.line.operands:
        raise RefusedError(f'"docker {" ".join(call.words)}" requires at least 1 argument')
    image, *command = call.line.operands
    decision = call.allowed(image, pulled=call.line.last("pull") == "always")
    flags = [_checked(call, name, value) for name, value in call.line.flags]
    name = call.usable(decision)
    if decision.pinned:
        code = _fetched(call, decision, name)
        if code:
            return code
        # It is here by its digest, with its tag; docker is not to ask the registry once more.
        flags = _pulled(flags)
    elif call.is_built_here(decision):
        flags = [*_without_pull(flags), ("pull", "never")]
    line = CommandLine(flags, [])
    call.docker.become(call.arguments(name, *command, line=line))


def _fetched(call: Call, decision: Decision, name: str) -> int:
    """Have the image by its digest, and its tag with it if docker has to pull it.

    Returns:
        0, or with what docker ends where it cannot: it tells a failure otherwise than a signal.
    """
    from subprocess import DEVNULL  # noqa: PLC0415 - what is only passed on starts nobody

    wish = call.line.last("pull", "missing")
    if wish == "never" or (
        wish == "missing" and call.docker.answers(["image", "inspect", "--format={{.Id}}", name])
    ):
        return 0
    reference = decision.reference
    assert reference is not None  # noqa: S101 - what has a digest has a name
    quiet = call.line.switch("quiet")
    shown = f"{reference.familiar}:{reference.tag}" if reference.digest is None else name
    if wish == "missing" and not quiet:
        say_beside(f"Unable to find image '{shown}' locally")
    platform = [f"--platform={value}" for value in call.line.values("platform")[-1:]]
    arguments = ["pull", *(["--quiet"] if quiet else []), *platform, name]
    # What comes on standard input is for the container.
    code = call.docker.run(arguments, stdin=DEVNULL, stdout=_STDERR)
    if code:
        return code if call.name == "create" or code > LAST_CODE else NOT_STARTED
    if reference.digest is None:
        call.tag(reference, name)
    return 0


def _pulled(flags: list[tuple[str, str]]) -> list[tuple[str, str]]:
    asked = [value for name, value in flags if name == "pull"]
    return [*_without_pull(flags), ("pull", "missing")] if asked == ["always"] else flags


def _without_pull(flags: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [flag for flag in flags if flag[0] != "pull"]


def _checked(call: Call, name: str, value: str) -> tuple[str, str]:
    """A flag, with the digest in place of the name where it mounts an image."""
    if name != "mount":
        return name, value
    try:
        found = fields.read(value)
    except ValueError as error:
        raise RefusedError(f"--mount {error}") from None
    if not found:
        raise RefusedError(f"--mount {shown(value)} is not understood")
    if ("type", "image") not in {(field.key, field.text.lower()) for field in found}:
        return name, value
    words = [
        str(field._replace(text=call.pinned(field.text)) if field.key in _SOURCES else field)
        for field in found
    ]
    if any("," in word or '"' in word for word in words):
        reason = "a value of it holds a comma or quotation marks"
        raise RefusedError(f"--mount {shown(value)}: {reason}")
    return name, ",".join(words)
