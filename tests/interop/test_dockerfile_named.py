"""The file that BuildKit builds under a name is the one that the gates read, or they refuse it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contenttrust.gate.dockerfile import DockerfileError, as_built
from interop.builder import Builder, running

_REFUSED = "refused"


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    """A BuildKit."""
    with running() as builder:
        yield builder


def _lay_out(folder: Path, files: dict[str, str]) -> None:
    """Write files that make an image of their own name; `-> WHERE` is a link."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            file.symlink_to(text.removeprefix("-> "))
        else:
            file.write_text(f"FROM scratch\nCOPY <<NAME /label\n{text}\nNAME\n")


def _checked(name: str) -> str:
    """What the gates read under a name."""
    try:
        return Path(as_built(name)).read_text().splitlines()[2]
    except DockerfileError:
        return _REFUSED


LINKED = {"x/Dockerfile": "good", "svc/Dockerfile": "-> ../x/Dockerfile"}
CASES = [
    ({**LINKED, "svc/x/Dockerfile": "evil"}, "svc/Dockerfile", "evil", _REFUSED),
    ({**LINKED, "svc/dockerfile": "evil"}, "svc/Dockerfile", "evil", _REFUSED),
    (
        {"other": "good", "next": "-> other", "Dockerfile": "-> next", "dockerfile": "evil"},
        "Dockerfile",
        "good",
        "good",
    ),
    (
        {"deep/er/x": "", "deep/Dockerfile": "good", "link": "-> deep/er", "Dockerfile": "evil"},
        "link/../Dockerfile",
        "evil",
        "evil",
    ),
    (
        {"real/Dockerfile": "good", "link": "-> real", "Dockerfile": "evil"},
        "link/Dockerfile",
        "good",
        "good",
    ),
    ({"Dockerfile": "good", "dockerfile": "evil"}, "Dockerfile", "good", "good"),
]
IDS = ["within its folder", "in small letters", "beside it", "back over a link", "a folder", "both"]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_t100_what_is_built_under_a_name_is_what_is_checked_or_refused(
    builder: Builder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[dict[str, str], str, str, str],
) -> None:
    files, name, built, checked = case
    _lay_out(tmp_path, files)
    ran, made = builder.build_here(tmp_path, "-f", name)
    ran.succeeded()
    assert made == {"label": built}
    monkeypatch.chdir(tmp_path)
    assert _checked(name) == checked
    assert _checked(os.path.join(tmp_path, name)) == checked  # noqa: PTH118 -- pathlib shortens
