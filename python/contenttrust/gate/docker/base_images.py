"""`docker build`: what the triggers of base images name is verified too, and pinned by contexts.

A trigger is part of the base, where nothing can be rewritten. But to BuildKit a named context comes
before the name that a trigger has.

Source: BuildKit 0.25 `dockerui/namedcontext.go` ``NamedContext``; buildx 0.29.1 `build/opt.go`.
"""

from __future__ import annotations

import dataclasses
import functools

from contenttrust.errors import shown
from contenttrust.gate import base_triggers, judged
from contenttrust.gate.docker import build_flags, builders
from contenttrust.gate.docker.call import familiar
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.gate.dockerfile import contexts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.base_triggers import TriggerImage
    from contenttrust.gate.docker.build_context import BuildContext
    from contenttrust.gate.docker.call import Call
    from contenttrust.gate.dockerfile import Dockerfile
    from contenttrust.policy.decision import Decision

_FLAG = "build-context"


def pinned(
    call: Call, context: BuildContext, parsed: Dockerfile, decisions: dict[str, Decision]
) -> tuple[Dockerfile, list[tuple[str, str]]]:
    """Decide on the images that triggers of bases name.

    Args:
        call: The build.
        context: What is built from.
        parsed: Its Dockerfile.
        decisions: On the images of the file, by their names; those of triggers are added.

    Returns:
        The Dockerfile, with what triggers bring that is not covered; and the flags that pin images.

    Raises:
        RefusedError: An image is not to be used, or cannot be pinned, or it is not known which
            images there are.
    """
    known = {**_of_contexts(call, parsed, decisions), **decisions}
    found = base_triggers.of_bases(
        parsed,
        known,
        call.gate,
        platforms=functools.cache(lambda: builders.platforms(call)),
        strict=call.gate.refuses_uncovered,
    )
    if found.faults:
        raise RefusedError(*(f"{context.place(one.line)}: {one.text}" for one in found.faults))
    pins: dict[str, Decision] = {}
    for image in found.images:
        where = f"{context.place(image.line)}: {image.what}: {shown(image.name)}"
        try:
            decision = _decided(call, image, decisions)
            if judged.pinned(decision):
                pins[_key(call, parsed, image, decision)] = decision
        except RefusedError as error:
            raise RefusedError(*error.lines, where) from None
    if pins and not builders.knows_contexts(call):
        names = ", ".join(map(shown, pins))
        reason = (
            f"triggers (ONBUILD) of base images use {names}, and this builder has no named "
            "contexts to pin them by: build with BuildKit and buildx, or upon another base"
        )
        for decision in pins.values():
            call.gate.refuse(decision, code="onbuild", reason=reason)
        raise RefusedError(reason)
    not_covered = (*parsed.not_covered, *found.notices)
    whole = dataclasses.replace(parsed, not_covered=not_covered)
    images = {key: familiar(decision.pinned) for key, decision in pins.items()}
    return whole, [(_FLAG, f"{key}=docker-image://{image}") for key, image in images.items()]


def _of_contexts(
    call: Call, parsed: Dockerfile, decisions: Mapping[str, Decision]
) -> dict[str, Decision]:
    """The decisions on bases that are build contexts: those that were made of the flags."""
    names = {stage.image for stage in parsed.stages if stage.image} - decisions.keys()
    return {name: call.allowed(name) for name in sorted(names)}


def _decided(call: Call, image: TriggerImage, decisions: dict[str, Decision]) -> Decision:
    if image.name not in decisions:
        decision = call.allowed(image.name)
        build_flags.not_fetched(call, decision, runs=False)
        decisions[image.name] = decision
    return decisions[image.name]


def _key(call: Call, parsed: Dockerfile, image: TriggerImage, decision: Decision) -> str:
    """The name by which a context takes the place of an image, and of nothing else."""
    key = contexts.key_of(image.name)
    if contexts.is_stage(key, [stage.name for stage in parsed.stages]):
        reason = (
            f"{shown(image.name)} cannot be pinned, because a stage is named {shown(key)}: give "
            "the stage another name"
        )
        raise call.refused(decision, reason, code="onbuild")
    return key
