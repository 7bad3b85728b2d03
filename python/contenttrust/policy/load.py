"""A policy from its file: strict, with the place of whatever is wrong.

A misspelt word must not turn enforcement into something weaker, so whatever is unknown, double,
empty, of the wrong type or not supported is refused.
"""

from __future__ import annotations

import contextlib
import os

from contenttrust.errors import ContentTrustError
from contenttrust.policy import load_rules
from contenttrust.policy.fields import Faults, Field, PolicyFileError
from contenttrust.policy.key_files import KeyFiles
from contenttrust.policy.load_people import people, teams
from contenttrust.policy.load_requirements import Requirements
from contenttrust.policy.patterns import Pattern, PatternError
from contenttrust.policy.rules import MOST_RULES, Default, Policy, PolicyConflictError
from contenttrust.policy.settings import DockerSettings, Freshness, Limits, Server
from contenttrust.transport import chosen_file
from contenttrust.yaml_nodes import YamlError, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from typing import Any

    from contenttrust.policy.exemption import Exemption
    from contenttrust.policy.pins import Pin
    from contenttrust.policy.rules import Rule

__all__ = ["PolicyFileError", "examine", "load", "loads"]

API_VERSION = "contenttrust/v1"
KIND = "TrustPolicy"
LARGEST = 1024 * 1024
"""Bytes of a policy file."""

_FIELDS = (
    "apiVersion", "kind", "metadata", "default", "servers", "people", "teams", "pins", "freshness",
    "rules", "exceptions", "limits", "docker",
)  # fmt: skip


def load(path: str | os.PathLike[str]) -> Policy:
    """Read a policy file.

    Args:
        path: Of the file. Paths in it are relative to its folder.

    Raises:
        PolicyFileError: It cannot be read, or something in it is wrong; `line` and `column` say
            where.
    """
    name = os.fspath(path)
    folder = os.path.dirname(os.path.abspath(name))  # noqa: PTH100, PTH120
    return loads(_contents(path), name=name, folder=folder)


def _contents(path: str | os.PathLike[str]) -> bytes:
    name = os.fspath(path)
    try:
        return chosen_file.read(path, limit=LARGEST)
    except OSError as error:
        raise PolicyFileError(f"{error.strerror or error}", file=name) from None
    except ValueError as error:
        raise PolicyFileError(str(error), file=name) from None


def top_of(path: str | os.PathLike[str]) -> Field:
    """The whole of a file of ours that is no policy, as one field.

    Raises:
        PolicyFileError: It cannot be read, or is no YAML.
    """
    return _top(_contents(path), os.fspath(path), Faults(keep=False))


def loads(
    text: bytes | str, *, name: str = "policy", folder: str | os.PathLike[str] | None = None
) -> Policy:
    """Read a policy from its text.

    Args:
        text: YAML; UTF-8 where it is bytes.
        name: What the text is called in messages.
        folder: Whereto paths of key files are relative; None: no file may be named.

    Raises:
        PolicyFileError: Something is wrong; `line` and `column` say where.
    """
    faults = Faults(keep=False)
    policy = _policy(_top(text, name, faults), KeyFiles(folder), faults)
    if policy is None:
        raise AssertionError("a fault that is not kept is raised")
    return policy


def examine(
    text: bytes | str, *, name: str = "policy", folder: str | os.PathLike[str] | None = None
) -> tuple[Policy | None, Field | None, list[PolicyFileError]]:
    """Read a policy as `loads` does, and find as many faults as can be told apart.

    Args:
        text: As for `loads`.
        name: As for `loads`.
        folder: As for `loads`.

    Returns:
        The policy, where it has no fault; the file as fields, where it is a mapping; the faults, in
        the order of the file, `MOST_FAULTS` at most.
    """
    faults = Faults(keep=True)
    policy = top = None
    with contextlib.suppress(PolicyFileError), faults.noted():
        top = _top(text, name, faults)
        policy = _policy(top, KeyFiles(folder), faults)
    found = sorted(faults.found, key=lambda fault: (fault.line, fault.column))
    return (None if found else policy), top, found


