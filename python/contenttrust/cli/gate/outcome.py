"""What every gate of files does: read, judge, write, lock, tell."""

from __future__ import annotations

import contextlib
import sys

from contenttrust.cli import exit_codes, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.gate.check import Gate
    from contenttrust.gate.judged import Use
    from contenttrust.gate.lock import Locked
    from contenttrust.gate.reports import Finding
    from contenttrust.gate.trigger_findings import Built
    from contenttrust.policy.rules import Policy

_LIMIT = 32 * 1024 * 1024


def need_yaml() -> None:
    """Check that there is a reader of YAML.

    Raises:
        UsageError: There is none: it is an extra.
    """
    try:
        import ruamel.yaml  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise UsageError(f"YAML is read by {error.name}: install the extra contenttrust[gate] "
                         "(docs/reference/installation.md)") from None  # fmt: skip


def read(name: str) -> bytes:
    """A file that was named; ``-`` is standard input.

    Raises:
        UsageError: It cannot be read.
    """
    from contenttrust.transport import chosen_file  # noqa: PLC0415

    try:
        if name != "-":
            return chosen_file.read(name, limit=_LIMIT)
        name = "standard input"
        return chosen_file.read_stdin(limit=_LIMIT)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None
    except chosen_file.ChosenFileError as error:
        raise UsageError(f"{name}: {error}") from None


def save(files: Mapping[str, tuple[bytes | None, bytes]]) -> list[Finding]:
    """Write files that are to change; ``-`` goes to standard output, changed or not.

    All of them are made before the first one takes its place.

    Args:
        files: By name what was checked, None where nothing need be there, and what is to be.

    Returns:
        What went wrong.

    Raises:
        UsageError: One cannot be written.
    """
    from contenttrust.gate.replaced_file import ChangedFileError, prepared  # noqa: PLC0415
    from contenttrust.gate.reports import Finding, Spot  # noqa: PLC0415

    name = ""
    try:
        with contextlib.ExitStack() as stack:
            made = {}
            for name, (checked, data) in files.items():
                if name != "-" and data != checked:
                    made[name] = stack.enter_context(prepared(name, data, checked=checked))
            for name, put in made.items():  # noqa: B007 -- told where it fails
                put()
    except ChangedFileError as error:
        return [Finding.fault(error.message, Spot(file=name), code="policy")]
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None
    if "-" in files:
        _write_out(files["-"][1])
    return []


def _write_out(data: bytes) -> None:
    """To standard output, byte for byte, whatever its encoding is for other texts."""
    from contenttrust.cli import streams  # noqa: PLC0415

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
    streams.write(data.decode(errors="surrogateescape"))


def conclude(  # noqa: PLR0913 -- one keyword a fact
    request: Request,
    uses: Sequence[Use],
    findings: Sequence[Finding],
    *,
    door: str,
    write: Callable[[Mapping[str, str]], Sequence[Finding]] | None = None,
    aside: bool = False,
    local_builds: bool = True,
    builds: Sequence[Built] = (),
) -> int:
    """Judge the images of files, then write, lock and tell what came out.

    Args:
        request: Of the command line.
        uses: The images.
        findings: What is known of the files already.
        door: What the audit log says of who asks.
        write: Writes the files; it is given what is to stand in place of each image, and called
            when nothing is refused only. Gives what went wrong, or is to be told.
        aside: Whether standard output is for what `write` writes: all else goes to standard error.
        local_builds: Whether an image can have been made where it is used.
        builds: Dockerfiles among the files; what triggers of their bases bring is judged too.

    Returns:
        The exit code.

    Raises:
        UsageError: Policy, lock file or report cannot be used.
    """
    from contenttrust.cli.gate import lock_file  # noqa: PLC0415 -- few lock
    from contenttrust.cli.gating import gate_of  # noqa: PLC0415 -- who only parses needs none
    from contenttrust.gate.judged import in_place, judge  # noqa: PLC0415

    _check(request)
    locked = lock_file.read(request)
    gate = gate_of(request, door, local_builds=local_builds)
    wanted = locked if request.options.locked else None
    judged = judge(gate, uses, locked=wanted)
    judged += _of_triggers(gate, builds, judged, wanted)
    if request.options.strict:
        findings = [finding.strictly() for finding in findings]
        judged = [finding.strictly() for finding in judged]
    # Two services may be built from one Dockerfile: each of its lines is told once.
    told = sorted(dict.fromkeys([*findings, *judged]), key=_order(findings, judged))
    decisions = [finding.decision for finding in judged if finding.decision is not None]
    if not any(finding.refused for finding in told):
        if write is not None:
            told += write({one.image: in_place(one) for one in decisions})
        if not request.options.locked and not any(finding.refused for finding in told):
            lock_file.write(request, decisions)
    _tell_policy(request, gate.policy)
    _tell(request, told, aside=aside)
    return exit_codes.worst(_code(finding) for finding in told if finding.refused)


