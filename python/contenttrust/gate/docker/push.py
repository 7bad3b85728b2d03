"""`docker push`: the image is pushed, then the digest that the daemon named is signed.

Source: docker CLI 28 `cli/command/image/push.go`, `cli/trust/trust_push.go`
(``PushTrustedReference``).
"""

from __future__ import annotations

import re

from contenttrust.gate.docker.call import say, say_beside, write
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.gate.docker.call import Call

    Sign = Callable[[Reference, str, int], int]
    """Signs a digest of this size under the tag of the reference, and gives an exit code."""

_PUSHED = re.compile(r"(\S+): digest: (sha256:[0-9a-f]{64}) size: ([0-9]{1,18})\s*")


def run(call: Call, sign: Sign) -> int:
    """Push one tag and sign it; several at once are pushed and not signed, as by docker.

    Args:
        call: What was asked for.
        sign: Signs a digest of a size under the reference's tag.

    Returns:
        Docker's exit code, or that of signing.

    Raises:
        RefusedError: There is nothing that could be pushed and signed.
    """
    if len(call.line.operands) != 1:
        raise RefusedError(f'"docker {" ".join(call.words)}" requires 1 argument')
    try:
        reference = Reference.parse(call.line.operands[0])
    except InvalidReferenceError as error:
        raise RefusedError(str(error)) from None
    if reference.digest is not None:
        raise RefusedError("cannot push a digest reference")
    if call.line.switch("all-tags"):
        return _push_all(call, reference)
    quiet = call.line.switch("quiet")
    if reference.name_only and not quiet:
        say(f"Using default tag: {reference.tag}")
    code, found = _pushed(call, reference, quiet=quiet)
    if code:
        return code
    if len(found) != 1:
        raise RefusedError(
            f"the image was pushed and is not signed: docker named {len(found)} digests of "
            f"{reference}, not one"
        )
    return sign(reference, *found.pop())


def _push_all(call: Call, reference: Reference) -> int:
    if not reference.name_only:
        raise RefusedError("tag can't be used with --all-tags/-a")
    if call.gate.refuses_uncovered:
        raise RefusedError(
            "what -a pushes is not signed: push each tag by itself",
            "What is not covered is refused here.",
        )
    code = call.docker.run(call.arguments(reference.familiar))
    if not code:
        say_beside("No tag specified, skipping trust metadata push")
    return code


def _pushed(call: Call, reference: Reference, *, quiet: bool) -> tuple[int, set[tuple[str, int]]]:
    """Docker's exit code, and digests with sizes that it says to have pushed under the tag."""
    name = f"{reference.familiar}:{reference.tag}"
    found: set[tuple[str, int]] = set()
    # What is quiet does not tell the digest. On a pipe docker has no bars.
    for line in call.docker.lines(call.arguments(name, line=call.line.without("quiet"))):
        match = _PUSHED.fullmatch(line)
        if match and match[1] == reference.tag:
            found.add((match[2], int(match[3])))
        if not quiet:
            write(line)
    if quiet and not call.docker.code:
        say(str(reference))
    return call.docker.code, found
