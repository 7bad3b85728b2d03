"""`contenttrust gate kubernetes FILE…`: the images of manifests, wherever they hide."""

from __future__ import annotations

from contenttrust.cli.gate import outcome
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.gate.kubernetes.files import Manifest
    from contenttrust.gate.reports import Finding


def run(request: Request) -> int:
    """Judge the images of all files; write them pinned where that is asked for."""
    from contenttrust.gate.kubernetes.files import manifest  # noqa: PLC0415

    outcome.need_yaml()
    options = request.options
    custom = _custom(options.kinds)
    if len(set(options.files)) != len(options.files):
        raise UsageError("a file is named twice")
    if options.write and "-" in options.files and len(options.files) > 1:
        raise UsageError("standard input is written to standard output: name it alone")
    if (
        options.write
        and "-" in options.files
        and (request.json or (options.form and options.report is None))
    ):
        raise UsageError("standard input is written to standard output: --report takes the report")
    files = [manifest(outcome.read(name), file=name, custom=custom) for name in options.files]

    def write(values: Mapping[str, str]) -> Sequence[Finding]:
        return _write(files, values)

    return outcome.conclude(
        request,
        [use for file in files for use in file.uses],
        [finding for file in files for finding in file.findings],
        door="gate kubernetes",
        write=write if options.write else None,
        aside=options.write and "-" in options.files,
        local_builds=False,  # a cluster pulls; its admission would refuse them too
    )


def _custom(given: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The paths of each kind; none for a kind that was named without one."""
    custom: dict[str, list[str]] = {}
    for kind, path in given:
        custom.setdefault(kind, []).extend([path] if path else [])
    return custom


def _write(files: Sequence[Manifest], values: Mapping[str, str]) -> Sequence[Finding]:
    """Write all files, or none where one of them cannot be."""
    from contenttrust.gate.reports import Finding, Spot  # noqa: PLC0415
    from contenttrust.yaml_nodes import YamlError  # noqa: PLC0415

    try:
        pinned = [(file, file.pinned(values)) for file in files]
    except YamlError as error:
        spot = Spot(file=error.file, line=error.line, column=error.column)
        return [Finding.fault(error.problem, spot)]
    return outcome.save({file.file: (file.text, data) for file, data in pinned})
