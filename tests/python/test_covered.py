"""Which lines ran: how the figures of gcovr and coverage.py become rooms and goals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covered.rooms import Goal, Lines, engine_lines, package_lines, together


@pytest.fixture
def engine(tmp_path: Path) -> dict[str, Lines]:
    files = {
        "cpp/src/trust/verify.cpp": (10, 9),
        "cpp/include/contenttrust/trust/verify.hpp": (2, 2),
        "cpp/src/base/time.cpp": (4, 4),
        "cpp/bindings/module.cpp": (5, 1),
    }
    summary = tmp_path / "summary.json"
    counts = [
        {"filename": name, "line_total": total, "line_covered": ran}
        for name, (total, ran) in files.items()
    ]
    summary.write_text(json.dumps({"files": counts}))
    return engine_lines(summary)


def test_a_room_is_its_sources_and_its_headers(engine: dict[str, Lines]) -> None:
    assert engine == {"base": Lines(4, 4), "bindings": Lines(5, 1), "trust": Lines(12, 11)}


def test_rooms_together_are_their_sum(engine: dict[str, Lines]) -> None:
    assert together(engine) == Lines(21, 16)
    assert together(engine, without=("bindings", "trust")) == Lines(4, 4)


def test_a_module_beside_the_folders_belongs_to_the_package_itself(tmp_path: Path) -> None:
    counts = {
        "python/contenttrust/clock.py": (3, 3),
        "python/contenttrust/verify.py": (10, 8),
        "python/contenttrust/cli/main.py": (6, 5),
        "python/contenttrust/cli/verify.py": (4, 4),
    }
    report = tmp_path / "report.json"
    summaries = {
        name: {"summary": {"num_statements": total, "covered_lines": ran}}
        for name, (total, ran) in counts.items()
    }
    report.write_text(json.dumps({"files": summaries}))
    assert package_lines(report, "contenttrust") == {
        "cli": Lines(10, 9),
        "contenttrust": Lines(13, 11),
    }


@pytest.mark.parametrize(
    ("ran", "held"), [(97, True), (98, True), (96, False)], ids=["met", "exceeded", "missed"]
)
def test_a_goal_is_held_from_its_percentage_on(ran: int, held: bool) -> None:
    assert Goal("engine", 97, Lines(100, ran)).held is held


def test_nothing_is_rounded_up_to_a_goal() -> None:
    assert not Goal("trust/", 100, Lines(100_000, 99_999)).held


def test_a_room_without_lines_holds_no_goal() -> None:
    assert Lines(0, 0).percent == 0
    assert not Goal("trust/", 100, Lines(0, 0)).held
