"""The way from options to a gate."""

from __future__ import annotations

import os

from contenttrust.cli.options import UsageError
from contenttrust.errors import ContentTrustError, TrustDirectoryError
from contenttrust.gate.environment import AUDIT_LOG_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.options import Options
    from contenttrust.cli.request import Request
    from contenttrust.gate.check import Gate
    from contenttrust.policy.rules import Policy
    from contenttrust.transport.cache import TrustDirectory


def policy_of(request: Request, *, remember: bool = True) -> Policy:
    """The policy that is named, or found where policies stand; else Docker's own.

    Args:
        request: Of the command line.
        remember: Whether its version counts as seen from now on.

    Raises:
        UsageError: It cannot be read or used, is older than one that was seen, or is gone from
            the trust directory, where it was in force.
    """
    from contenttrust.policy.rules import Policy  # noqa: PLC0415 -- who only parses needs none

    return found_policy(request, remember=remember) or Policy.docker_content_trust()


def found_policy(
    request: Request, *, seen: TrustDirectory | None = None, remember: bool = True
) -> Policy | None:
    """The policy that is named, or found where policies stand; None where there is none.

    Args:
        request: Of the command line.
        seen: Where it is remembered which versions were seen; default: the trust directory.
        remember: As for `policy_of`.

    Raises:
        UsageError: As `policy_of`.
    """
    from contenttrust.gate import policy_record  # noqa: PLC0415 -- who only parses needs none
    from contenttrust.policy import load, location  # noqa: PLC0415

    options = request.options
    path = options.policy
    try:
        directory = policy_record.directory(
            os.environ, named=options.trust_dir, policy=options.policy or ""
        )
        usual = location.usual(directory.path)
        path = path or location.found(env=os.environ, trust_dir=directory.path)
        if path is None:
            policy_record.check_none(directory, usual)
            if seen is not None:
                policy_record.check_none(seen, location.usual(seen.path))
            return None
        policy = load.load(path)
        remember = remember and options.at is None
        stands = path == usual and not options.policy
        for place in (seen, directory) if stands and seen else (seen or directory,):
            standing = stands and place is directory
            policy_record.check(place, policy, file=path, remember=remember, standing=standing)
    except OSError as error:
        where = error.filename or path
        raise UsageError(f"{_named_by(options)}{where}: {error.strerror}") from None
    except TrustDirectoryError as error:
        raise UsageError(
            f"{error.message}: where it cannot be written, name the policy (--policy) and a trust "
            "directory (--trust-dir)"
        ) from None
    except ContentTrustError as error:
        raise UsageError(f"{_named_by(options)}{error.message}") from None
    return policy


def _named_by(options: Options) -> str:
    """What named the policy, as messages begin; nothing where it was found in its place."""
    from contenttrust.gate.environment import POLICY_VARIABLE  # noqa: PLC0415

    if not options.policy and os.environ.get(POLICY_VARIABLE):
        return f"{POLICY_VARIABLE}: "
    return "--policy: " if options.policy else ""


def gate_of(
    request: Request, door: str, policy: Policy | None = None, *, local_builds: bool = True
) -> Gate:
    """A gate that goes by the options.

    Args:
        request: Of the command line.
        door: What the audit log says of who asks.
        policy: What is wanted; default: `policy_of` the request.
        local_builds: Whether an image can have been made where it is used.

    Raises:
        UsageError: Policy, pins or server cannot be used.
    """
    from contenttrust.gate.audit_log import AuditLog  # noqa: PLC0415
    from contenttrust.gate.check import Gate  # noqa: PLC0415

    options = request.options
    path = options.audit_log or os.environ.get(AUDIT_LOG_VARIABLE)
    return Gate(
        policy_of(request) if policy is None else policy,
        strict=options.strict,
        trust_dir=options.trust_dir,
        now=options.at,
        log=AuditLog(path) if path else None,
        door=door,
        offline=options.offline,
        source=request.named_source,
        anchor=request.anchor,
        requirements=request.requirements,
        max_stale=options.max_stale or 0,
        local_builds=local_builds,
        without_registry=options.without_registry,
    )
