"""What a build is told beside its file: contexts that take the place of names, and a front end.

Source: buildx 0.29 `build/opt.go`; BuildKit 0.25 `dockerui/config.go` ``NamedContext``.
"""

from __future__ import annotations

from contenttrust.gate.dockerfile.located import ascii_lower
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

IMAGE_SCHEME = "docker-image:"
SYNTAX = "# syntax"
"""What names the front end of a file, in the file."""
SYNTAX_ARGUMENT = "BUILDKIT_SYNTAX"
_SOURCE_POLICY = "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"
"""Names a file by which BuildKit exchanges sources, digests too."""
_NEVER = frozenset({"scratch", "context"})
_LATEST = ":latest"


def key_of(name: str) -> str:
    """The one form in which a name finds its context.

    Raises:
        InvalidReferenceError: It can be no name of a context.
    """
    reference = Reference.parse(name)
    digest = f"@{reference.digest}" if reference.digest else ""
    tag = f":{reference.tag}" if reference.tag else ""
    return f"{reference.familiar}{tag}{digest}".removesuffix(_LATEST)


def by_key(contexts: Mapping[str, str]) -> dict[str, str]:
    """Contexts by the form that finds them.

    Args:
        contexts: As given to the build.

    Raises:
        ValueError: A name can be none, or two are one.
    """
    found: dict[str, str] = {}
    for name, value in contexts.items():
        key = key_of(name)
        if key in found:
            raise ValueError(f"two contexts have the name {key!a}")
        found[key] = value
    return found


def image_of(value: str) -> str | None:
    """The image that a context is; None where it is a folder, a URL, or something else."""
    if not value.startswith(IMAGE_SCHEME):
        return None
    image = value.removeprefix(IMAGE_SCHEME).removeprefix("//")
    return None if image == "scratch" else image


def in_place_of(contexts: Mapping[str, str], name: str) -> str:
    """The image that a build takes where a name stands.

    Args:
        contexts: As `by_key` gives them.
        name: As the file has it.

    Returns:
        The image that is its context, or the name itself where it has none; empty where its
        context is no image.
    """
    source = _source(contexts, name)
    return name if source is None else image_of(source) or ""


def front_end(build_args: Mapping[str, str]) -> str:
    """The image that is to read the file, where a build argument names one; else empty."""
    return build_args.get(SYNTAX_ARGUMENT, "").strip().partition(" ")[0]


def exchanged(env: Mapping[str, str]) -> str:
    """Why a builder would take other images than those that are checked; empty where it does not.

    Args:
        env: Its environment.
    """
    if not env.get(_SOURCE_POLICY):
        return ""
    return f"{_SOURCE_POLICY} is set: the builder would exchange what was checked; unset it"


def images(build_args: Mapping[str, str], contexts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The images that are named beside the file.

    Args:
        build_args: Values of ``--build-arg``.
        contexts: Values of ``--build-context``.

    Returns:
        Each with the option that names it.
    """
    found = []
    if image := front_end(build_args):
        found.append((image, f"--build-arg {SYNTAX_ARGUMENT}"))
    for name, value in contexts.items():
        if (named := image_of(value)) is not None:
            found.append((named, f"--build-context {name}"))
    return found


def for_stage(contexts: Mapping[str, str], name: str) -> bool:
    """Whether a context takes the place of a stage of the file."""
    return ascii_lower(name) not in _NEVER and _source(contexts, name) is not None


def is_stage(key: str, stages: Iterable[str]) -> bool:
    """Whether a context by this key would take the place of a stage, too.

    Args:
        key: As `key_of` gives it.
        stages: Names; an empty one is none.
    """
    return any(name and for_stage({key: key}, name) for name in stages)


def for_image(contexts: Mapping[str, str], name: str) -> bool:
    """Whether a context takes the place of an image."""
    return _source(contexts, name) is not None


def _source(contexts: Mapping[str, str], name: str) -> str | None:
    try:
        return contexts.get(key_of(name))
    except InvalidReferenceError:
        return None
