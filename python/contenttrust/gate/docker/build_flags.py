"""The flags of `docker build` that bring images or unchecked sources into a build.

Source: buildx 0.29.1 `util/buildflags` (contexts, cache, attestations), `build/opt.go`; BuildKit
0.25 `frontend/dockerui` (``BUILDKIT_SYNTAX``, named contexts).
"""

from __future__ import annotations

import os

from contenttrust.errors import shown
from contenttrust.gate.docker import attestations, fields
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.gate.dockerfile.contexts import IMAGE_SCHEME, exchanged, image_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from contenttrust.gate.docker.attestations import Attestation
    from contenttrust.gate.docker.call import Call
    from contenttrust.gate.docker.fields import Field
    from contenttrust.policy.decision import Decision

SYNTAX = "BUILDKIT_SYNTAX"
_DOCKER_IMAGE = "docker-image://"
_PUSHES = frozenset(("push", word) for word in ("", "1", "t", "true"))


def checked(call: Call) -> list[tuple[str, str]]:
    """The flags of a build, images in them replaced by their digests.

    Raises:
        RefusedError: An image is not to be used, or what a flag names cannot be checked.
    """
    if told := exchanged(call.env):
        raise RefusedError(told)
    known = {
        "build-context": _context,
        "cache-from": _cache,
        "build-arg": _argument,
        "attest": _attestation,
        "provenance": _provenance,
        "sbom": _sbom,
    }
    return [
        (name, known[name](call, value) if name in known else value)
        for name, value in call.line.flags
    ]


def arguments(
    words: Iterable[str], env: Mapping[str, str], *, has_otherwise: Callable[[str], bool]
) -> dict[str, str]:
    """Build arguments as docker has them: without a value they have that of the environment.

    Args:
        words: Values of ``--build-arg``.
        env: The environment.
        has_otherwise: Whether docker may have another variable of that name.

    Raises:
        RefusedError: It cannot be told which value one has, or builders differ on it.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            found[name] = value
        elif has_otherwise(name):
            raise RefusedError(
                f"--build-arg {shown(name)}: docker or its builder gets another {shown(name)} than "
                "the environment has, so what is checked would not be what is built: say "
                f"{shown(name)}=…"
            )
        elif name in env:
            found[name] = env[name]
        elif name in found:  # the classic builder drops the value, buildx keeps it
            raise RefusedError(
                f"--build-arg {shown(name)} is given with a value, then without one, and the "
                "environment has none: builders differ on what it means: say one of both"
            )
    return found


def publishes(call: Call) -> bool:
    """Whether the build pushes what it makes."""
    found = [field for value in call.line.values("output") for field in _fields("output", value)]
    told = {(field.key, field.text.lower()) for field in found if field.equals}
    return call.line.switch("push") or bool(told & {("type", "registry"), *_PUSHES})


def contexts(call: Call) -> dict[str, str]:
    """Sources that take the place of names, by these names.

    Raises:
        RefusedError: A name has two.
    """
    found: dict[str, str] = {}
    for word in call.line.values("build-context"):
        name, _, source = word.partition("=")
        if name in found:
            raise RefusedError(f"--build-context {shown(name)} is given twice")
        found[name] = source
    return found


def _context(call: Call, value: str) -> str:
    name, equals, source = value.partition("=")
    if source.startswith(IMAGE_SCHEME):
        image = image_of(source)
        return value if image is None else f"{name}={_DOCKER_IMAGE}{_pinned(call, image)}"
    if equals and os.path.isdir(source):  # noqa: PTH112 - a word of the command line
        return f"{name}={os.path.realpath(source)}"
    raise RefusedError(
        f"--build-context {shown(value)}: this is neither an image nor a folder of this machine, "
        "so what it holds cannot be checked"
    )


def _cache(call: Call, value: str) -> str:
    found = _fields("cache-from", value, exact=True)
    kinds = [field.text for field in found if field.key == "type"]
    [kind] = kinds or ["registry" if len(found) == 1 else ""]
    if kind == "local":
        return value
    if kind != "registry":
        raise RefusedError(f"--cache-from {shown(value)}: such a cache is not signed: leave it out")
    images = [field.text for field in found if field.key == "ref"] or [value]
    if len(images) != 1:
        raise RefusedError(f"--cache-from {shown(value)} is not understood")
    decision = call.allowed(images[0])
    if not decision.pinned and call.is_built_here(decision):
        raise call.refused(
            decision,
            f"--cache-from {shown(value)}: the policy calls it built here, and the builder would "
            "ask a registry for it: leave it out",
        )
    image = call.usable(decision)
    return f"type=registry,ref={image}" if "=" in value else image


def _argument(call: Call, value: str) -> str:
    """A build argument; some name an image, which BuildKit runs for the file or for an SBOM."""
    name, equals, text = value.partition("=")
    attests = name.startswith(attestations.ARGUMENT)
    if name != SYNTAX and not attests:
        return value
    if not equals:
        if name not in call.env:
            return value
        text = call.env[name]
    if not attests:
        return f"{name}={_pinned(call, text, runs=True)}" if text else value
    try:
        asked = attestations.of_argument(name, text)
    except ValueError as error:
        raise RefusedError(f"--build-arg {shown(value)}: {error}") from None
    return f"{name}={_scanned(call, asked, text)}"


def _attestation(call: Call, value: str) -> str:
    return _attested(call, "attest", "", value)


def _provenance(call: Call, value: str) -> str:
    return _attested(call, "provenance", "provenance", value)


def _sbom(call: Call, value: str) -> str:
    return _attested(call, "sbom", "sbom", value)


def _attested(call: Call, flag: str, kind: str, value: str) -> str:
    try:
        asked = attestations.of_flag(kind, value)
    except ValueError as error:
        raise RefusedError(f"--{flag} {error}") from None
    return _scanned(call, asked, value)


def _scanned(call: Call, asked: Attestation, value: str) -> str:
    """What asks for an attestation, with the digest of the image that makes it."""
    return asked.pinned(_pinned(call, asked.scanner, runs=True)) if asked.scanner else value


def not_fetched(call: Call, decision: Decision, *, runs: bool) -> None:
    """What the policy calls built here is not asked of a registry.

    Args:
        call: The build.
        decision: On an image of it.
        runs: Whether the builder runs the image itself, and so may look for it elsewhere.

    Raises:
        RefusedError: The builder would ask one.
    """
    if decision.pinned or not call.is_built_here(decision):
        return
    name = shown(decision.image)
    if runs:
        reason = "and a builder asks a registry for what it runs"
        raise call.refused(decision, f"{name} is built here, says the policy, {reason}")
    if call.line.switch("pull"):
        reason = f"--pull: {name} is built here, says the policy, and not pulled"
        raise call.refused(decision, reason)
    if not call.docker.answers(["image", "inspect", "--format={{.Id}}", decision.image]):
        reason = f"{name} is built here, says the policy, but it is not here: build it"
        raise call.refused(decision, reason)


def _pinned(call: Call, image: str, *, runs: bool = False) -> str:
    decision = call.allowed(image)
    not_fetched(call, decision, runs=runs)
    return call.usable(decision)


def _fields(flag: str, value: str, *, exact: bool = False) -> list[Field]:
    try:
        return fields.read(value, exact=exact)
    except ValueError as error:
        raise RefusedError(f"--{flag} {error}") from None
