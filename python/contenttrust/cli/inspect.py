"""`contenttrust inspect IMAGE…`: what `docker trust inspect` prints, from verified data only.

One thing differs: an entry outside the paths of its delegation is no signed tag here, while docker
shows it and then refuses to pull it. What is shown is what the roles list, as with docker; whether
an image may be used is another question, and `--require-signed` asks it as `verify` does.

Source: docker CLI 28, `cli/command/trust`: `common.go`, `inspect.go`, `inspect_pretty.go`.
"""

from __future__ import annotations

from contenttrust.cli import exit_codes, natural_order, report, streams, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError
    from contenttrust.reference import Reference

_RELEASES = "targets/releases"
_SHORT_ID = 12  # docker shows ids of signers this short, as those of containers

Row = tuple[str, str, list[str]]
"""Tag, digest in hex, signers."""


def run(request: Request) -> int:
    """Inspect each image; those without trust data are named on standard error."""
    options = request.options
    if options.pretty and request.json:
        raise UsageError("--pretty prints text: leave out one of --pretty and --json")
    references = [request.reference(image) for image in options.images]
    codes: list[int] = []
    documents: list[dict[str, Any]] = []
    last = len(references) - 1
    for index, (image, reference) in enumerate(zip(options.images, references, strict=True)):
        repository, error = request.judge(reference.gun)
        if repository is None:
            codes.append(exit_codes.of(error))
            _complain(image, error)
            continue
        rows = list(_rows(repository, reference))
        why = _unsigned(request, repository, reference, rows) if options.require_signed else None
        if why is not None:
            codes.append(exit_codes.REFUSED)
            text.complain(f"no signed tag for {text.safe(image)}", *why)
        if options.pretty:
            text.say(*_pretty(image, rows, repository), *([""] * 2 if index < last else []))
        else:
            documents.append(_document(image, rows, repository))
        report.notices(request, repository)
    if not options.pretty:
        _write(documents)
    return exit_codes.worst(codes)


def _complain(image: str, error: ContentTrustError | None) -> None:
    text.complain(f"no signatures or cannot access {text.safe(image)}")
    if error is not None:
        text.complain(*report.refusal(error))


def _unsigned(
    request: Request, repository: TrustedRepository, reference: Reference, rows: list[Row]
) -> list[str] | None:
    """Why `verify` refuses an image, or of a bare name every tag; None where it accepts one."""
    wanted = [(reference.tag, reference.digest)]
    if reference.name_only:
        wanted = [(name, None) for name, _, _ in rows]
    why: list[str] = []
    for tag, digest in wanted:
        signed, error = request.find(repository, tag=tag, digest=digest)
        if signed is not None:
            return None
        if error is not None and not why:
            why = report.refusal(error)
    return why


def _rows(repository: TrustedRepository, reference: Reference) -> Iterator[Row]:
    """The released digests of each tag; a tag that two roles release differently has two rows.

    The digest that `verify` would choose comes first. An entry without a usable sha256 has none.
    """
    # Without a tag docker shows them all, also for `name@sha256:…`.
    wanted = None if reference.name_only else reference.tag
    roles = [role for role in (_RELEASES, "targets") if role in repository.roles]
    # Docker names the signers of a tag as targets lists them, not by the alphabet.
    order = {role: index for index, role in enumerate(repository.roles)}
    # Names may be as long as their file: only those that are wanted are copied and sorted.
    released: list[Row] = [
        (tag.name, tag.digest.removeprefix("sha256:"), _signed_by(tag, order))
        for role in roles
        for tag in repository.role_tags(role)
        if wanted in (None, tag.name)
    ]
    released += [
        (entry.name, "", [])
        for entry in repository.unusable
        if entry.role in roles and wanted in (None, entry.name)
    ]
    seen = set()
    for row in sorted(released, key=lambda row: natural_order.key(row[0])):
        if row[:2] not in seen:
            seen.add(row[:2])
            yield row


def _signed_by(tag: SignedTag, order: dict[str, int]) -> list[str]:
    """Names of the delegations that signed a tag; none if only the repository key did."""
    signers = sorted(tag.signers, key=lambda signer: order.get(signer.role, len(order)))
    return [signer.name for signer in signers if signer.name != report.REPO_ADMIN]


def _document(image: str, rows: list[Row], repository: TrustedRepository) -> dict[str, Any]:
    signers = sorted(repository.signers, key=lambda signer: signer.name.encode(), reverse=True)
    roles = repository.roles
    return {
        "Name": image,
        "SignedTags": [
            {"SignedTag": name, "Digest": digest, "Signers": signed or [report.REPO_ADMIN]}
            for name, digest, signed in rows
        ],
        "Signers": [_keys(signer.name, signer.key_ids) for signer in signers],
        "AdministrativeKeys": [
            # Docker names these two by their ids in the metadata: root's is its certificate's.
            _keys("Root", roles["root"].key_ids),
            _keys("Repository", roles["targets"].key_ids),
        ],
    }


def _keys(name: str, ids: tuple[str, ...]) -> dict[str, Any]:
    return {"Name": name, "Keys": [{"ID": key_id} for key_id in ids]}


def _write(documents: list[dict[str, Any]]) -> None:
    from contenttrust.cli import document  # noqa: PLC0415 -- --pretty needs no json

    streams.write(document.encode_as_go(documents) + "\n")


def _pretty(image: str, rows: list[Row], repository: TrustedRepository) -> list[str]:
    """Text in docker's layout: three spaces between columns, none narrower than ten."""
    name = text.safe(image)
    lines = ["", f"Signatures for {name}" if rows else f"No signatures for {name}", ""]
    if rows:
        signed = [
            (text.safe(tag), digest, text.safe(", ".join(sorted(signers)) or "(Repo Admin)"))
            for tag, digest, signers in rows
        ]
        lines += text.table([("SIGNED TAG", "DIGEST", "SIGNERS"), *signed], padding=3, minimum=10)
    if repository.signers:
        keys = [
            (text.safe(signer.name), ", ".join(key[:_SHORT_ID] for key in sorted(signer.key_ids)))
            for signer in sorted(repository.signers, key=lambda s: natural_order.key(s.name))
        ]
        lines += ["", f"List of signers and their keys for {name}", ""]
        lines += text.table([("SIGNER", "KEYS"), *keys], padding=3, minimum=10)
    roles = repository.roles
    return [
        *lines,
        "",
        f"Administrative keys for {name}",
        "",
        f"  Repository Key:\t{', '.join(sorted(roles['targets'].key_ids))}",
        f"  Root Key:\t{', '.join(sorted(roles['root'].key_ids))}",
    ]
