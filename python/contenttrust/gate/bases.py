"""The triggers that base images have in their configurations, read where the images are.

A signed digest names a manifest or an index, and these name configurations by their digests: what a
registry sends is what was signed, or it is refused.
"""

from __future__ import annotations

import functools
import os

from contenttrust.errors import ImageLookupError, LengthError
from contenttrust.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Protocol

    from contenttrust.registry import ContentStore, Descriptor, Manifest, Registry
    from contenttrust.transport.cache import TrustDirectory

    class Bases(Protocol):
        """Who knows the triggers of base images."""

        def triggers(
            self, pinned: str, *, size: int | None, platforms: Callable[[], Collection[str]]
        ) -> tuple[str, ...]:
            """What ``ONBUILD`` left in an image; see `RegistryBases`."""


_MOST = 64
"""Images of one index that are looked at; those of Docker Hub have at most a dozen."""
_NO_IMAGE = "unknown/unknown"
_SYSTEMS = ("linux", "windows", "freebsd", "darwin")
_PLAIN = frozenset(
    f"{system}/{architecture}"
    for system in _SYSTEMS
    for architecture in (
        *("amd64", "386", "arm", "arm64", "ppc64le", "s390x", "riscv64", "mips64le", "mips64"),
        "loong64",
    )
)
"""Platforms in the one form that all builders have; others are made something else first."""
_RUNS = {
    f"{system}/{architecture}": f"{system}/{other}"
    for system in _SYSTEMS
    for architecture, other in (("amd64", "386"), ("arm64", "arm"))
}
"""What a builder takes too, for a platform that it has no fitting image of."""


class RegistryBases:
    """Asks the registries of images. What was asked once is kept, as digests name it."""

    def __init__(
        self,
        *,
        trust_dir: TrustDirectory,
        env: Mapping[str, str] | None = None,
        offline: bool = False,
    ) -> None:
        """Prepare; nobody is asked before the first image.

        Args:
            trust_dir: Where it is kept from run to run.
            env: Environment variables, which say where Docker keeps credentials; default: the
                process's own.
            offline: Whether nobody may be asked.
        """
        self._env = dict(os.environ if env is None else env)
        self._offline = offline
        self._trust_dir = trust_dir
        self._registries: dict[str, Registry] = {}
        self._manifests: dict[tuple[str, str], Manifest] = {}
        self._triggers: dict[str, tuple[str, ...]] = {}

    def triggers(
        self, pinned: str, *, size: int | None, platforms: Callable[[], Collection[str]]
    ) -> tuple[str, ...]:
        """What ``ONBUILD`` left in an image.

        Args:
            pinned: ``name@sha256:…``.
            size: The length that is signed with that digest; None where none is.
            platforms: Gives what is built for, such as ``linux/amd64``; nothing where that is not
                known. Asked only where there is a choice: then the images of other platforms are
                not looked at.

        Returns:
            The instructions of all images that may be the base, each once.

        Raises:
            ImageLookupError: They could not be had; the message says what to do.
        """
        from contenttrust.transport import deadline  # noqa: PLC0415 - who has no base asks nobody

        reference = Reference.parse(pinned)
        found: dict[str, None] = {}
        with deadline.visit():
            for image in self._images(reference, size, platforms):
                found |= dict.fromkeys(self._of_image(reference, image))
        return tuple(found)

    def _images(
        self, reference: Reference, size: int | None, platforms: Callable[[], Collection[str]]
    ) -> list[Manifest]:
        """The manifests that a digest stands for."""
        waiting = [self._manifest(reference, None)]
        if size not in {None, waiting[0].size}:
            raise _of_another_length(reference, waiting[0].size, size)
        found: list[Manifest] = []
        asked = len(waiting)
        while waiting:
            manifest = waiting.pop()
            if not manifest.is_index:
                found.append(manifest)
                continue
            wanted = chosen(manifest.children, platforms)
            asked += len(wanted)
            if asked > _MOST:
                raise _refused(reference, f"it stands for more than {_MOST} images")
            waiting += [self._manifest(reference, one) for one in wanted]
        return found

    def _manifest(self, reference: Reference, descriptor: Descriptor | None) -> Manifest:
        digest = (reference.digest or "") if descriptor is None else descriptor.digest
        key = reference.gun, digest
        if key not in self._manifests:
            kept = _read(self._store.read(digest), descriptor)
            self._manifests[key] = kept or self._fetched(reference, descriptor)
        return self._manifests[key]

    def _fetched(self, reference: Reference, descriptor: Descriptor | None) -> Manifest:
        registry = self._registry(reference)
        if descriptor is None:
            manifest = registry.manifest(reference)
        else:
            manifest = registry.child(reference, descriptor)
        self._store.write(manifest.digest, manifest.body)
        return manifest

    def _of_image(self, reference: Reference, manifest: Manifest) -> tuple[str, ...]:
        from contenttrust.registry import DocumentError, triggers  # noqa: PLC0415 - see `triggers`

        config = manifest.config
        assert config is not None  # noqa: S101 - only an index has none
        if config.digest not in self._triggers:
            try:
                self._triggers[config.digest] = triggers(self._configuration(reference, config))
            except DocumentError as error:
                raise _refused(reference, f"its configuration {error}") from None
        return self._triggers[config.digest]

    def _configuration(self, reference: Reference, config: Descriptor) -> bytes:
        kept = self._store.read(config.digest)
        if kept is not None and len(kept) == config.size:
            return kept
        body = self._registry(reference).blob(reference, config)
        self._store.write(config.digest, body)
        return body

    @functools.cached_property
    def _store(self) -> ContentStore:
        from contenttrust.registry import ContentStore  # noqa: PLC0415 - see `triggers`

        return ContentStore(self._trust_dir)

    def _registry(self, reference: Reference) -> Registry:
        from contenttrust.registry import registry_of  # noqa: PLC0415 - see `triggers`

        if self._offline:
            reason = ImageLookupError(
                "only its registry has its configuration, and nobody is asked: go online",
                gun=reference.gun,
            )
            reason.code = "unreachable"
            raise reason
        if reference.domain not in self._registries:
            self._registries[reference.domain] = registry_of(reference, env=self._env)
        return self._registries[reference.domain]