def _top(text: bytes | str, name: str, faults: Faults) -> Field:
    if len(text) > LARGEST:
        raise PolicyFileError(f"it is larger than {LARGEST:,} bytes", file=name)
    try:
        documents = read(text, file=name)
    except YamlError as error:
        raise PolicyFileError(
            error.problem, file=name, line=error.line, column=error.column
        ) from None
    except ModuleNotFoundError as error:
        raise ContentTrustError(
            f"policy files need {error.name}: install the extra contenttrust[gate] "
            "(docs/reference/installation.md)"
        ) from None
    if not documents:
        raise PolicyFileError("it is empty: there is no policy in it", file=name)
    if len(documents) > 1:
        raise PolicyFileError(
            "a second document: a file holds one policy", file=name, line=documents[1].line
        )
    return Field(documents[0], (), documents[0].value, faults)


def _policy(top: Field, keys: KeyFiles, faults: Faults) -> Policy | None:
    """The policy; None where a fault was kept."""
    members = top.members(_FIELDS, required=("apiVersion", "kind", "metadata", "rules"))
    get = members.get
    made: dict[str, Any] = {}
    with faults.noted():
        made |= _head(members)
    with faults.noted():
        made["people"] = people(get("people"), keys, faults)
    with faults.noted():
        made["default"] = _default(get("default"))
    with faults.noted():
        made["servers"] = _servers(get("servers"), keys, faults)
    with faults.noted():
        made["pins"] = _pins(get("pins"), keys, faults)
    with faults.noted():
        made["limits"] = _limits(get("limits"))
    with faults.noted():
        made["docker"] = _docker(get("docker"))
    with faults.noted():
        made["freshness"] = Freshness() if get("freshness") is None else load_rules.freshness(
            members["freshness"])  # fmt: skip
    with faults.noted():
        made["exceptions"] = _exceptions(get("exceptions"), faults)
    # Rules name these: without them they would be blamed for what is wrong elsewhere.
    if "people" in made:
        with faults.noted():
            made["teams"] = teams(get("teams"), made["people"], faults)
    if "teams" in made and "freshness" in made:
        requirements = Requirements(made["people"], made["teams"], keys)
        with faults.noted():
            made["rules"] = _rules(members["rules"], requirements, made["freshness"], faults)
    if faults.found:
        return None
    _check_exceptions(get("exceptions"), made["exceptions"], made["rules"], made["limits"])
    return None if faults.found else _combined(top, members, made)


def _combined(top: Field, members: Mapping[str, Field], made: dict[str, Any]) -> Policy:
    parts = {**made, "people": tuple(made["people"].values()),
             "teams": tuple(made["teams"].values())}  # fmt: skip
    try:
        return Policy(**parts)
    except PolicyConflictError as error:
        _conflicting(members, error).fail(str(error), at_key=error.what == "pins")
    except ValueError as error:
        top.fail(str(error))


def _head(members: Mapping[str, Field]) -> dict[str, object]:
    for name, word in (("apiVersion", API_VERSION), ("kind", KIND)):
        with members[name].faults.noted():
            members[name].choice(word)
    return members["metadata"].read(
        {"name": Field.text, "version": Field.integer}, required=("name", "version")
    )


def _conflicting(members: Mapping[str, Field], error: PolicyConflictError) -> Field:
    """What a conflict is about: the second one of two, in the order of the file."""
    if error.what == "pins":
        return members["pins"].members()[error.second]
    if error.what == "rules":
        named = [one.members()["match"] for one in members["rules"].items()]
        return [one for one in named if one.value == error.second][-1]
    return members["rules"]


def _default(field: Field | None) -> Default:
    if field is None:
        return Default()
    if not isinstance(field.value, dict):
        reason = {"allow": "who allows what no rule matches gives a reason: write "
                           "{verdict: allow, reason: …}"}  # fmt: skip
        return Default(field.choice("deny", "warn", unsupported=reason))
    readers = {"verdict": lambda one: one.choice("deny", "warn", "allow"), "reason": Field.text}
    return Default(**field.read(readers, required=("verdict", "reason")))


def _servers(field: Field | None, keys: KeyFiles, faults: Faults) -> dict[str, Server]:
    servers = {}
    for prefix, one in ({} if field is None else field.members()).items():
        with faults.noted():
            servers[prefix] = _server(one, prefix, keys)
    return servers


def _server(field: Field, prefix: str, keys: KeyFiles) -> Server:
    unsupported = {"bundle": "archives of trust data are not supported yet: name a trust server"}
    readers = {
        "url": _url,
        "ca": keys.authorities,
        "auth": lambda one: one.choice("docker-config", "none"),
    }
    with field.faults.whole():
        with field.faults.noted():
            _check_prefix(field, prefix)
        said = field.read(readers, required=("url",), unsupported=unsupported)
    return Server(**said)