def _of_triggers(
    gate: Gate,
    builds: Sequence[Built],
    judged: Sequence[Finding],
    locked: Mapping[str, Locked] | None,
) -> list[Finding]:
    """What is said of images that no file names, but a base image does."""
    if not builds:
        return []
    from contenttrust.gate import trigger_findings  # noqa: PLC0415 -- few build

    return trigger_findings.judge(gate, builds, judged, locked=locked)


def _order(*groups: Sequence[Finding]) -> Callable[[Finding], tuple[int, int, int]]:
    """In the order of the files, then by line."""
    files: dict[str, int] = {}
    for group in groups:
        for finding in group:
            files.setdefault(finding.spot.file, len(files))
    return lambda finding: (files[finding.spot.file], finding.spot.line, finding.spot.column)


def _check(request: Request) -> None:
    options = request.options
    if options.locked and options.lock is None:
        raise UsageError("--locked needs --lock FILE: what is locked")
    if options.form is not None and request.json:
        raise UsageError("--format and --output exclude each other")
    written = {"--lock": options.lock, "--override-out": options.override_out}
    if any(written.values()):
        from contenttrust.gate.replaced_file import is_special  # noqa: PLC0415 -- few write

        for option, name in written.items():
            if name and is_special(name):
                raise UsageError(f"{option}: {name}: it is no regular file")


def _report(name: str, data: bytes) -> None:
    from contenttrust.gate.replaced_file import report  # noqa: PLC0415

    try:
        report(name, data)
    except OSError as error:
        raise UsageError(f"--report: {name}: {error.strerror}") from None


def _tell_policy(request: Request, policy: Policy) -> None:
    """Say with -v what was judged by; documents have it with every decision."""
    if not request.options.verbose or request.json:
        return
    from contenttrust.policy.rules import Policy as Rules  # noqa: PLC0415 -- few ask

    if policy.digest == Rules.docker_content_trust().digest:
        text.complain("note: there is no policy: any signed image will do (see --policy)")
    else:
        text.complain(f"note: judged by the policy {text.safe(policy.name)}, version "
                      f"{policy.version}, {policy.digest[:12]}")  # fmt: skip


def _tell(request: Request, findings: Sequence[Finding], *, aside: bool) -> None:
    """The report where it was asked for, and lines for people where nothing else is printed."""
    from contenttrust.cli import streams  # noqa: PLC0415
    from contenttrust.gate.reports import (  # noqa: PLC0415
        json_document,
        plain_text,
        render,
        warnings,
    )

    options = request.options
    form = options.form or "json"
    if options.report is not None:
        _report(options.report, render(findings, form=form).encode())
    elif options.form is not None:
        streams.write(render(findings, form=options.form))
        return
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415

        document.write(json_document.SCHEMA, json_document.members(findings))
        return
    if not options.quiet:
        text.complain(*(plain_text.beside(gun, remark) for gun, remark in warnings(findings)))
    for finding in findings:
        if finding.level == "pass":
            if not options.quiet:
                (text.complain if aside else text.say)(plain_text.line(finding))
        elif finding.refused or not options.quiet:
            text.complain(plain_text.line(finding))


def _code(finding: Finding) -> int:
    from contenttrust.errors import ErrorCode, refusal  # noqa: PLC0415

    known = finding.code in {code.value for code in ErrorCode}
    return exit_codes.of(refusal(finding.code)) if known else exit_codes.REFUSED
