"""Which file a builder reads under the name of a Dockerfile: no other one is to be checked.

BuildKit is given a folder and the last part of the name, after the name was shortened as a text:
`link/../Dockerfile` is that of the current folder. If the last part is a link, it is followed as if
the folder was the root of the machine; where it then leads nowhere, `dockerfile` is read in place
of `Dockerfile`. The classic builder follows it as the system does.

Source: buildx 0.29.1 `build/opt.go` ``loadInputs``; BuildKit 0.25 `frontend/dockerui/config.go`
``ReadEntrypoint``.
"""

from __future__ import annotations

import os

from contenttrust.gate.dockerfile.located import DockerfileError

_STDIN = "-"


def as_built(name: str) -> str:
    """The name of a Dockerfile, shortened as builders do it.

    Raises:
        DockerfileError: It is a link: builders differ on what is behind it.
    """
    short = os.path.normpath(name)
    if os.path.islink(short):  # noqa: PTH114 -- the name is a text
        raise DockerfileError(
            "it is a link, which BuildKit follows within its own folder only: put a file in its "
            "place, or name what it leads to, here and to the build"
        )
    return f"./{short}" if short == _STDIN else short  # which would be standard input
