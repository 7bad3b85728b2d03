"""Policies from what came before: docker's daemon.json of EE and MCR, and UCP's configuration.

What cannot be said in a policy is told, and in its place the policy is stricter, never weaker.

Source: Docker Engine EE 18.09 and MCR, ``content-trust`` in daemon.json; Docker UCP 3 and MKE,
``[trust_configuration]``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field

from contenttrust.errors import PolicyError, shown
from contenttrust.policy.patterns import Pattern, PatternError
from contenttrust.policy.people import Key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MODES = {"enforced": "enforce", "permissive": "warn", "disabled": "audit"}


class ImportPolicyError(PolicyError):
    """A configuration cannot be understood: nothing is made of it."""

    code = "malformed"

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Imported:
    """A policy that was made of another program's configuration.

    Attributes:
        text: YAML that loads, with what could not be said as comments.
        unsaid: What could not be said, as sentences.
    """

    text: str
    unsaid: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    name: str
    default: object = "deny"
    people: dict[str, list[str]] = field(default_factory=dict)
    teams: dict[str, list[str]] = field(default_factory=dict)
    pins: dict[str, object] = field(default_factory=dict)
    rules: list[dict[str, object]] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)


def import_policy(text: bytes, *, keys: Mapping[str, Sequence[str]] | None = None) -> Imported:
    """Make a policy of a configuration.

    Args:
        text: daemon.json with ``content-trust``, or TOML with ``[trust_configuration]``.
        keys: Keys of the users and members of teams that UCP's configuration only names, by these
            names. Those of a user are the user's; each of a team is another member's.

    Raises:
        ImportPolicyError: It is neither, or something in it has the wrong type.
        ValueError: A key is none.
    """
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportPolicyError("it is no UTF-8") from None
    if decoded.lstrip().startswith("{"):
        draft = _of_daemon(_json(decoded))
    else:
        draft = _of_ucp(_toml(decoded), keys or {})
    draft.unsaid = [shown(one) for one in draft.unsaid]
    return Imported(_written(draft), tuple(draft.unsaid))


def _json(text: str) -> dict[str, object]:
    def without_duplicates(members: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(members)
        if len(found) != len(members):
            raise ImportPolicyError("a member is there twice")
        return found

    try:
        config = json.loads(text, object_pairs_hook=without_duplicates)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ImportPolicyError(shown(f"it is no JSON: {error}")) from None
    return _mapping({"": config}, "")


def _toml(text: str) -> dict[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only of one kind of file
    else:
        try:
            import tomli as tomllib  # noqa: PLC0415
        except ModuleNotFoundError:
            raise ImportPolicyError(
                "TOML needs tomli: install the extra contenttrust[gate] "
                "(docs/reference/installation.md)"
            ) from None
    try:
        found: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImportPolicyError(shown(f"it is neither JSON nor TOML: {error}")) from None
    return found


def _of_daemon(config: dict[str, object]) -> _Draft:
    if "content-trust" not in config:
        raise ImportPolicyError("the JSON has no content-trust: it is no daemon.json of EE or MCR")
    section = _mapping(config, "content-trust")
    _check_known(section, ("mode", "trust-pinning", "allow-expired-cached-trust-data"))
    draft = _Draft("imported from daemon.json")
    mode = section.get("mode", "disabled")
    if mode not in _MODES:
        raise ImportPolicyError(shown(f"mode is {mode!r}, not {', '.join(_MODES)}"))
    if mode == "disabled":
        draft.unsaid.append("content trust was disabled: the rule only watches (mode audit)")
    if mode == "permissive":
        draft.unsaid.append("permissive refused images with a wrong signature; mode warn refuses "
                            "nothing")  # fmt: skip
    pinning = _mapping(section, "trust-pinning")
    _check_known(pinning, ("official-library-images", "library-images", "root-keys", "cert-ids"))
    root_keys, certificates = _ids(pinning, "root-keys"), _ids(pinning, "cert-ids")
    for pattern, ids in certificates.items():
        _pin(draft, pattern, {"certs": ids})
        if pattern in root_keys:
            draft.unsaid.append(f"root-keys for {pattern} are left out: there cert-ids went first")
    for pattern, ids in root_keys.items():
        if pattern not in certificates:
            _pin(draft, pattern, {"root-keys": ids})
    for name in ("official-library-images", "library-images"):
        if _truth(pinning, name):
            draft.unsaid.append(f"{name} pinned docker.io/library/* to a key that was built into "
                                "docker: add that root key to pins")  # fmt: skip
    if _truth(section, "allow-expired-cached-trust-data"):
        draft.unsaid.append("allow-expired-cached-trust-data had no end: add a grace to freshness, "
                            "such as {timestamp: 3d}")  # fmt: skip
    draft.pins.setdefault("**", {"tofu": "forbid"})
    rule: dict[str, object] = {"match": "**", "mode": _MODES[str(mode)]}
    draft.rules.append({**rule, "require": {"signed": "any"}})
    return draft


def _pin(draft: _Draft, pattern: str, pin: dict[str, object]) -> None:
    try:
        Pattern.parse(pattern)
    except PatternError as error:
        draft.unsaid.append(f"the pin for {pattern} is left out: {error}")
    else:
        draft.pins[pattern] = pin


def _of_ucp(config: dict[str, object], keys: Mapping[str, Sequence[str]]) -> _Draft:
    if "trust_configuration" not in config:
        raise ImportPolicyError("there is no [trust_configuration]: it is no configuration of UCP")
    section = _mapping(config, "trust_configuration")
    _check_known(section, ("require_content_trust", "require_signature_from", "allow_repos"))
    draft = _Draft("imported from UCP")
    signers, repositories = (_texts(section, n) for n in ("require_signature_from", "allow_repos"))
    unknown = sorted(set(keys) - set(signers))
    if unknown:
        raise ImportPolicyError(f"keys are given for {unknown[0]!a}, and no signature of such is "
                                "required")  # fmt: skip
    if not _truth(section, "require_content_trust"):
        reason = "UCP did not require content trust (require_content_trust = false)"
        draft.default = {"verdict": "allow", "reason": reason}
        draft.unsaid.append("nothing was required, so everything is let through; every decision "
                            "says so")  # fmt: skip
        return draft
    draft.pins["**"] = {"tofu": "once"}
    draft.unsaid.append("UCP pinned no root: trust on first use stays until pins say more")
    wanted = [_signer(draft, name, keys) for name in signers]
    if all(wanted):
        require = {"all": wanted} if wanted else {"signed": "any"}
        draft.rules.append({"match": "**", "require": require})
        _allow(draft, repositories)
    else:
        draft.unsaid.append("so there is no rule, and every image is refused")
    return draft


def _signer(draft: _Draft, name: str, keys: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A team or a user as a requirement; nothing where no keys are known."""
    if name != shown(name):
        raise ImportPolicyError(f"require_signature_from: {name!a} is no name")
    if name not in keys:
        draft.unsaid.append(f"the keys of {name} are not in the configuration: give them with "
                            f"--key {name}=KEY, once for each member")  # fmt: skip
        return {}
    members = []
    for number, text in enumerate(keys[name], start=1):
        if not text.startswith("file:"):
            Key.parse(text)
        # One key may be in several teams: it is one person.
        known = (person for person, held in draft.people.items() if text in held)
        member = next(known, f"{name}-{number}")
        draft.people.setdefault(member, [text])
        members.append(member)
    draft.teams[name] = list(dict.fromkeys(members))
    return {"team": name}


