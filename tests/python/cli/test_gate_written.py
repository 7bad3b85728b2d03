"""What `gate compose` writes holds without the variables that it was checked with (threat 99)."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.cli.gate import outcome
from contenttrust.cli.options import UsageError

GUN = "localhost:5000/corpus/revoked"
PINNED = f"{GUN}@sha256:f69373db827d295a41a66458c846654e60a0c288b2221c56b51f6b2a2bd171ad"
TEXT = f"""services:
  web: {{image: '${{X:-evil}}', build: .}}
  db: {{image: '{PINNED}'}}
"""


@pytest.fixture
def gate(case, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the gate in a folder with such a project, on trust data of a vector."""
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text(TEXT)
    Path("Dockerfile").write_text("FROM scratch\n")
    Path(".env").write_text(f"X={PINNED}\n")
    signed = case("good-revoked-tag")
    options = [*signed.options, "--anchor-root", str(signed.path / "tuf" / "root.json")]
    options += ["--without-docker", "--strict"]
    return lambda *arguments: run("gate", "compose", *options, *arguments, "compose.yaml")


def test_t099_a_variable_that_means_a_digest_is_not_left_in_the_file(gate) -> None:
    ran = gate("--write")

    assert (ran.code, Path("compose.yaml").read_text()) == (1, TEXT)
    assert "--override-out pins it" in ran.err


def test_t099_nor_left_to_the_file_beside(gate) -> None:
    assert gate("--override-out=t.yaml").code == 0
    assert Path("t.yaml").read_text().count(f'"image": "{PINNED}"\n') == 2


@pytest.mark.parametrize("way", [["--override-out=t.yaml"], ["--write"]])
def test_an_image_that_can_no_longer_be_built_is_told(gate, way: list[str]) -> None:
    Path("compose.yaml").write_text(TEXT.replace("${X:-evil}", f"{GUN}:3.0"))
    ran = gate(*way)

    assert ran.code == 0
    assert "note: compose.yaml:2:16: web: the image has its digest now" in ran.err
    assert "the image has its digest now" not in gate().err


def test_of_several_files_none_is_written_where_one_cannot_be(tmp_path: Path) -> None:
    one, two, new = (str(tmp_path / name) for name in ("one", "two", "new"))
    Path(one).write_bytes(b"1")
    Path(two).write_bytes(b"2")
    [changed] = outcome.save({one: (b"1", b"x"), two: (b"other", b"y"), new: (None, b"z")})
    assert changed.spot.file == two
    with pytest.raises(UsageError, match="none/file: No such file or directory"):
        outcome.save({one: (b"1", b"x"), str(tmp_path / "none" / "file"): (None, b"z")})

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "one": b"1", "two": b"2",
    }  # fmt: skip
    assert outcome.save({one: (b"1", b"x"), two: (b"2", b"2"), new: (None, b"z")}) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "one": b"x", "two": b"2", "new": b"z",
    }  # fmt: skip
