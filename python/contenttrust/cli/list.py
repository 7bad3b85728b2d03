"""`contenttrust list GUN`: the signed tags of a collection."""

from __future__ import annotations

from contenttrust.cli import exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError

_HEADER = ("NAME", "DIGEST", "SIZE (BYTES)", "ROLE", "SIGNERS")


def run(request: Request) -> int:
    """List what the intact roles hold; broken ones are reported beside it."""
    options = request.options
    repository, error = request.judge(request.gun(options.gun))
    if request.json:
        _write(options.gun, repository, error, all_roles=options.all_roles)
    elif repository is not None:
        _print(request, repository)
    elif error is not None:
        text.complain(*report.refusal(error), *request.advice(options.gun, error))
    return exit_codes.of(error)


def _print(request: Request, repository: TrustedRepository) -> None:
    tags: Iterable[SignedTag]
    if request.options.all_roles:
        # By name and role, as a reader looks for a tag and then asks who lists it.
        tags = sorted(
            (tag for listed in _by_role(repository).values() for tag in listed),
            key=lambda tag: (tag.name, tag.role),
        )
    else:
        tags = repository.tags.values()
    rows = [
        (text.safe(tag.name), tag.digest.removeprefix("sha256:"), str(tag.size),
         text.safe(tag.role), report.signers(tag))
        for tag in tags
    ]  # fmt: skip
    if rows:
        header, rule = _HEADER, tuple("-" * len(title) for title in _HEADER)
        text.say(*text.table([header, rule, *rows], padding=4))
    else:
        text.say("No targets present in this repository.")
    if request.options.verbose:
        text.say("", *_roles(repository))
    report.notices(request, repository)


def _roles(repository: TrustedRepository) -> list[str]:
    rows = [("ROLE", "VERSION", "EXPIRES", "THRESHOLD", "KEY IDS")]
    rows += [
        (text.safe(name), str(role.version), text.safe(role.expires_text),
         str(role.threshold), " ".join(role.key_ids))
        for name, role in repository.roles.items()
    ]  # fmt: skip
    root = repository.roles["root"]
    # A root key has two ids, and each option takes only one of them.
    pins = [("--pin-cert", key_id) for key_id in root.key_ids]
    pins += [("--pin-key", key_id) for key_id in root.canonical_key_ids]
    return [*text.table(rows, padding=4), "", "Pins of this root:", *text.table(pins, padding=2)]


def _by_role(repository: TrustedRepository) -> dict[str, tuple[SignedTag, ...]]:
    return {
        role: repository.role_tags(role)
        for role in repository.roles
        if role == "targets" or role.startswith("targets/")
    }


def _write(
    gun: str,
    repository: TrustedRepository | None,
    error: ContentTrustError | None,
    *,
    all_roles: bool,
) -> None:
    from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

    members: dict[str, Any] = {"gun": gun, "verified": repository is not None}
    if error is not None:
        members["error"] = document.error_members(error)
    members |= document.unusable_members(repository) | document.notice_members(repository)
    if repository is not None:
        members |= document.repository_members(repository)
        if all_roles:
            members["all_roles"] = {
                role: [document.tag_members(tag) for tag in tags]
                for role, tags in _by_role(repository).items()
            }
    document.write("contenttrust.list/1", members)
