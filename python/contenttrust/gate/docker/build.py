"""`docker build`: every image of the Dockerfile is verified, and the build gets the digests.

Docker is given a copy of the Dockerfile in which they stand, made of the bytes that were checked;
the file itself stays as it is.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from contenttrust.errors import shown
from contenttrust.gate import dockerfile
from contenttrust.gate.docker import base_images, build_context, build_flags, builders
from contenttrust.gate.docker.call import complain, familiar
from contenttrust.gate.docker.grammar import CommandLine
from contenttrust.gate.docker.refusal import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.docker.build_context import BuildContext
    from contenttrust.gate.docker.call import Call
    from contenttrust.gate.dockerfile import Dockerfile
    from contenttrust.policy.decision import Decision

_FRONT_END = "# syntax"


def run(call: Call) -> int:
    """Build from what is verified.

    Returns:
        Docker's exit code.

    Raises:
        RefusedError: An image is not to be used, or not everything can be checked.
    """
    context = build_context.read(call.line)
    flags = build_flags.checked(call)
    parsed = _parsed(call, context)
    decisions = _decided(call, context, parsed)
    parsed, pins = base_images.pinned(call, context, parsed, decisions)
    _tell_uncovered(call, context, parsed, decisions)
    text = _rewritten(context, parsed, decisions)
    with tempfile.TemporaryDirectory(prefix="contenttrust-") as place:
        file, folder = _laid_out(Path(place), context, text)
        kept = [flag for flag in flags if flag[0] != "file"]
        line = CommandLine([*kept, *pins, ("file", str(file))], [])
        code = call.docker.run(call.arguments(folder, line=line))
    if not code:
        _tag(call, decisions)
    return code


def _parsed(call: Call, context: BuildContext) -> Dockerfile:
    try:
        return dockerfile.parse(
            context.dockerfile,
            build_args=build_flags.arguments(
                call.line.values("build-arg"),
                call.env,
                has_otherwise=lambda name: call.docker.has_otherwise(name, call.env),
            ),
            target=call.line.last("target"),
            platform=",".join(call.line.values("platform")),
            build_contexts=build_flags.contexts(call),
        )
    except dockerfile.DockerfileError as error:
        raise RefusedError(f"{_place(context, error.line)}: {error.reason}") from None
    except ValueError as error:
        raise RefusedError(f"--build-context: {error}") from None


def _tell_uncovered(
    call: Call, context: BuildContext, parsed: Dockerfile, decisions: Mapping[str, Decision]
) -> None:
    """What a build uses beside images is said, and refused where it is not to be passed over."""
    told = [f"{_place(context, notice.line)}: {notice.text}" for notice in parsed.not_covered]
    told += builders.uncovered(call)
    if not builders.is_dockers(call):
        told += [
            f"{shown(name)} is built here, says the policy, but this builder asks a registry for it"
            for name, one in decisions.items()
            if not one.pinned and call.is_built_here(one)
        ]
    if build_flags.publishes(call):
        told.append("what is built is published and not signed: contenttrust sign does that")
    if told and call.gate.refuses_uncovered:
        raise RefusedError(*told, "What is not covered is refused here.")
    for line in told:
        complain(line)


def _decided(call: Call, context: BuildContext, parsed: Dockerfile) -> dict[str, Decision]:
    """The decision on every image that the build uses, by its name in the Dockerfile."""
    decided: dict[str, Decision] = {}
    for use in parsed.images:
        if use.name in decided:
            continue
        try:
            decided[use.name] = decision = call.allowed(use.name)
            build_flags.not_fetched(call, decision, runs=use.what == _FRONT_END)
        except RefusedError as error:
            where = f"{_place(context, use.line)}: {use.what} {shown(use.name)}"
            raise RefusedError(*error.lines, where) from None
    return decided


def _rewritten(
    context: BuildContext, parsed: Dockerfile, decisions: Mapping[str, Decision]
) -> bytes:
    digests = {name: familiar(one.pinned) for name, one in decisions.items() if one.pinned}
    try:
        return dockerfile.rewritten(parsed, digests)
    except dockerfile.DockerfileError as error:
        raise RefusedError(f"{_place(context, error.line)}: {error.reason}") from None


def _laid_out(place: Path, context: BuildContext, text: bytes) -> tuple[Path, str]:
    """The rewritten file in a folder of its own, and the folder of the context."""
    file = place / "Dockerfile"
    file.write_bytes(text)
    if context.ignore is not None:
        place.joinpath("Dockerfile.dockerignore").write_bytes(context.ignore)
    if context.folder:
        return file, context.folder
    empty = place / "empty"
    empty.mkdir()
    return file, str(empty)


def _tag(call: Call, decisions: Mapping[str, Decision]) -> None:
    """Give images their tags, as docker does; they are here only if docker's own builder built."""
    for decision in decisions.values():
        reference = decision.reference
        if decision.pinned and reference is not None and reference.digest is None:
            call.tag(reference, familiar(decision.pinned))


def _place(context: BuildContext, line: int) -> str:
    return context.place(line)
