"""The images that the triggers of signed base images bring into a build.

Who signed a base signed its configuration, and so the names in it; nobody signed what they stand
for. They are images of the build like those that its Dockerfile names.
"""

from __future__ import annotations

from typing import NamedTuple

from contenttrust.errors import ImageLookupError, shown
from contenttrust.gate.dockerfile import DockerfileError, Notice, triggers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from contenttrust.gate.check import Gate
    from contenttrust.gate.dockerfile import Dockerfile, Stage
    from contenttrust.policy.decision import Decision


_OPTION = "--without-registry"


class TriggerImage(NamedTuple):
    """An image that a trigger names.

    Attributes:
        name: As it is written there.
        what: What names it, such as ``ONBUILD COPY --from of team/base:1``.
        line: Of the ``FROM`` that brings the trigger.
    """

    name: str
    what: str
    line: int


class Fault(NamedTuple):
    """Why it is not known what a base brings.

    Attributes:
        line: Of its ``FROM``.
        text: A sentence.
        code: Its reason code.
    """

    line: int
    text: str
    code: str


class Found(NamedTuple):
    """What the triggers of all bases bring.

    Attributes:
        images: To be decided on.
        notices: What else they bring, and what is unknown and may be.
        faults: What refuses the build.
    """

    images: list[TriggerImage]
    notices: list[Notice]
    faults: list[Fault]


def of_bases(
    dockerfile: Dockerfile,
    decisions: Mapping[str, Decision],
    gate: Gate,
    *,
    platforms: Callable[[], Collection[str]],
    strict: bool,
) -> Found:
    """Look into the bases of a build that are used by a signed digest.

    What is let through without one is not looked at: what its name stands for is anybody's word.
    That a base is not used because of its triggers is written down as a decision on it.

    Args:
        dockerfile: What is built.
        decisions: On its images, and on those of its build contexts, by their names.
        gate: Who knows their triggers, unless nobody is to be asked.
        platforms: What is built for, where its ``FROM`` does not say; see `Bases`.
        strict: Whether the caller refuses what is not covered, for which there are notices.
    """
    found = Found([], [], [])

    def note(stage: Stage, decision: Decision, text: str) -> None:
        found.notices.append(Notice(line=stage.line, text=text))
        if strict:
            reason = f"{text}; what is not covered is refused here"
            gate.refuse(decision, code="not_covered", reason=reason)

    for number, stage in enumerate(dockerfile.stages):
        decision = decisions.get(stage.image)
        if decision is None or not decision.pinned:
            continue
        base = f"(ONBUILD) of {shown(stage.image)}"
        if gate.bases is None:
            note(stage, decision, f"the triggers {base} are not looked at ({_OPTION})")
            continue
        try:
            texts = gate.bases.triggers(
                decision.pinned, size=decision.size, platforms=_platforms_of(stage, platforms)
            )
            told = triggers.read(texts, dockerfile, stage=number)
        except (ImageLookupError, DockerfileError) as error:
            text = f"what the triggers {base} bring is not known: {_unknown(error)}"
            if _is_held(decision):
                fault = Fault(stage.line, text, error.code or "dockerfile")
                found.faults.append(fault)
                gate.refuse(decision, code=fault.code, reason=text)
            else:
                note(stage, decision, text)
            continue
        found.images.extend(
            TriggerImage(one.name, f"{one.what} of {stage.image}", stage.line)
            for one in told.images
        )
        for text in told.not_covered:
            note(stage, decision, f"a trigger {base}: {text}")
    return found


def _platforms_of(
    stage: Stage, platforms: Callable[[], Collection[str]]
) -> Callable[[], Collection[str]]:
    if stage.platform == "":
        return platforms
    known = () if stage.platform is None else (stage.platform,)
    return lambda: known


def _is_held(decision: Decision) -> bool:
    """Whether an image passes by its signatures: else what is unsigned would pass more easily."""
    by_rule = decision.rule != "default" and not decision.exception
    return by_rule and decision.mode == "enforce"


def _unknown(error: ImageLookupError | DockerfileError) -> str:
    if isinstance(error, DockerfileError):
        return error.reason
    return f"{error.message}; {_OPTION} leaves that unchecked"
