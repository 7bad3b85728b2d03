"""`contenttrust sign IMAGE:TAG…`: sign what the registry has under these tags."""

from __future__ import annotations

import base64
import os
from functools import partial

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.index_images import images_of, told_if_interrupted, told_left, told_unsearched
from contenttrust.cli.options import UsageError
from contenttrust.cli.repositories import tell_failed
from contenttrust.errors import ContentTrustError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.publish.images import Signed
    from contenttrust.publish.metadata import Document
    from contenttrust.reference import Reference


def run(request: Request) -> int:
    """Sign all tags of a repository in one publication; a repository that fails stops no other."""
    options = request.options
    if options.digest is not None and (options.local or len(options.images) > 1):
        raise UsageError("--digest says what one image is: name one image, and leave out --local")
    if options.first_signer is not None:
        from contenttrust.publish import images  # noqa: PLC0415 -- see editing

        with editing.usage():
            images.check_name(options.first_signer)
    repositories: dict[str, dict[str, Reference]] = {}
    for image in options.images:
        reference = _tagged(request, image)
        repositories.setdefault(reference.gun, {})[image] = reference
    alone = len(repositories) == 1
    return exit_codes.worst(
        [_signed(request, images, alone=alone) for images in repositories.values()]
    )


def _tagged(request: Request, image: str) -> Reference:
    """An image that can be signed: with a tag, and without a digest."""
    reference = request.reference(image)
    if reference.digest is not None:
        raise UsageError(f"{image}: cannot use a digest reference for IMAGE:TAG")
    if reference.name_only:
        raise UsageError(f"no tag specified for {image}")
    return reference


def _signed(request: Request, images: Mapping[str, Reference], *, alone: bool) -> int:
    """Sign images of one repository."""
    from contenttrust.publish import images as publishing  # noqa: PLC0415 -- see editing

    edited = editing.collection(request, next(iter(images.values())).gun)
    names = ", ".join(map(text.safe, images))
    try:
        targets = dict(_targets(request, list(images.values())))
        text.say(
            *(f"Signing and pushing trust metadata for {text.safe(image)}" for image in images)
        )
        done = publishing.sign(
            edited,
            targets,
            signer=request.options.first_signer,
            asked=[str(reference.tag) for reference in images.values()],
            may_begin=partial(editing.check_may_begin, request, edited),
        )
    except ContentTrustError as error:
        if request.json and alone:
            raise
        tell_failed(request, edited.gun, error)
        text.complain(f"failed to sign {names}: {text.safe(str(error))}")
        return exit_codes.of(error)
    request.tell("published", gun=edited.gun, versions=dict(done.published.versions))
    report.warn(request, done.published.notes)
    if done.signer:
        text.say(f"Created signer: {text.safe(done.signer)}")
    if done.initialized:
        text.say(f"Finished initializing signed repository for {names}")
        editing.tell_root_key(done.published.documents["root"])
    for image, reference in images.items():
        text.say(*_beside(request, done, str(reference.tag)))
        text.say(f"Successfully signed {text.safe(image)}")
        signed = targets[str(reference.tag)]
        request.tell("signed", image=image, digest=_digest(signed), size=signed["length"],
                     roles=list(done.roles[str(reference.tag)]))  # fmt: skip
    _tell_left(request, next(iter(images.values())), done, targets)
    return exit_codes.OK


def _targets(request: Request, references: Sequence[Reference]) -> Iterator[tuple[str, Document]]:
    """What is signed of each image: its digest and size, as the registry's bytes have them."""
    from contenttrust.publish.metadata import target_meta  # noqa: PLC0415 -- see editing
    from contenttrust.publish.tags import child_name  # noqa: PLC0415
    from contenttrust.registry import registry_of  # noqa: PLC0415

    registry = registry_of(references[0], env=os.environ)
    for reference in references:
        manifest = registry.manifest(_wanted(request, reference))
        yield str(reference.tag), target_meta(manifest.size, sha256=_hex(manifest.digest))
        if request.options.recursive:
            for digest, size in images_of(registry, reference, manifest).items():
                # Whatever its name is, `verify NAME@DIGEST` finds it by its digest.
                yield child_name(digest), target_meta(size, sha256=_hex(digest))


def _wanted(request: Request, reference: Reference) -> Reference:
    """The image by its tag, or by the digest that was named, or that the daemon knows."""
    from contenttrust.reference import Reference as Named  # noqa: PLC0415 -- see editing

    if request.options.local:
        from contenttrust.daemon import local_manifest  # noqa: PLC0415 -- only here

        return local_manifest(reference, env=os.environ)
    digest = request.options.digest
    if digest is None:
        return reference
    return Named(reference.domain, reference.path, tag=None, digest=digest)


def _beside(request: Request, done: Signed, tag: str) -> list[str]:
    """Docker's lines on who else has signed the same."""
    found, _ = request.find(done.published.repository, tag=tag)
    if found is None:
        return []
    others = [signer.name for signer in found.signers if signer.role not in done.roles[tag]]
    others = [text.safe(name) for name in others if name != report.REPO_ADMIN]
    if not others:
        return []
    digest = _hex(found.digest)
    return [f"Existing signatures for tag {tag} digest {digest} from:", ", ".join(others)]


def _tell_left(
    request: Request, reference: Reference, done: Signed, targets: Mapping[str, Document]
) -> None:
    """Tell of images that only an older index of a tag had, and that are signed still."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing
    from contenttrust.publish.tags import child_digest  # noqa: PLC0415

    former = set[str]().union(*done.replaced.values())
    listed = images.listed_in(done.published)
    left = set(map(child_digest, listed)) - set(map(child_digest, targets)) - {""}
    if not former or not left:
        return
    tags = {name: digests for name, digests in listed.items() if not child_digest(name)}
    with told_if_interrupted(request, told_unsearched(reference, left)):
        report.warn(request, told_left(reference, left, former, tags))


def _digest(target: Document) -> str:
    return f"sha256:{base64.b64decode(target['hashes']['sha256']).hex()}"


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
