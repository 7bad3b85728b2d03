"""`contenttrust doctor [GUN|IMAGE …]`: what will hurt soon, and will anything check my images?"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from contenttrust import clock, doctor
from contenttrust.cli import exit_codes, text
from contenttrust.cli.options import Options, UsageError
from contenttrust.reference import InvalidReferenceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.cli.request import Request
    from contenttrust.doctor import Finding
    from contenttrust.transport.tls import Tls

_TITLES = {
    "docker": "Docker",
    "server": "Trust servers",
    "clock": "Clock",
    "permissions": "Permissions",
    "keys": "Private keys",
    "expiry": "Expiry",
    "cache": "Cache and record",
}
_MEANINGLESS = (
    "metadata", "remember", "anchor_root", "pin_key", "pin_cert", "pin_ca", "no_tofu",
    "compatible", "limit", "max_stale",
)  # fmt: skip
"""Options that change a verdict on an image, and that would be passed over here without a word."""


def run(request: Request) -> int:
    """Look at this machine, and tell what was found."""
    options = request.options
    for name in _MEANINGLESS:
        if getattr(options, name) != getattr(Options, name):
            raise UsageError(f"doctor looks at this machine: --{name.replace('_', '-')} says "
                             "nothing about it")  # fmt: skip
    now = clock.now().datetime
    at = now if options.at is None else options.at
    url, tls = request.server()
    if url is not None:
        _check_server(url, tls)
    try:
        findings = doctor.examine(
            options.images,
            env=os.environ,
            now=now,
            at=at,
            trust_dir=options.trust_dir,
            within=_within(options),
            asking=doctor.Asking(os.environ, at=at, url=url, tls=tls),
            offline=options.offline,
        )
    except InvalidReferenceError as error:
        raise UsageError(str(error)) from None
    if request.json:
        _write(findings)
    else:
        text.say(*_lines(findings, quiet=options.quiet))
    return exit_codes.worst(map(_code, findings))


def _check_server(url: str, tls: Tls | None) -> None:
    """Refuse a server that a verification would refuse to ask, as an error of the command line."""
    from contenttrust.transport.trust_server import TrustServer  # noqa: PLC0415 -- where one is named

    try:
        TrustServer(url, tls=tls)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _within(options: Options) -> timedelta:
    return doctor.DEFAULT_WITHIN if options.within is None else timedelta(days=options.within)


def _code(finding: Finding) -> int:
    if finding.level != "failure":
        return exit_codes.OK
    return exit_codes.COULD_NOT_TELL if finding.unanswered else exit_codes.REFUSED


def _lines(findings: Sequence[Finding], *, quiet: bool) -> list[str]:
    """The findings in groups, each with a mark, then how many there are of each level."""
    lines: list[str] = []
    for check, title in _TITLES.items():
        group = [
            finding
            for finding in findings
            if finding.check == check and (not quiet or finding.level == "failure")
        ]
        if group:
            lines += [""] if lines else []
            lines += [text.paint(title, "bold", sys.stdout), *_group(group)]
    return lines if quiet else [*lines, "", _count(findings)]


def _count(findings: Sequence[Finding]) -> str:
    """How many findings there are of each level, the worst first."""
    told = []
    for level in reversed(doctor.LEVELS):
        count = sum(finding.level == level for finding in findings)
        word = level if count == 1 or level == "ok" else f"{level}s"
        told += [f"{count} {word}"] if count else []
    return ", ".join(told)


def _group(group: Sequence[Finding]) -> list[str]:
    lines = []
    subject = None
    for finding in group:
        if finding.subject != subject:
            subject = finding.subject
            lines.append(f"  {text.safe(subject)}")
        lines.append(f"    {_mark(finding.level)} {text.safe(finding.message)}")
        if finding.advice:
            lines += [f"    {line}" for line in text.wrapped(finding.advice + ".")]
    return lines


def _mark(level: str) -> str:
    if level in {"ok", "failure"}:
        return text.mark(sys.stdout, passed=level == "ok")
    return text.paint("!", "yellow", sys.stdout) if level == "warning" else "-"


def _write(findings: Sequence[Finding]) -> None:
    from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

    members = ("check", "subject", "level", "code", "message", "advice")
    document.write(
        "contenttrust.doctor/1",
        {"findings": [{name: getattr(finding, name) for name in members} for finding in findings]},
    )
