"""containerd's image verifier: a program that is asked once for each image that is to be pulled.

Source: containerd 2.1, `docs/image-verification.md` and `pkg/imageverifier/bindir`: arguments
``-name``, ``-digest`` and ``-stdin-media-type``; exit code 0 lets the image through, whatever else
does not; standard output is the reason.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

DEFAULT_POLICY = "/etc/contenttrust/trust-policy.yaml"
DEFAULT_SECONDS = 8.0
"""containerd waits ten, and its own refusal would not say why."""
_REASON_LIMIT = 32_000


def run() -> NoReturn:
    """Answer containerd, and end the process: a verification that hangs must not keep it."""
    code = 1
    if sys.stdout is None:  # closed before the start
        _complain("standard output is closed")
    else:
        try:
            code = main(sys.argv[1:], os.environ)
            sys.stdout.flush()
        except OSError as error:  # of standard output: whatever else fails is a reason on it
            code = 1
            _complain(f"standard output: {error.strerror}")
    os._exit(code)


def _complain(problem: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"contenttrust: {problem}: refused without a reason\n")
            sys.stderr.flush()


def main(
    arguments: Sequence[str], env: Mapping[str, str], *, seconds: float = DEFAULT_SECONDS
) -> int:
    """Decide on one image, and print the reason.

    Args:
        arguments: Those that containerd gives.
        env: Environment variables; ``CONTENTTRUST_POLICY`` names the policy.
        seconds: When there must be an answer.

    Returns:
        0 where the image may be pulled, else 1.
    """
    try:
        name, digest = _asked(arguments)
    except ValueError as error:
        return _say(f"malformed: {error}", allowed=False)
    found: list[tuple[bool, str]] = []

    def decide() -> None:
        try:
            found.append(_decision(name, digest, env))
        except Exception as error:  # noqa: BLE001 - whatever it is, the image is not let through
            code = getattr(error, "code", "") or type(error).__name__
            found.append((False, f"{code}: {getattr(error, 'message', '') or error}"))

    worker = threading.Thread(target=decide, daemon=True)
    worker.start()
    worker.join(seconds)
    if not found:
        return _say(f"deadline: no verdict within {seconds:g} seconds", allowed=False)
    allowed, reason = found[0]
    return _say(reason, allowed=allowed)


def _asked(arguments: Sequence[str]) -> tuple[str, str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("-name", default="")
    parser.add_argument("-digest", default="")
    parser.add_argument("-stdin-media-type", default="")
    try:
        known, rest = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError as error:
        raise ValueError(str(error)) from None
    if not known.name or not known.digest:
        raise ValueError("-name and -digest are wanted, as containerd gives them")
    if rest:
        raise ValueError(f"the argument {rest[0][:80]!a} is not known")
    return known.name, known.digest


def _decision(name: str, digest: str, env: Mapping[str, str]) -> tuple[bool, str]:
    from contenttrust.gate import policy_record  # noqa: PLC0415 - within the deadline
    from contenttrust.gate.audit_log import AuditLog  # noqa: PLC0415
    from contenttrust.gate.check import Gate  # noqa: PLC0415
    from contenttrust.gate.environment import (  # noqa: PLC0415
        AUDIT_LOG_VARIABLE,
        POLICY_VARIABLE,
    )
    from contenttrust.policy.load import load  # noqa: PLC0415
    from contenttrust.reference import Reference  # noqa: PLC0415
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415

    reference = Reference.parse(name)
    if reference.digest not in {None, digest}:
        return False, f"digest_mismatch: {name} was resolved to {digest}"
    file = env.get(POLICY_VARIABLE) or DEFAULT_POLICY
    policy = load(file)
    policy_record.check(TrustDirectory.default(env), policy, file=file)
    log = env.get(AUDIT_LOG_VARIABLE)
    gate = Gate(
        policy,
        env=env,
        log=AuditLog(log) if log else None,
        door="containerd",
        local_builds=False,  # what containerd asks about is pulled
    )
    # The tag that was asked for must be signed for the very digest that the registry gave.
    tag = f":{reference.tag}" if reference.tag else ""
    decision = gate.check(f"{reference.gun}{tag}@{digest}")
    reasons = [*decision.reasons[:1], *(f"warning: {one}" for one in decision.warnings)]
    return decision.allowed, f"{decision.code}: {decision.image}: {'; '.join(reasons)}"


def _say(reason: str, *, allowed: bool) -> int:
    from contenttrust.errors import shown  # noqa: PLC0415

    sys.stdout.write(shown(f"contenttrust: {reason}")[:_REASON_LIMIT] + "\n")
    return 0 if allowed else 1
