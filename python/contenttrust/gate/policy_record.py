"""What was seen of policies: an older one does not come back, nor none in the place of one."""

from __future__ import annotations

import contextlib
import json
import os

from contenttrust.errors import PolicyError, TrustDirectoryError, shown
from contenttrust.policy import location
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from contenttrust.policy.rules import Policy
    from contenttrust.transport.cache import TrustDirectory

_FOLDER = ("contenttrust", "policies")
_VERSIONS = "versions.json"
_STANDING = "in_force.json"
STANDING = "/".join((*_FOLDER, _STANDING))
"""Where a trust directory has which policy stood in it when it was last used."""
_LIMIT = 1_048_576
_PATIENCE_S = 30.0


class PolicyRecordError(PolicyError):
    """A policy is not the one that was in force here, or an older one of its name."""

    def __str__(self) -> str:
        return self.message  # the advice of other errors of policies is about who signs

    def explain(self) -> str:
        """What is wrong, and what to do."""
        return f"{self.message}."


def directory(
    env: Mapping[str, str], *, named: str | os.PathLike[str] | None = None, policy: str = ""
) -> TrustDirectory:
    """The trust directory whose policy is in force where nobody names a policy.

    Who gives Docker another folder for credentials, as CI does, has said nothing of policies: where
    ``DOCKER_CONFIG`` names one without a policy, that of the home directory stays in force. Another
    policy that somebody names leaves the home directory alone: it may be read-only there.

    Args:
        env: Environment variables.
        named: A trust directory that somebody named; no other one counts then.
        policy: The file that somebody named on the command line, if so.

    Raises:
        TrustDirectoryError: There is none.
        PolicyError: Whether a policy stands there cannot be told.
    """
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415 -- few ask
    from contenttrust.transport.docker_config import config_directory  # noqa: PLC0415

    if named is not None:
        return TrustDirectory(named)
    usual = TrustDirectory.default(env)
    home = config_directory({**env, "DOCKER_CONFIG": ""})
    if home is None:
        return usual
    trust = f"{home}/trust"
    if (policy or env.get(location.VARIABLE) or location.usual(trust)) != location.usual(trust):
        return usual
    return usual if _has_one(usual.path) or not _has_one(trust) else TrustDirectory(trust)


def check(
    directory: TrustDirectory,
    policy: Policy,
    *,
    file: str | os.PathLike[str],
    remember: bool = True,
    standing: bool = False,
) -> None:
    """Refuse a policy of a lower version than one of its name that was used before.

    Versions are counted by the name, not by the file: an older one does not come back from another
    place. A policy without name and version has nothing that could be compared.

    Args:
        directory: Where versions are remembered.
        policy: To be used.
        file: Where it was read, to be told.
        remember: Whether its version is remembered.
        standing: Whether it stands in that directory; then it is missed when it is gone.

    Raises:
        PolicyRecordError: A newer one was used.
        TrustDirectoryError: The record cannot be read or written.
    """
    if not policy.name:
        return
    with _opened(directory, make=True) as folder:
        seen = _read(folder, _VERSIONS)
        last = seen.get(policy.name, 0)
        if policy.version < last:
            raise PolicyRecordError(
                f"{shown(os.fspath(file))}: the policy {shown(policy.name)} is of version "
                f"{policy.version}, and version {last} of that name was used here before: use that "
                "one, or give this one a higher metadata.version; where it is no older one, but "
                "another policy, give it a metadata.name of its own",
                expected=str(last),
                found=str(policy.version),
            )
        if not remember:
            return
        if policy.version > last:
            seen[policy.name] = policy.version
            _write(folder, _VERSIONS, seen)
        if standing and _read(folder, _STANDING) != {policy.name: policy.version}:
            _write(folder, _STANDING, {policy.name: policy.version})


def check_none(directory: TrustDirectory, place: str) -> None:
    """Refuse to do without a policy where one was in force that stood in the trust directory.

    Policies that were named are not missed: whoever names them may name another one, or none.

    Args:
        directory: The trust directory, in which there is none now.
        place: Where a policy would stand, to be told.

    Raises:
        PolicyRecordError: One is missing.
        TrustDirectoryError: The record cannot be read.
    """
    if not was_standing(directory.path):
        return
    with _opened(directory) as folder:
        standing = ", ".join(
            f"{shown(name)} (version {version})"
            for name, version in _read(folder, _STANDING).items()
        )
    raise PolicyRecordError(
        f"the policy {standing} was in force here, and {shown(place)} is gone: put it back, or "
        "name a policy; where there is to be none any more, remove "
        f"{shown(f'{directory.path}/{STANDING}')} too",
        expected=standing,
        found="no policy",
    )


def _has_one(directory: str) -> bool:
    """Whether a policy stands in a trust directory, or is missed there."""
    return location.stands(location.usual(directory)) or was_standing(directory)


def was_standing(directory: str) -> bool:
    """Whether it is remembered of a trust directory that a policy stood in it; a quick look.

    Raises:
        PolicyError: It cannot be told.
    """
    return location.stands(f"{directory}/{STANDING}")


@contextlib.contextmanager
def _opened(directory: TrustDirectory, *, make: bool = False) -> Iterator[int]:
    """The folder of the records, locked."""
    try:
        with (
            directory.opened(make=make) as top,
            files.opened(files.open_below(top, _FOLDER, make=make)) as folder,
            files.locked(folder, f"{_VERSIONS}.lock", patience=_PATIENCE_S),
        ):
            yield folder
    except OSError as error:
        raise TrustDirectoryError(
            f"the record of policies in {shown(directory.path)} cannot be used: "
            f"{error.strerror or error}"
        ) from error


def _write(folder: int, name: str, versions: dict[str, int]) -> None:
    files.replace(folder, name, json.dumps(versions, sort_keys=True).encode())


def _read(folder: int, record: str) -> dict[str, int]:
    """Versions of policies by their names."""
    try:
        data = files.read(folder, record, _LIMIT, private=True)
    except FileNotFoundError:
        return {}
    try:
        found: dict[str, Any] = json.loads(data)
        return {str(name): int(version) for name, version in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise TrustDirectoryError(
            f"the record of policies is damaged: remove {'/'.join(_FOLDER)}/{record} from the "
            "trust directory once you know which versions were in use"
        ) from error
