"""Programs that no package has as we need them: built once from Go modules, kept outside the tree.

`python -m interop.built_parts NAME…` in `tests` builds them ahead of the tests that want them.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from interop.parts import skip

BUILDKIT = "0.25.1"
BUILDX = "0.29.1"
COMPOSE = "2.40.3"
COMPOSE_5 = "5.5.0"
CONTAINERD = "2.1.4"
CRICTL = "1.34.0"
HELM = "3.19.0"
KUBERNETES = "1.34.1"
KUSTOMIZE = "5.7.1"
_PATIENCE_S = 1800


def buildkitd() -> Path:
    """The daemon of BuildKit; the test is skipped where it cannot be built."""
    return kept(f"buildkitd-{BUILDKIT}", lambda made: _buildkit("buildkitd", made))


def buildctl() -> Path:
    """BuildKit's own client; the test is skipped where it cannot be built."""
    return kept(f"buildctl-{BUILDKIT}", lambda made: _buildkit("buildctl", made))


def buildx() -> Path:
    """`docker buildx` as a program of its own; the test is skipped where it cannot be built."""
    module = f"github.com/docker/buildx@v{BUILDX}"
    told = f"-X github.com/docker/buildx/version.Version=v{BUILDX}"  # compose asks for it
    flags = ("-ldflags", told)
    return kept(f"buildx-v{BUILDX}", lambda made: build(module, "./cmd/buildx", made, flags=flags))


def compose() -> Path:
    """`docker compose` as docker's plug-in; the test is skipped where it cannot be built."""
    return _compose("v2", COMPOSE)


def compose_5() -> Path:
    """The same of a version that has hooks with images; skipped where it cannot be built."""
    return _compose("v5", COMPOSE_5)


def containerd() -> Path:
    """The daemon of containerd; the test is skipped where it cannot be built."""
    return kept(f"containerd-{CONTAINERD}", lambda made: _containerd("containerd", made))


def crictl() -> Path:
    """The client that speaks to containerd as a kubelet does; skipped where it cannot be built."""
    module = f"sigs.k8s.io/cri-tools@v{CRICTL}"
    return kept(f"crictl-{CRICTL}", lambda made: build(module, "./cmd/crictl", made))


def ctr() -> Path:
    """containerd's own client; the test is skipped where it cannot be built."""
    return kept(f"ctr-{CONTAINERD}", lambda made: _containerd("ctr", made))


def kubelet() -> Path:
    """The agent of a node of Kubernetes; the test is skipped where it cannot be built."""
    return kept(f"kubelet-{KUBERNETES}", lambda made: _kubernetes("kubelet", made))


def kube_apiserver() -> Path:
    """The API server of Kubernetes; the test is skipped where it cannot be built."""
    return kept(f"kube-apiserver-{KUBERNETES}", lambda made: _kubernetes("kube-apiserver", made))


def helm() -> Path:
    """Helm; the test is skipped where it cannot be built."""
    module = f"helm.sh/helm/v3@v{HELM}"
    return kept(f"helm-{HELM}", lambda made: build(module, "./cmd/helm", made))


def kustomize() -> Path:
    """Kustomize; the test is skipped where it cannot be built."""
    module = f"sigs.k8s.io/kustomize/kustomize/v5@v{KUSTOMIZE}"
    return kept(f"kustomize-{KUSTOMIZE}", lambda made: build(module, ".", made))


def build(
    module: str,
    command: str,
    made: Path,
    *,
    prepare: Callable[[Path], None] | None = None,
    flags: tuple[str, ...] = (),
) -> None:
    """Build one program of a Go module.

    Args:
        module: Module and version, for example `github.com/docker/buildx@v0.29.1`.
        command: Its package within the module.
        made: Where the program goes.
        prepare: Changes the copy of the source before it is built.
        flags: More arguments of `go build`.

    Raises:
        subprocess.CalledProcessError: A step failed; `stderr` says why.
    """
    with tempfile.TemporaryDirectory(prefix="source-", dir=made.parent) as place:
        told = json.loads(_go(["mod", "download", "-json", module], cwd=place))
        source = Path(place, "source")
        shutil.copytree(told["Dir"], source)
        for path in (source, *source.rglob("*")):  # what Go keeps of modules is read-only
            path.chmod(path.stat().st_mode | 0o200)
        shutil.rmtree(source / "vendor", ignore_errors=True)
        if prepare is not None:
            prepare(source)
        _go(["build", *flags, "-o", str(made), command], cwd=source)


def _buildkit(program: str, made: Path) -> None:
    build(f"github.com/moby/buildkit@v{BUILDKIT}", f"./cmd/{program}", made)


def _compose(major: str, version: str) -> Path:
    module = f"github.com/docker/compose/{major}@v{version}"
    return kept(f"docker-compose-{version}", lambda made: build(module, "./cmd", made))


def _containerd(program: str, made: Path) -> None:
    build(f"github.com/containerd/containerd/v2@v{CONTAINERD}", f"./cmd/{program}", made)


def _kubernetes(program: str, made: Path) -> None:
    module = f"k8s.io/kubernetes@v{KUBERNETES}"
    build(module, f"./cmd/{program}", made, prepare=_without_workspace)


def _without_workspace(source: Path) -> None:
    """Name the released modules where the source has its own staging folders."""
    for name in ("go.work", "go.work.sum"):
        (source / name).unlink()
    released = f"v0.{KUBERNETES.partition('.')[2]}"
    lines = [
        re.sub(r"^(\s*k8s\.io/\S+) v0\.0\.0$", rf"\1 {released}", line)
        for line in (source / "go.mod").read_text().splitlines()
        if "=> ./staging" not in line
    ]
    (source / "go.mod").write_text("\n".join(lines) + "\n")


@cache
def folder() -> Path:
    """Where programs are kept that were built."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home, "contenttrust", "parts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The kept program of that name, made where it is missing; else the test is skipped."""
    program = folder() / name
    if program.is_file():
        return program
    if shutil.which("go") is None:
        skip(f"no Go toolchain to build {name} with")
    with (
        Path(program.parent, f"{name}.lock").open("w") as lock,
        tempfile.TemporaryDirectory(prefix=f"{name}-", dir=program.parent) as place,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run on two processes, which build it once
        if program.is_file():
            return program
        made = Path(place, name)
        try:
            make(made)
        except subprocess.CalledProcessError as error:
            skip(f"{name} cannot be built: {error.stderr.strip()[-300:]}")
        made.rename(program)
    return program


def _go(arguments: list[str], *, cwd: str | Path) -> str:
    env = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    return subprocess.run(
        ["nice", "go", *arguments],
        check=True, cwd=cwd, env=env, capture_output=True, text=True, timeout=_PATIENCE_S,
    ).stdout  # fmt: skip


PARTS: dict[str, Callable[[], Path]] = {
    part.__name__: part
    for part in (
        *(buildkitd, buildctl, buildx, compose, compose_5, containerd, crictl, ctr),
        *(helm, kube_apiserver, kubelet, kustomize),
    )
}
"""Every program that is built here, by its name."""


if __name__ == "__main__":
    for wanted in sys.argv[1:] or PARTS:
        print(PARTS[wanted]())