def _allow(draft: _Draft, repositories: Sequence[str]) -> None:
    for repository in repositories:
        try:
            Pattern.parse(repository)
        except PatternError as error:
            draft.unsaid.append(f"allow_repos: {repository} is left out: {error}")
            continue
        rule: dict[str, object] = {"match": repository, "mode": "audit"}
        draft.rules.append({**rule, "require": {"signed": "any"}})
        draft.unsaid.append(f"allow_repos: {repository} was never checked; the mode audit lets it "
                            "through, and says what enforce would say")  # fmt: skip


def _written(draft: _Draft) -> str:
    lines = [f"# {one}" for one in ("What could not be said as it was:", *draft.unsaid)]
    lines = [*lines, ""] if draft.unsaid else []
    lines += ["apiVersion: contenttrust/v1", "kind: TrustPolicy"]
    lines.append(f"metadata: {_flow({'name': draft.name, 'version': 1})}")
    lines.append(f"default: {_flow(draft.default)}")
    sections: dict[str, Mapping[str, object]] = {
        "people": {name: {"keys": keys} for name, keys in draft.people.items()},
        "teams": {name: {"members": members} for name, members in draft.teams.items()},
        "pins": draft.pins,
    }
    for name, members in sections.items():
        if members:
            lines.append(f"{name}:")
            lines += [f"  {_flow(key)}: {_flow(value)}" for key, value in members.items()]
    lines.append("rules:" if draft.rules else "rules: []")
    lines += [f"  - {_flow(rule)}" for rule in draft.rules]
    return "\n".join(lines) + "\n"


def _flow(value: object) -> str:
    """YAML on one line; JSON is such."""
    return json.dumps(value, ensure_ascii=False)


def _mapping(values: Mapping[str, object], name: str) -> dict[str, object]:
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise ImportPolicyError(f"{name or 'the document'} is no object")
    return value


def _check_known(values: Mapping[str, object], known: Sequence[str]) -> None:
    """What is unknown may have asked for more than what is known."""
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ImportPolicyError(shown(f"{unknown[0]!r} is unknown; known are {', '.join(known)}"))


def _truth(values: Mapping[str, object], name: str) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise ImportPolicyError(f"{name} is neither true nor false")
    return value


def _texts(values: Mapping[str, object], name: str) -> list[str]:
    value = values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ImportPolicyError(f"{name} is no list of texts")
    return list(dict.fromkeys(value))


def _ids(pinning: Mapping[str, object], name: str) -> dict[str, list[str]]:
    found = {}
    for pattern, value in _mapping(pinning, name).items():
        ids = [value] if isinstance(value, str) else _texts({name: value}, name)
        if not ids:
            raise ImportPolicyError(shown(f"{name}: {pattern!r} has no id"))
        try:
            found[pattern] = [str(Key.parse(one)) for one in ids]
        except ValueError as error:
            raise ImportPolicyError(shown(f"{name}: {pattern}: {error}")) from None
    return found
