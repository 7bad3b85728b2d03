"""The stack that all tests of the run share, and what each of them makes for itself."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from interop import parts
from interop.publisher import Publisher
from interop.shared import Shared
from interop.signed_repository import Repository
from interop.trust_stack import TrustStack, running

_numbers = count()


@pytest.fixture(scope="session")
def docker_stack() -> Iterator[TrustStack]:
    """Registry, dockerd, and a trust server behind a proxy that logs."""
    parts.want_docker()
    with running("--dockerd", "--proxy") as stack:
        yield stack


@pytest.fixture(scope="session")
def trust_stack() -> Iterator[TrustStack]:
    """A trust server for the tests that need no images."""
    parts.want_servers()
    with running("--no-registry", TRUST_TYPE="local", KEY_ALGORITHM="ed25519") as stack:
        yield stack


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for the run, below which everything that is made is private."""
    folder = Path(tempfile.mkdtemp(prefix="ct-interop-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def place(scratch: Path) -> Callable[[str], Path]:
    """Gives a new path for whoever is named."""
    return lambda name: scratch / f"{next(_numbers)}-{name}"


@pytest.fixture(scope="session")
def publisher(docker_stack: TrustStack, place: Callable[[str], Path]) -> Publisher:
    """Publishes on the stack that has a dockerd."""
    return Publisher(place("publisher"), docker_stack)


@pytest.fixture
def shared(trust_stack: TrustStack, place: Callable[[str], Path]) -> Shared:
    """A collection that nobody has made yet, for notary and for us."""
    folder = place("publisher")
    return Shared(folder, trust_stack, f"publish/{folder.name.lower()}")


@pytest.fixture
def repository(docker_stack: TrustStack, place: Callable[[str], Path]) -> Repository:
    """An image repository that nobody has signed yet, for docker and for us."""
    folder = place("signer")
    return Repository(folder, docker_stack, f"signed/{folder.name.lower()}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was skipped, by its reason."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, number in sorted(reasons.items()):
        if reason.startswith("interop: "):
            terminalreporter.write_line(f"{number} tests skipped: {reason}")
