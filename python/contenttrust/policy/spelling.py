"""Spellings of a registry host by which an image would slip past the rule or pin meant for it."""

from __future__ import annotations

import functools
import re

from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust.policy.rules import Policy

_DOCKER = "docker.io"
_DOCKER_TOO = frozenset({"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
_NUMBERS = re.compile(r"[0-9a-fx.]+")
_PORT = re.compile(r":([0-9]+)$")
_DEFAULT_PORT = 443


def other_spelling(policy: Policy, reference: Reference) -> str:
    """The name by which a policy has another rule or pin for an image; empty where none has.

    Docker takes `Docker.io`, `docker.io:0443` and `registry-1.docker.io` for names of their own,
    and asks the same registry for all of them.

    Args:
        policy: Whose they are. A rule that spells the host so itself is meant for it.
        reference: The image.
    """
    rule = policy.rule_for(reference)
    if rule is not None and reference.domain in rule.match.hosts:
        return ""
    usual = _usual(reference.domain)
    for host in {usual: None, **dict.fromkeys(_spelt_in_rules(policy, usual))}:
        if host == reference.domain:
            continue
        named = _at(host, reference.path)
        theirs = policy.rule_for(named)
        if host == usual:
            other = theirs is not rule or _is_pinned_otherwise(policy, reference, named)
        else:  # of spellings that are not usual only a rule that spells them so is anybody's intent
            other = theirs is not rule and theirs is not None and host in theirs.match.hosts
        if other:
            return named.gun
    return ""


def _is_pinned_otherwise(policy: Policy, reference: Reference, named: Reference) -> bool:
    if any(reference.domain in pattern.hosts for pattern in policy.pin_patterns):
        return False
    return policy.pin_for(policy.remap(named)) is not policy.pin_for(policy.remap(reference))


def _spelt_in_rules(policy: Policy, usual: str) -> Iterator[str]:
    """The hosts that rules name, and that are the same one in truth."""
    for rule in policy.rules:
        yield from (host for host in rule.match.hosts if _usual(host) == usual)


@functools.lru_cache(maxsize=4096)
def _usual(domain: str) -> str:
    """A host in one spelling: small letters, addresses in their usual form, 443 left out."""
    name, port = domain.lower(), None
    found = _PORT.search(name)
    if found:
        name, port = name[: found.start()], int(found[1])
    name = _address(name)
    if port not in {None, _DEFAULT_PORT}:
        return f"{name}:{port}"
    return _DOCKER if name in _DOCKER_TOO else name


def _address(name: str) -> str:
    """An IP address as it is usually written: to the C library `127.1` and `0x7f.1` are one too."""
    try:
        if name.startswith("["):
            import ipaddress  # noqa: PLC0415 - few hosts are addresses

            address = ipaddress.IPv6Address(name[1:-1])
            return str(address.ipv4_mapped or f"[{address}]")
        if _NUMBERS.fullmatch(name):
            import socket  # noqa: PLC0415

            return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, ValueError):
        pass
    return name


def _at(host: str, path: str) -> Reference:
    try:
        found = Reference.parse(f"{host}/{path}")
    except InvalidReferenceError:
        found = None
    if found is None or found.domain != host:  # one word in small letters is no host to Docker
        return Reference(host, path, tag="latest", digest=None)
    return found
