"""What triggers of base images bring into the builds of files, as findings at their `FROM`.

A file that names images can be pinned; a trigger is part of the base and cannot. So what it names
by a tag is refused, signed or not, until a named context takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contenttrust.errors import shown
from contenttrust.gate import base_triggers, judged
from contenttrust.gate.dockerfile import contexts
from contenttrust.gate.judged import Use
from contenttrust.gate.reports.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contenttrust.gate.check import Gate
    from contenttrust.gate.dockerfile import Dockerfile
    from contenttrust.gate.lock import Locked
    from contenttrust.gate.reports.finding import Spot
    from contenttrust.policy.decision import Decision

_CODE = "onbuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A Dockerfile that is built.

    Attributes:
        dockerfile: As it was read, with what its build is told.
        spot: Gives the place of a line of it.
        option: What its build calls named contexts, such as ``--build-context``.
        platforms: What it is built for; empty where nobody says.
    """

    dockerfile: Dockerfile
    spot: Callable[[int], Spot]
    option: str
    platforms: Sequence[str] = ()


def judge(
    gate: Gate,
    builds: Sequence[Built],
    findings: Sequence[Finding],
    *,
    locked: Mapping[str, Locked] | None = None,
) -> list[Finding]:
    """Decide on the images that triggers of bases name.

    Args:
        gate: Who decides, and knows the triggers.
        builds: The Dockerfiles.
        findings: What was decided on the images that they name themselves.
        locked: What each image must be signed as; None where nothing is locked.
    """
    decisions = {one.image: one.decision for one in findings if one.decision is not None}
    return [one for build in builds for one in _of_build(gate, build, decisions, locked)]


def _of_build(
    gate: Gate,
    build: Built,
    decisions: Mapping[str, Decision],
    locked: Mapping[str, Locked] | None,
) -> list[Finding]:
    found = base_triggers.of_bases(
        build.dockerfile,
        decisions,
        gate,
        platforms=lambda: build.platforms,
        strict=gate.strict,
    )
    told = [
        Finding.fault(fault.text, build.spot(fault.line), code=fault.code) for fault in found.faults
    ]
    told += [
        Finding.note(notice.text, build.spot(notice.line), code="not_covered")
        for notice in found.notices
    ]
    uses = [
        Use(image=image.name, spot=replace(build.spot(image.line), what=image.what))
        for image in found.images
    ]
    for image, finding in zip(found.images, judged.judge(gate, uses, locked=locked), strict=True):
        decision = finding.decision
        if decision is not None and judged.pinned(decision):
            context = f"{contexts.key_of(image.name)}=docker-image://{decision.pinned}"
            message = (
                f"{image.what} names {shown(image.name)}, which no file can pin: say "
                f"{build.option} {context} here and to the build"
            )
            gate.refuse(decision, code=_CODE, reason=message)
            told.append(Finding.fault(message, finding.spot, code=_CODE, image=image.name))
        else:
            told.append(finding)
    return told