def _read(body: bytes | None, descriptor: Descriptor | None) -> Manifest | None:
    """A manifest that was kept, if it is what an index says of it; else its registry is asked."""
    from contenttrust.registry import DocumentError, manifest  # noqa: PLC0415 - see `triggers`

    if body is None:
        return None
    media_type = manifest.type_of(body) if descriptor is None else descriptor.media_type
    try:
        found = manifest.read(body, media_type)
    except DocumentError:
        return None
    if descriptor is None:
        return found
    is_told = (found.size, found.media_type) == (descriptor.size, descriptor.media_type)
    return found if is_told else None


def chosen(
    children: Sequence[Descriptor], platforms: Callable[[], Collection[str]]
) -> list[Descriptor]:
    """The images of an index that a build may begin with.

    A builder takes the image of its platform, in a variant that runs there, and else one of an
    architecture that runs there. Which variants do, and whether an image asks for more than the
    index tells here, is not reckoned: all variants of both architectures count. Where none is of
    the platform itself, or it is not known, all images count; and in any case those whose platform
    is not told in the form that all builders have.

    Source: containerd/platforms 1.0 `compare.go` (``platformVector``), `platforms.go` (``Match``);
    moby 28 `distribution/pull_v2_unix.go` (``filterManifests``).
    """
    if len(children) < 2:  # noqa: PLR2004 - no choice
        return list(children)
    wanted = {"/".join(platform.split("/")[:2]) for platform in platforms()}
    if not wanted <= _PLAIN:  # builders make something else of it, or take what is no image
        return list(children)
    images = [child for child in children if child.platform != _NO_IMAGE]
    if not wanted or not wanted <= {_without_variant(child) for child in images}:
        return images
    taken = wanted | {_RUNS[platform] for platform in wanted & _RUNS.keys()}
    return [child for child in images if _without_variant(child) in taken or _is_odd(child)]


def _without_variant(child: Descriptor) -> str:
    return "/".join(child.platform.split("/")[:2])


def _is_odd(child: Descriptor) -> bool:
    return _without_variant(child) not in _PLAIN


def _of_another_length(reference: Reference, found: int, signed: int | None) -> ImageLookupError:
    """The digest fits, so that no registry is to blame: what was signed contradicts itself."""
    reason = ImageLookupError(
        f"its manifest has {found} bytes, and {signed} are signed with its digest: have its "
        "publisher sign it anew",
        gun=reference.gun,
        subject=reference.digest or "",
        expected=str(signed),
        found=str(found),
    )
    reason.code = LengthError.code
    return reason


def _refused(reference: Reference, cause: str) -> ImageLookupError:
    reason = ImageLookupError(f"{cause}: ask who pushed it", gun=reference.gun)
    reason.code = "server_error"
    return reason
