"""Real metadata to remember, and a trust directory to remember it in."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from contenttrust import _core
from contenttrust.clock import instant
from contenttrust.transport.cache import TrustDirectory

CASE = "good-releases-precedence"


@pytest.fixture(scope="package")
def update(vectors):
    """A finished verification of real metadata: its state and its documents."""
    case = json.loads((vectors / CASE / "case.json").read_text())
    update = _core.Update(
        case["gun"],
        anchor=_core.Anchor.first_use(),
        now=instant(datetime.fromisoformat(case["verify_at"].replace("Z", "+00:00"))),
    )
    while files := update.wanted():
        for file in files:
            path = vectors / CASE / "tuf" / f"{file.name}.json"
            update.put(file.name, path.read_bytes() if path.exists() else None)
    update.repository()
    return update


@pytest.fixture
def state(update):
    return update.state


@pytest.fixture
def trust(tmp_path):
    return TrustDirectory(tmp_path / "trust")


@pytest.fixture(scope="package")
def altered():
    """Gives a state with other members of its record, and with other versions of its roles."""

    def alter(state, *, members=None, **versions):
        record = json.loads(state.to_json()) | (members or {})
        for role, version in versions.items():
            record["roles"][role]["version"] = version
        return _core.State.from_json(json.dumps(record, sort_keys=True, separators=(",", ":")))

    return alter