def _url(field: Field) -> str:
    try:
        return Server(field.text()).url
    except ValueError as error:
        field.fail(str(error))


def _check_prefix(field: Field, prefix: str) -> None:
    """A prefix is the beginning of normalised names, whole parts of it."""
    try:
        Pattern.parse(prefix + "**" if prefix.endswith("/") else prefix)
    except PatternError as error:
        field.fail(f"{prefix[:80]!a} begins no name: {error}", at_key=True)
    if set(prefix) & set("*?{}"):
        field.fail(f"{prefix[:80]!a}: servers are found by prefixes, which have no wildcards",
                   at_key=True)  # fmt: skip


def _pins(field: Field | None, keys: KeyFiles, faults: Faults) -> dict[Pattern, Pin]:
    found = {}
    for text, one in ({} if field is None else field.members()).items():
        made = None
        with faults.noted():
            made = load_rules.pin(one, keys)
        with faults.noted():
            pattern = _pattern_of(one, text)
            if made is not None:
                found[pattern] = made
    return found


def _pattern_of(field: Field, text: str) -> Pattern:
    try:
        return Pattern.parse(text)
    except PatternError as error:
        field.fail(str(error), at_key=True)


def _rules(
    field: Field, requirements: Requirements, freshness: Freshness, faults: Faults
) -> tuple[Rule, ...]:
    items = field.items(least=0)
    if len(items) > MOST_RULES:
        field.fail(f"a policy has at most {MOST_RULES} rules")
    found = []
    for one in items:
        with faults.noted():
            found.append(load_rules.rule(one, requirements, freshness))
    return tuple(found)


def _limits(field: Field | None) -> Limits:
    readers: dict[str, Callable[[Field], Any]] = {
        "exception-max": _some_time,
        "exceptions-per-rule": lambda one: one.integer(least=0, most=1000),
        "deadline": _some_time,
        "max-metadata": Field.size,
    }
    said = {} if field is None else field.read(readers)
    return Limits(**{name.replace("-", "_"): value for name, value in said.items()})


def _some_time(field: Field) -> timedelta:
    span = field.span()
    if not span:
        field.fail(f"{field.name} is nothing")
    return span


def _docker(field: Field | None) -> DockerSettings:
    readers: dict[str, Callable[[Field], str]] = {
        "disable-content-trust": lambda one: one.choice("allow", "forbid"),
        "uncovered": lambda one: one.choice("warn", "refuse"),
    }
    unsupported = {"build": "what dockerd's plugin lets pass is said in its own configuration, by "
                            "docker-allow"}  # fmt: skip
    said = {} if field is None else field.read(readers, unsupported=unsupported)
    return DockerSettings(**{name.replace("-", "_"): word for name, word in said.items()})


def _exceptions(field: Field | None, faults: Faults) -> tuple[Exemption, ...]:
    found = []
    for one in [] if field is None else field.items(least=0):
        with faults.noted():
            found.append(load_rules.exception(one))
    return tuple(found)


def _check_exceptions(
    field: Field | None, exceptions: tuple[Exemption, ...], rules: tuple[Rule, ...], limits: Limits
) -> None:
    counts: dict[str, int] = {}
    ids: set[str] = set()
    items = [] if field is None else field.items(least=0)
    for item, one in zip(items, exceptions, strict=True):
        members = item.members()
        with item.faults.noted():
            if one.id in ids:
                members["id"].fail(f"two exceptions are called {one.id!a}")
        ids.add(one.id)
        with item.faults.noted():
            if one.created is not None and one.expires - one.created > limits.exception_max:
                members["expires"].fail(
                    f"the exception lasts longer than {limits.exception_max.days} days, which "
                    "limits allow"
                )
        for rule in (rule for rule in rules if rule.match.meets(one.pattern)):
            counts[rule.match.text] = counts.get(rule.match.text, 0) + 1
            with item.faults.noted():
                if counts[rule.match.text] == limits.exceptions_per_rule + 1:
                    item.fail(
                        f"the rule {rule.match.text} has more than {limits.exceptions_per_rule} "
                        "exceptions, which limits allow"
                    )
