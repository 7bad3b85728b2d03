"""`contenttrust signer list REPOSITORY`: who may sign, from verified data."""

from __future__ import annotations

from contenttrust.cli import exit_codes, natural_order, report, text
from contenttrust.cli.repositories import gun_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request

_HEADER = ("SIGNER", "KEYS")


def run(request: Request) -> int:
    """List the signers of one repository with the canonical ids of their keys."""
    name = request.options.image
    gun = gun_of(request, name)
    repository, error = request.judge(gun)
    signers = [] if repository is None else sorted(
        repository.signers, key=lambda signer: natural_order.key(signer.name)
    )  # fmt: skip
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write(
            "contenttrust.signers/1",
            {
                "repository": name,
                "gun": gun,
                "verified": repository is not None,
                "signers": [{"name": one.name, "key_ids": sorted(one.key_ids)} for one in signers],
                **document.notice_members(repository),
                "error": document.error_members(error) if error else None,
            },
        )
    elif repository is None:
        text.complain(f"no signatures or cannot access {text.safe(name)}")
        text.complain(*(report.refusal(error) if error is not None else ()))
    elif signers:
        rows = [(text.safe(one.name), ", ".join(sorted(one.key_ids))) for one in signers]
        text.say("", f"List of signers and their keys for {text.safe(name)}", "")
        text.say(*text.table([_HEADER, *rows], padding=3, minimum=10))
        report.notices(request, repository)
    else:
        text.say("", f"No signers for {text.safe(name)}", "")
        report.notices(request, repository)
    return exit_codes.of(error)
