"""The images of the Dockerfiles that a project builds.

Source: compose 2.40 `build_classic.go` ``doBuildClassic``; docker/cli 28 `build/context.go`
``GetContextFromLocalDir``; buildx 0.29 `build/opt.go` ``handleLowercaseDockerfile``.
"""

from __future__ import annotations

import os
from dataclasses import replace

from contenttrust.errors import shown
from contenttrust.gate.compose import build_texts
from contenttrust.gate.compose.services import SERVICE_SCHEME
from contenttrust.gate.dockerfile import DockerfileError, as_built, contexts, parse, triggers
from contenttrust.gate.file_name import here, shortened
from contenttrust.gate.judged import Use
from contenttrust.gate.reports.finding import Finding, Spot
from contenttrust.gate.trigger_findings import Built
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.compose.services import Build
    from contenttrust.gate.dockerfile import Dockerfile
    from contenttrust.gate.dockerfile.model import Stage

# What compose files have in place of options.
_MEMBERS = {"--platform": "platform of the service", "--build-arg": "build.args"}
# What another service builds is checked there, and to this build as good as an empty image.
_CHECKED = f"{build_texts.IMAGE_SCHEME}scratch"
# What builders look for, in this order.
_USUAL = ("Dockerfile", "dockerfile")
_LIMIT = 4 * 1024 * 1024


def images(
    build: Build, spot: Spot, *, folder: str, env: Mapping[str, str]
) -> tuple[list[Use], list[Finding], list[Built]]:
    """Find what a service is built upon, whichever builder docker compose takes.

    Args:
        build: What it is built from.
        spot: Where the compose file says so.
        folder: Of the project: contexts are relative to it.
        env: Where build arguments without a value get theirs.

    Returns:
        The images, what is refused or not covered, and the Dockerfile if it can be read: as often
        as it is something else on one of the platforms.
    """
    uses, findings, built = _images(build, spot, folder=folder, env=env)
    name = _in_place_of_inline(build, folder)
    if name is None:
        return uses, findings, built
    other = replace(build, inline=None, dockerfile=name)
    more, told, also_built = _images(other, spot, folder=folder, env=env, by_buildx=False)
    why = f"the classic builder (DOCKER_BUILDKIT=0) builds {name} in place of dockerfile_inline"
    findings += [
        replace(one, message=f"{one.message} ({why})") if one.refused else one
        for one in told
        if one not in findings
    ]
    return list(dict.fromkeys([*uses, *more])), findings, [*built, *also_built]


def _in_place_of_inline(build: Build, folder: str) -> str | None:
    """The file of the context that the classic builder builds: it knows no `dockerfile_inline`."""
    if build.inline is None or not build.is_classic:
        return None
    # Docker goes back from a link to where that stands, and not to where it leads.
    return _usual(os.path.normpath(os.path.join(folder, build.context)))  # noqa: PTH118


def _usual(folder: str) -> str | None:
    """The name of a folder's Dockerfile where none is named; None where it has none."""
    there = (name for name in _USUAL if os.path.lexists(os.path.join(folder, name)))  # noqa: PTH118
    return next(there, None)


def _file(build: Build, folder: str) -> str:
    """The name of the Dockerfile, as short as it can be."""
    # Joining keeps an absolute name as it is; docker compose makes all of them absolute.
    file = os.path.normpath(os.path.join(folder, build.context, build.dockerfile))  # noqa: PTH118
    around, name = os.path.split(file)
    if name == _USUAL[0]:
        file = os.path.join(around, _usual(around) or name)  # noqa: PTH118
    return file.removeprefix(os.path.join(os.getcwd(), ""))  # noqa: PTH109, PTH118


