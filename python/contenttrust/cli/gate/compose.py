"""`contenttrust gate compose FILE…`: the images that a compose project starts and builds upon."""

from __future__ import annotations

import os

from contenttrust.cli.gate import outcome
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.gate.compose.files import Composition
    from contenttrust.gate.reports import Finding


def run(request: Request) -> int:
    """Judge the images of a project; write them pinned where that is asked for."""
    from contenttrust.gate.compose.files import composition  # noqa: PLC0415
    from contenttrust.gate.file_name import FileNameError, shortened  # noqa: PLC0415

    outcome.need_yaml()
    options = request.options
    try:
        names = [shortened(name) for name in options.files]
        if options.override_out is not None:
            options.override_out = shortened(options.override_out)
    except FileNameError as error:
        raise UsageError(str(error)) from None
    places = [os.path.realpath(name) for name in names]
    if len(set(places)) != len(names):
        raise UsageError("a file is named twice")
    if "-" in names:
        raise UsageError("a project has files: it cannot come from standard input")
    if options.override_out == "-":
        raise UsageError("--override-out: docker compose needs a file: name one other than -")
    if options.override_out is not None:
        _check_beside(options.override_out, places)
    project = composition(
        {name: outcome.read(name) for name in names},
        profiles=options.profiles or ("*",),
        program=None if options.without_docker else "docker",
        made=options.override_out,
    )

    def write(values: Mapping[str, str]) -> Sequence[Finding]:
        return _write(request, project, values)

    return outcome.conclude(
        request,
        project.uses,
        project.findings,
        door="gate compose",
        write=write,
        builds=project.builds,
    )


def _check_beside(name: str, files: Sequence[str]) -> None:
    """Refuse a file that others have written: it may be one that the project is read from."""
    from contenttrust.gate.compose.override import FIRST_LINE  # noqa: PLC0415

    if os.path.realpath(name) in files:
        raise UsageError("--override-out would be written over one of the files")
    there = outcome.read(name) if os.path.isfile(name) else b""  # noqa: PTH113 -- it is a text
    if there and not there.startswith(FIRST_LINE):
        problem = "is there, and was not written by this gate: name another file, or remove it"
        raise UsageError(f"--override-out: {name} {problem}")


def _write(request: Request, project: Composition, values: Mapping[str, str]) -> Sequence[Finding]:
    """Write the files, or none where one of them cannot be, and the file beside them."""
    from contenttrust.gate.reports import Finding, Spot  # noqa: PLC0415
    from contenttrust.yaml_nodes import YamlError  # noqa: PLC0415

    options = request.options
    name = options.override_out
    try:
        pinned = project.pinned(values) if options.write else {}
        beside = b"" if name is None else project.override(values)
    except YamlError as error:
        spot = Spot(file=error.file, line=error.line, column=error.column)
        return [Finding.fault(error.problem, spot)]
    made: dict[str, tuple[bytes | None, bytes]] = {}
    made |= {file: (project.texts[file], new) for file, new in pinned.items()}
    if name is not None:
        # Others may have written it while registries were asked.
        _check_beside(name, [os.path.realpath(file) for file in project.texts])
        made[name] = None, beside
    return outcome.save(made) or (project.built_and_pinned(values) if made else [])
