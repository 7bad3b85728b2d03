"""Where a policy stands that nobody hands over."""

from __future__ import annotations

import os

from contenttrust.errors import PolicyError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "CONTENTTRUST_POLICY"
FILE_NAME = "trust-policy.yaml"


def found(
    *, env: Mapping[str, str], trust_dir: str | os.PathLike[str], chosen: str = ""
) -> str | None:
    """Where the policy is: only documented places are looked at, the current folder is none.

    Args:
        env: Environment variables, of which ``CONTENTTRUST_POLICY`` names a file.
        trust_dir: Docker's trust directory, which may hold ``contenttrust/trust-policy.yaml``.
        chosen: A file that somebody named on the command line.

    Returns:
        The first of these three, or None. A file that is named need not exist: to read it says so.

    Raises:
        PolicyError: As for `stands`.
    """
    named = chosen or env.get(VARIABLE, "")
    if named:
        return named
    place = usual(trust_dir)
    # What is there but cannot be read is not passed over.
    return place if stands(place) else None


def usual(trust_dir: str | os.PathLike[str]) -> str:
    """Where a policy stands that nobody names.

    Args:
        trust_dir: Docker's trust directory.
    """
    return os.path.join(os.fspath(trust_dir), "contenttrust", FILE_NAME)  # noqa: PTH118


def stands(place: str) -> bool:
    """Whether a policy, or a record of one, is there; a link that leads nowhere is.

    Args:
        place: Its name.

    Raises:
        PolicyError: It cannot be told: what cannot be looked at is not taken for absent.
    """
    try:
        # As `transport.presence` has it, which every docker of an alias would load for this alone.
        os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise PolicyError(
            f"whether {shown(place)} is there cannot be told: {error.strerror or error}: make it "
            "accessible to this user, or name the policy and a trust directory"
        ) from None
    return True
