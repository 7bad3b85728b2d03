"""What the environment says of content trust, by Docker's rules; read before anything is loaded."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "DOCKER_CONTENT_TRUST"
POLICY_VARIABLE = "CONTENTTRUST_POLICY"
AUDIT_LOG_VARIABLE = "CONTENTTRUST_AUDIT_LOG"
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})


def content_trust_on(env: Mapping[str, str]) -> bool:
    """Whether `DOCKER_CONTENT_TRUST` switches content trust on.

    Args:
        env: Environment variables.

    Returns:
        Not where it is unset, empty or false as Go spells it. Whatever else it holds means on, also
        ``no`` and ``off``: what cannot be understood must not switch a check off.

    Source: docker CLI 28 `cli/command/cli.go` ``ContentTrustEnabled``; Go ``strconv.ParseBool``.
    """
    return env.get(VARIABLE, "") not in _OFF
