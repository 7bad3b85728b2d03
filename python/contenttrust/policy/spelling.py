"""Spellings of a registry host by which an image would slip past the rule that is meant for it."""

from __future__ import annotations

from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.policy.rules import Policy

_DOCKER = "docker.io"
_DOCKER_TOO = frozenset({"index.docker.io", "registry-1.docker.io"})
_DEFAULT_PORT = ":443"


def other_spelling(policy: Policy, reference: Reference) -> str:
    """The usual name of an image whose host is spelt so that another rule applies; else empty.

    Docker takes `Docker.io`, `docker.io:443` and `registry-1.docker.io` for names of their own,
    and asks the same registry for all of them.

    Args:
        policy: Whose rules they are. A rule that spells the host so itself is meant for it.
        reference: The image.
    """
    host = reference.domain.lower().removesuffix(_DEFAULT_PORT)
    host = _DOCKER if host in _DOCKER_TOO else host
    if host == reference.domain:
        return ""
    rule = policy.rule_for(reference)
    if rule is not None and rule.match.starts_with(f"{reference.domain}/"):
        return ""
    try:
        usual = Reference.parse(f"{host}/{reference.path}")
    except InvalidReferenceError:
        return ""
    if usual.domain != host:  # a single word in capitals: in lower case it is no host
        usual = Reference(host, reference.path, tag="latest", digest=None)
    return "" if policy.rule_for(usual) is rule else usual.gun
