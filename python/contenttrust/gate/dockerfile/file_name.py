"""Which file a builder reads under the name of a Dockerfile: no other one is to be checked.

BuildKit is given a folder and the last part of the name, after the name was shortened as a text:
`link/../Dockerfile` is that of the current folder. If the last part is a link, it is followed as if
the folder was the root of the machine; where it then leads nowhere, `dockerfile` is read in place
of `Dockerfile`. The classic builder follows it as the system does. They agree on a file beside it.

Beside a file that it reads by its name, buildx 0.31 and newer looks for a policy, though nobody
told it to. Such a policy allows sources, refuses them, or gives them another digest.

Source: buildx 0.29.1 and 0.36 `build/opt.go` ``loadInputs``, 0.36 `policy/funcs.go`
``builtinPinImageImpl``; BuildKit 0.25 `frontend/dockerui/config.go` ``ReadEntrypoint``.
"""

from __future__ import annotations

import os
import re
import stat

from contenttrust.errors import shown
from contenttrust.gate.dockerfile.located import DockerfileError
from contenttrust.gate.file_name import FileNameError, shortened

_STDIN = "-"
_STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/")
_PLAIN = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]+", re.ASCII)  # BuildKit takes others for patterns
_MOST_LINKS = 8
_POLICY = ".rego"


def as_built(name: str, *, by_buildx: bool = True) -> str:
    """The name of a Dockerfile, shortened as builders do it.

    Args:
        name: As it is given.
        by_buildx: Whether buildx may build it, which looks for policies.

    Raises:
        DockerfileError: It is a link, and builders differ on what is behind it; or it leads out of
            the current folder, and they differ on where that is; or a policy lies beside it.
    """
    try:
        short = shortened(name)
    except FileNameError as error:
        raise DockerfileError(str(error)) from None
    if os.path.islink(short) and not _leads_to_a_neighbour(short):  # noqa: PTH114 -- a text
        if short.startswith(_STREAMS):
            raise DockerfileError(
                "it is a link to what a process has open: gate dockerfile reads standard input "
                "where the name is -"
            )
        raise DockerfileError(
            "it is a link, which BuildKit follows within its own folder only: put a file in its "
            "place, link to a file beside it by its bare name, or name what it leads to, here and "
            "to the build"
        )
    if by_buildx and (told := policy_beside(short)):
        raise DockerfileError(told)
    return f"./{short}" if short == _STDIN else short  # which would be standard input


def policy_beside(name: str) -> str:
    """Why a builder may take other images than those that are checked; empty where it does not.

    Args:
        name: Of a Dockerfile, as the builder is given it.
    """
    policy = name + _POLICY
    if not os.path.lexists(policy):
        return ""
    return (
        f"{shown(os.path.basename(policy))} lies beside it: docker buildx 0.31 and newer builds by "  # noqa: PTH119
        "that policy, which may put other images in place of these, and is not read here: take it "
        "away"
    )


def _leads_to_a_neighbour(link: str) -> bool:
    """Whether a link leads to a file of its folder by that file's name alone."""
    folder, name = os.path.split(link)
    try:
        for _ in range(_MOST_LINKS):
            if not _PLAIN.fullmatch(name):
                return False
            place = os.path.join(folder, name)  # noqa: PTH118
            mode = os.lstat(place).st_mode
            if not stat.S_ISLNK(mode):
                return stat.S_ISREG(mode)
            name = os.readlink(place)  # noqa: PTH115
    except OSError:  # it leads nowhere
        pass
    return False