def _images(
    build: Build, spot: Spot, *, folder: str, env: Mapping[str, str], by_buildx: bool = True
) -> tuple[list[Use], list[Finding], list[Built]]:
    """The same with one builder."""
    if build_texts.is_remote(build.context):
        message = f"the build context {build.context} is not here: nothing of it can be checked"
        return [], [Finding.fault(message, spot, code="not_covered")], []
    file = _file(build, folder)
    # Compose hands on whole names, as PWD begins them; of the Dockerfile without links.
    places = [
        os.path.normpath(os.path.join(start, folder, below))  # noqa: PTH118
        for start in (os.getcwd(), here())  # noqa: PTH109
        for below in (build.context, "")  # the folder is that of other contexts, and of secrets
    ]
    places += [os.path.realpath(os.path.dirname(file))] * (build.inline is None)  # noqa: PTH120
    for name in places:
        if doubt := build_texts.alteration(name):
            return [], [Finding.fault(f"the name {shown(name)}: {doubt}", spot)], []
    given = {name: env.get(name) if v is None else v for name, v in build.args.items()}
    args = {name: value for name, value in given.items() if value is not None}

    def place_of(line: int, column: int = 0, what: str = "") -> Spot:
        if build.inline is not None:
            return replace(spot, what=what or spot.what)
        return Spot(file=file, line=line or 1, column=column, what=what)

    try:
        read = _by_reading(_text(build, file, by_buildx), build, args)
        left = [n for one, _ in read if build.is_context for n in triggers.unpinned(one)]
        some = [stage.line for one, _ in read for stage in one.stages if _is_partial(stage, build)]
    except OSError as error:
        return [], [Finding.fault(f"{file}: {error.strerror}", spot, code="dockerfile")], []
    except DockerfileError as error:
        message = error.message
        for option, member in _MEMBERS.items():
            message = message.replace(option, member)
        return [], [Finding.fault(message, place_of(error.line or 1), code="dockerfile")], []
    except ValueError as error:
        return [], [Finding.fault(f"{file}: {error}", spot, code="dockerfile")], []
    uses: dict[Use, None] = {}
    notes: dict[Finding, None] = {}
    for found, _ in read:
        for image in found.images:
            place = place_of(image.line, image.column, image.what)
            pulled = build.pulls or image.what == contexts.SYNTAX
            uses[Use(image=image.name, spot=place, pulled=pulled)] = None
        for notice in found.not_covered:
            note = Finding.note(notice.text, place_of(notice.line), code="not_covered")
            notes[note] = None
    for line, name in left:
        message = (
            f"ONBUILD runs in the build of the service that has {build.service} as a context, and "
            f"names {shown(name)}: write its digest"
        )
        notes[Finding.fault(message, place_of(line), code="onbuild")] = None
    for line in some:
        message = (
            "the service that takes the place of this name has several platforms: name it without "
            "--platform, and call no stage by it"
        )
        notes[Finding.fault(message, place_of(line), code="dockerfile")] = None
    # Images of named contexts are among those that the compose file names.
    beside = [Use(image=image, spot=spot, pulled=True) for image, _ in contexts.images(args, {})]
    scanners, told = _scanners(build, spot, args)
    built = [
        Built(dockerfile=one, spot=place_of, option="additional_contexts", platforms=platforms)
        for one, platforms in read
    ]
    return [*uses, *beside, *scanners], [*told, *notes], built


def _is_partial(stage: Stage, build: Build) -> bool:
    """Whether a context of several platforms is looked for on another one than is built for.

    So it is where a `FROM` says a platform, and for the name of a stage: on that of the builder.
    """
    is_asked = stage.platform != "" and contexts.for_image(build.partial, stage.base)
    return is_asked or contexts.for_stage(build.partial, stage.name)


def _text(build: Build, file: str, by_buildx: bool) -> bytes | str:  # noqa: FBT001
    if build.inline is None:
        return chosen_file.read(as_built(file, by_buildx=by_buildx), limit=_LIMIT)
    if build.is_classic:  # what stands in its place was looked for there
        shortened(file)
    return build.inline


def _by_reading(
    text: bytes | str, build: Build, args: Mapping[str, str]
) -> list[tuple[Dockerfile, list[str]]]:
    """What a file is on each platform that it is built for, with those on which it is that.

    Raises:
        DockerfileError: On one of them its images cannot be told without doubt.
    """
    found: dict[tuple[object, ...], tuple[Dockerfile, list[str]]] = {}
    named = {
        name: _CHECKED if value.startswith(SERVICE_SCHEME) else value
        for name, value in build.contexts.items()
    }
    for platform in build.platforms or [""]:
        one = parse(
            text,
            build_args=args,
            target=build.target,
            platform=platform,
            build_contexts=named,
        )
        _, platforms = found.setdefault((one.images, one.stages, one.not_covered), (one, []))
        platforms += [platform] * bool(platform)
    return list(found.values())


def _scanners(build: Build, spot: Spot, args: Mapping[str, str]) -> tuple[list[Use], list[Finding]]:
    """The images that are run to make an SBOM; BuildKit's own choice is told, not judged."""
    from contenttrust.gate.docker import attestations  # noqa: PLC0415

    uses: list[Use] = []
    findings: list[Finding] = []
    begin = attestations.ARGUMENT
    wishes = [
        *((name, value, attestations.of_flag) for name, value in build.attestations.items()),
        *((n, value, attestations.of_argument) for n, value in args.items() if n.startswith(begin)),
    ]
    for name, value, read in wishes:
        try:
            asked = read(name, value)
        except ValueError as error:
            findings.append(Finding.fault(f"{name}: {error}", spot))
            continue
        if asked.is_default:
            message = f"{name}: BuildKit runs {asked.scanner}, which is not covered: name a scanner"
            findings.append(Finding.note(message, spot, code="not_covered"))
        elif asked.scanner:
            uses.append(Use(image=asked.scanner, spot=spot, pulled=True))
    return uses, findings
