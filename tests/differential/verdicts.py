"""What either side says of a repository, in one form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contenttrust import NotSignedError, TrustedRepository, VerificationError

RELEASING = ("targets/releases", "targets")
Tags = dict[str, tuple[str, str, int]]
"""Name to role, digest and size."""


@dataclass(frozen=True)
class View:
    """What an accepted repository holds."""

    tags: Tags
    """What docker pull may use."""
    roles: dict[str, tuple[int, int]]
    """Version and second of expiry of each role that counts."""
    lists: dict[str, dict[str, tuple[str, int]]]
    """What each role lists within its paths, with a digest that names an image."""
    broken: dict[str, str] = field(default_factory=dict)
    """Roles that are left out, with the reason (ours only)."""
    unusable: frozenset[tuple[str, str]] = frozenset()
    """Role and name of targets whose hashes make no image digest (ours only)."""


@dataclass(frozen=True)
class Verdict:
    """A refusal or a view."""

    view: View | None
    code: str = "ok"
    text: str = ""
    role: str = ""


def theirs(answer: dict[str, Any]) -> Verdict:
    """The verdict in an answer of the oracle."""
    if "error" in answer:
        return Verdict(None, "refused", answer["error"])
    roles = answer.get("roles", {})
    tags = {
        name: (tag["role"], f"sha256:{tag['sha256']}", tag["length"])
        for name, tag in answer.get("tags", {}).items()
        if tag["role"] in RELEASING and names_an_image(tag)
    }
    lists = {
        role: {
            name: (f"sha256:{target['sha256']}", target["length"])
            for name, target in (members.get("targets") or {}).items()
            if names_an_image(target)
        }
        for role, members in roles.items()
        if role == "targets" or role.startswith("targets/")
    }
    headers = {role: (members["version"], members["expires"]) for role, members in roles.items()}
    return Verdict(View(tags, headers, lists))


def names_an_image(target: dict[str, Any]) -> bool:
    """Whether a client can make an image digest of the hash."""
    return len(target["sha256"]) == 64


def ours(repository: TrustedRepository | None, error: VerificationError | None) -> Verdict:
    """The verdict of an item of a batch."""
    if error is not None:
        text = f"{error.message} (expected {error.expected}; found {error.found})"
        return Verdict(None, error.code, text, error.role)
    assert repository is not None
    tags = {name: (tag.role, tag.digest, tag.size) for name, tag in repository.tags.items()}
    roles = {
        name: (role.version, int(role.expires.timestamp()))
        for name, role in repository.roles.items()
    }
    lists = {
        role: {tag.name: (tag.digest, tag.size) for tag in repository.role_tags(role)}
        for role in roles
        if role == "targets" or role.startswith("targets/")
    }
    broken = {notice.role: notice.code for notice in repository.degraded}
    unusable = frozenset((notice.role, notice.name) for notice in repository.unusable)
    return Verdict(View(tags, roles, lists, broken, unusable))


def look_up(repository: TrustedRepository, tags: Tags) -> list[str]:
    """The tags among `tags` that a look-up gives otherwise, and no broken role explains."""
    wrong = []
    for name, expected in tags.items():
        if not name:
            continue  # listed, but no text that anybody could ask for
        try:
            tag = repository.verify(name)
        except NotSignedError:
            wrong.append(name)
        except VerificationError as error:
            if error.code != "role_broken" or not repository.degraded:
                wrong.append(name)
        else:
            if (tag.role, tag.digest, tag.size) != expected:
                wrong.append(name)
    return wrong
