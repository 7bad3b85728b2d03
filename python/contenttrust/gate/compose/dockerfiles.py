"""The images of the Dockerfiles that a project builds."""

from __future__ import annotations

import os
import re

from contenttrust.gate.judged import Use
from contenttrust.gate.reports.finding import Finding, Spot
from contenttrust.gate.trigger_findings import Built
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.compose.services import Build

# What BuildKit takes for a remote context.
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|.*\.git(#|$)", re.IGNORECASE)
_LIMIT = 4 * 1024 * 1024


def images(
    build: Build, spot: Spot, *, folder: str, env: Mapping[str, str]
) -> tuple[list[Use], list[Finding], Built | None]:
    """Find what a service is built upon.

    Args:
        build: What it is built from.
        spot: Where the compose file says so.
        folder: Of the project: contexts are relative to it.
        env: Where build arguments without a value get theirs.

    Returns:
        The images, what is refused or not covered, and the Dockerfile if it can be read.
    """
    from contenttrust.gate.dockerfile import DockerfileError, contexts, parse  # noqa: PLC0415

    if build.inline is None and _REMOTE.match(build.context):
        message = f"the build context {build.context} is not here: nothing of it can be checked"
        return [], [Finding.fault(message, spot, code="not_covered")], None
    # Joining keeps an absolute name as it is; docker compose makes all of them absolute.
    file = os.path.join(folder, build.context, build.dockerfile)  # noqa: PTH118
    here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118
    file = os.path.normpath(file).removeprefix(here)
    inline = build.inline is not None
    try:
        text = build.inline if build.inline is not None else chosen_file.read(file, limit=_LIMIT)
        given = {name: env.get(name) if v is None else v for name, v in build.args.items()}
        args = {name: value for name, value in given.items() if value is not None}
        found = parse(
            text,
            build_args=args,
            target=build.target,
            platform=build.platform,
            build_contexts=build.contexts,
        )
    except OSError as error:
        return [], [Finding.fault(f"{file}: {error.strerror}", spot, code="dockerfile")], None
    except DockerfileError as error:
        place = spot if inline else Spot(file=file, line=error.line or 1)
        return [], [Finding.fault(error.message, place, code="dockerfile")], None
    except ValueError as error:
        return [], [Finding.fault(f"{file}: {error}", spot, code="dockerfile")], None

    def place_of(line: int) -> Spot:
        return spot if inline else Spot(file=file, line=line or 1)

    uses = [
        Use(
            image=image.name,
            spot=Spot(file=spot.file, line=spot.line, column=spot.column, what=image.what)
            if inline
            else Spot(file=file, line=image.line, column=image.column, what=image.what),
        )
        for image in found.images
    ]
    # Images of named contexts are among those that the compose file names.
    uses += [Use(image=image, spot=spot) for image, _ in contexts.images(args, {})]
    scanners, told = _scanners(build, spot, args)
    uses += scanners
    notes = [
        Finding.note(notice.text, place_of(notice.line), code="not_covered")
        for notice in found.not_covered
    ]
    built = Built(dockerfile=found, spot=place_of, option="additional_contexts")
    return uses, [*told, *notes], built


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
            uses.append(Use(image=asked.scanner, spot=spot))
    return uses, findings
