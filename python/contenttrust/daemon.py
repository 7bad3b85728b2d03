"""The docker daemon asked which digest a local image has, through the docker program.

Source: docker CLI 28 `cli/command/image/inspect.go`; moby `daemon/images/image_inspect.go`, where
``RepoDigests`` are the digests under which registries gave or took the image.
"""

from __future__ import annotations

import contextlib

from contenttrust.errors import ImageLookupError, shown
from contenttrust.reference import InvalidReferenceError, Reference
from contenttrust.transport.children import environment
from contenttrust.transport.credential_store import on_path
from contenttrust.transport.excerpt import excerpt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 30.0
_OUTPUT_LIMIT = 1_048_576
_FORMAT = "{{json .RepoDigests}}"


def local_manifest(
    reference: Reference,
    *,
    env: Mapping[str, str],
    program: str = "docker",
    seconds: float = _SECONDS,
) -> Reference:
    """The image that the docker daemon has under a name, by its digest.

    The daemon does not know the size of the manifest that trust data names. So whoever signs asks
    the registry for what is returned: a digest that it has not, or that has other bytes, is refused
    there.

    Args:
        reference: The image, by its tag.
        env: Environment variables, for finding the program and for the program itself, which reads
            where the daemon is (``DOCKER_HOST``, ``DOCKER_CONTEXT``).
        program: Name of docker's client; looked for on ``PATH``.
        seconds: How long it may take.

    Returns:
        The same repository with the one digest that the daemon knows for it there.

    Raises:
        ImageLookupError: The daemon does not answer, has no such image, or knows no digest of it in
            this repository, or several.
    """
    path = on_path(program, env=env)
    if path is None:
        raise _error(
            reference, f"no directory of PATH has {shown(program)}: install Docker's client"
        )
    command = [path, "image", "inspect", "--format", _FORMAT, str(reference)]
    digests = {
        known.digest
        for known in map(
            _parsed, _repo_digests(reference, _output(reference, command, env, seconds))
        )
        if known is not None and known.gun == reference.gun and known.digest is not None
    }
    if not digests:
        raise _error(
            reference,
            f"the image {reference.familiar} that docker has was neither pushed to nor pulled from "
            f"{reference.gun}: push it first ('docker push')",
        )
    if len(digests) > 1:
        raise _error(
            reference,
            f"docker knows {len(digests)} digests of the image in {reference.gun}: name the one to "
            f"use ('--digest' in the place of '--local'): {', '.join(sorted(digests))}",
        )
    return Reference(reference.domain, reference.path, tag=None, digest=digests.pop())


def _output(
    reference: Reference, command: list[str], env: Mapping[str, str], seconds: float
) -> bytes:
    import subprocess  # noqa: PLC0415 - rarely needed

    try:
        done = subprocess.run(  # noqa: S603 - a path that was looked up; a reference has no dash first
            command,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        reason = f"docker did not answer within {seconds:g} seconds: is its daemon running?"
    except (OSError, ValueError) as error:
        reason = f"docker cannot be started: {getattr(error, 'strerror', None) or 'no command'}"
    else:
        if done.returncode == 0:
            return done.stdout
        words = " ".join(done.stderr.decode(errors="replace").split())
        reason = (
            f"docker has no answer for {reference.familiar} ({excerpt(words) or done.returncode})"
        )
    raise _error(reference, reason)


def _repo_digests(reference: Reference, output: bytes) -> list[str]:
    import json  # noqa: PLC0415 - rarely needed

    found: object = ""
    if len(output) <= _OUTPUT_LIMIT:
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(output)
    if found is None:  # Go's empty list
        found = []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise _error(reference, "the answer of docker is not understood: use another client of it")
    return found


def _parsed(text: str) -> Reference | None:
    try:
        return Reference.parse(text)
    except InvalidReferenceError:  # `<none>@sha256:…`, of images without a repository
        return None


def _error(reference: Reference, message: str) -> ImageLookupError:
    error = ImageLookupError(message, gun=reference.gun, subject=reference.tag or "")
    error.code = "unreachable"
    return error
