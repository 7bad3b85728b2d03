"""`contenttrust gate dockerfile FILE…`: every image that a build uses."""

from __future__ import annotations

import os
from typing import NamedTuple

from contenttrust.cli.gate import outcome
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contenttrust.cli.options import Options
    from contenttrust.cli.request import Request
    from contenttrust.gate.dockerfile import Dockerfile, ImageUse
    from contenttrust.gate.judged import Use
    from contenttrust.gate.reports import Finding
    from contenttrust.gate.trigger_findings import Built


class _File(NamedTuple):
    name: str
    data: bytes
    dockerfile: Dockerfile


def run(request: Request) -> int:
    """Judge the images of all files; write them pinned where that is asked for."""
    options = request.options
    _check(request)
    files: list[_File] = []
    findings: list[Finding] = []
    for name in options.files:
        file = _read(name, options, findings)
        if file is not None:
            files.append(file)

    def write(values: Mapping[str, str]) -> Sequence[Finding]:
        return _write(files, values)

    return outcome.conclude(
        request,
        [use for file in files for use in _uses(file)],
        findings,
        door="gate dockerfile",
        write=write if options.write else None,
        aside=options.write and "-" in options.files,
        builds=[_built(file) for file in files],
    )


def _check(request: Request) -> None:
    options = request.options
    if options.platform is not None and not options.platform.strip(", "):
        raise UsageError("--platform: nothing is named")
    if len(set(options.files)) != len(options.files):
        raise UsageError("a file is named twice")
    if options.write and "-" in options.files:
        if len(options.files) > 1:
            raise UsageError("standard input is written to standard output: name it alone")
        if request.json or (options.form and options.report is None):
            raise UsageError("standard input is written to standard output: --report takes the "
                             "report")  # fmt: skip


def _read(name: str, options: Options, findings: list[Finding]) -> _File | None:
    """A file with its images; what else is to be said of it goes to `findings`."""
    from contenttrust.gate.dockerfile import DockerfileError, as_built, parse  # noqa: PLC0415
    from contenttrust.gate.reports import Finding, Spot  # noqa: PLC0415

    try:
        if name != "-":
            name = as_built(name)
        data = outcome.read(name)
        dockerfile = parse(
            data,
            build_args=_build_args(options.build_args),
            target=options.stage or "",
            platform=options.platform or "",
            build_contexts=_build_contexts(options.build_contexts),
        )
    except DockerfileError as error:
        findings.append(Finding.fault(error.reason, Spot(file=name, line=error.line or 1)))
        return None
    except ValueError as error:
        raise UsageError(f"--build-context: {error}") from None
    for notice in dockerfile.not_covered:
        spot = Spot(file=name, line=notice.line or 1)
        findings.append(Finding.note(notice.text, spot, code="not_covered"))
    return _File(name, data, dockerfile)


def _build_args(given: Sequence[str]) -> dict[str, str]:
    """As docker reads them: a name alone takes its value from the environment, if it has one."""
    from contenttrust.gate.docker.build_flags import arguments  # noqa: PLC0415 -- few give any
    from contenttrust.gate.docker.program import SET_BY_DOCKER  # noqa: PLC0415
    from contenttrust.gate.docker.refusal import RefusedError  # noqa: PLC0415

    for text in given:
        if not text.partition("=")[0]:
            raise UsageError(f"--build-arg: {text!a} has no name")
    try:
        return arguments(given, os.environ, has_otherwise=SET_BY_DOCKER.__contains__)
    except RefusedError as error:
        raise UsageError(*error.lines) from None


def _build_contexts(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--build-context: {text!a} is not NAME=VALUE")
        found[name] = value
    return found


def _built(file: _File) -> Built:
    from contenttrust.gate.reports import Spot  # noqa: PLC0415
    from contenttrust.gate.trigger_findings import Built  # noqa: PLC0415

    return Built(
        dockerfile=file.dockerfile,
        spot=lambda line: Spot(file=file.name, line=line or 1),
        option="--build-context",
        platforms=file.dockerfile.settings.platforms,
    )


def _uses(file: _File) -> Iterator[Use]:
    from contenttrust.gate.dockerfile import contexts  # noqa: PLC0415
    from contenttrust.gate.judged import Use  # noqa: PLC0415
    from contenttrust.gate.reports import Spot  # noqa: PLC0415

    for image in file.dockerfile.images:
        end_line, end_column = _end(file.dockerfile.text, image)
        yield Use(
            image=image.name,
            spot=Spot(
                file=file.name,
                line=image.line,
                column=image.column,
                end_line=end_line,
                end_column=end_column,
                what=image.what,
            ),
            pulled=image.what == contexts.SYNTAX,
        )
    settings = file.dockerfile.settings
    for name, what in contexts.images(settings.build_args, settings.build_contexts):
        pulled = name == contexts.front_end(settings.build_args)
        yield Use(image=name, spot=Spot(file=file.name, what=what), pulled=pulled)


def _end(text: str, image: ImageUse) -> tuple[int, int]:
    """Line of the last character, and the column behind it."""
    start, end = image.span
    begin = text.rfind("\n", start, end)
    if begin < 0:
        return image.line, image.column + end - start
    return image.line + text.count("\n", start, end), end - begin


def _write(files: Sequence[_File], values: Mapping[str, str]) -> Sequence[Finding]:
    """Write all files, or none where one of them cannot be."""
    from contenttrust.gate.dockerfile import DockerfileError, rewritten, settle  # noqa: PLC0415
    from contenttrust.gate.reports import Finding, Spot  # noqa: PLC0415

    pins = {image: pinned for image, pinned in values.items() if pinned}
    made = {}
    places = set()
    for file in files:
        place = os.path.realpath(file.name)
        if place in places:  # a link to a file that is named, too
            continue
        places.add(place)
        try:
            settle(file.dockerfile, pins)
            made[file.name] = file.data, rewritten(file.dockerfile, pins)
        except DockerfileError as error:
            return [Finding.fault(error.reason, Spot(file=file.name, line=error.line or 1))]
    return outcome.save(made)
