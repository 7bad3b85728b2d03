"""`docker pull`: each tag is verified, pulled by its digest, and gets its tag afterwards.

Source: docker CLI 28 `cli/command/image/pull.go`, `cli/command/image/trust.go` (``trustedPull``).
"""

from __future__ import annotations

import sys

from contenttrust.errors import ContentTrustError
from contenttrust.gate.docker.call import complain, say, write
from contenttrust.gate.docker.refusal import NOT_DONE, RefusedError
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.gate.docker.call import Call
    from contenttrust.policy.decision import Decision


def run(call: Call) -> int:
    """Pull what is signed.

    Returns:
        Docker's exit code; 1 where a tag of several was refused.

    Raises:
        RefusedError: Nothing was pulled.
    """
    reference = _repository(call)
    if call.line.switch("all-tags"):
        if not reference.name_only:
            raise RefusedError("tag can't be used with --all-tags/-a")
        return _pull_all(call, reference)
    if reference.name_only and not call.line.switch("quiet"):
        say(f"Using default tag: {reference.tag}")
    [written] = call.line.operands
    return _pull(call, [call.allowed(written, pulled=True)], written=written)


def _repository(call: Call) -> Reference:
    if len(call.line.operands) != 1:
        raise RefusedError(f'"docker {" ".join(call.words)}" requires 1 argument')
    try:
        return Reference.parse(call.line.operands[0])
    except InvalidReferenceError as error:
        raise RefusedError(str(error)) from None


def _pull_all(call: Call, reference: Reference) -> int:
    """All tags that are signed, each of them judged for itself."""
    if call.gate.asks_nobody(reference):
        call.allowed(call.line.operands[0], pulled=True)  # it is refused
    try:
        tags = call.gate.signed_tags(reference)
    except ContentTrustError as error:
        raise RefusedError(*str(error).splitlines()) from None
    decided = [_decided_or_told(call, f"{reference.familiar}:{tag}") for tag in tags]
    allowed = [decision for decision in decided if decision is not None]
    if not allowed:
        raise RefusedError(f"No trusted tags for {reference.familiar}")
    code = _pull(call, allowed, written=reference.familiar)
    return code or (0 if len(allowed) == len(decided) else NOT_DONE)


def _decided_or_told(call: Call, image: str) -> Decision | None:
    """The decision on one of several tags; one that is refused is said, and stops no other."""
    try:
        return call.allowed(image, pulled=True)
    except RefusedError as error:
        complain(*error.lines)
        return None


def _pull(call: Call, decisions: Sequence[Decision], *, written: str) -> int:
    plain = call.line.without("all-tags")
    for number, decision in enumerate(decisions, 1):
        name = call.usable(decision)
        reference = decision.reference
        by_tag = reference is not None and reference.digest is None and bool(decision.pinned)
        if reference is not None and by_tag:
            digest = f"{reference.familiar}:{reference.tag}@{decision.digest}"
            say(f"Pull ({number} of {len(decisions)}): {digest}")
        code = _pulled(call, call.arguments(name, line=plain), last=name)
        if code:
            return code
        if reference is not None and by_tag and not call.tag(reference, name):
            raise RefusedError(f"{name} was pulled, but docker could not tag it")
    say(_last_line(written))
    return 0


def _pulled(call: Call, arguments: Sequence[str], *, last: str) -> int:
    """Pull one digest; docker's last line, which names it, is ours to write where we can."""
    if sys.stdout.isatty():  # its bars need the terminal
        return call.docker.run(arguments)
    full = str(Reference.parse(last)) if "@" in last else ""
    for line in call.docker.lines(arguments):
        if line.rstrip("\n") not in {last, full}:
            write(line)
    return call.docker.code


def _last_line(written: str) -> str:
    """The name that docker ends with: as it was written, in full."""
    return str(Reference.parse(written)) if ":" in written.rpartition("/")[2] else written
