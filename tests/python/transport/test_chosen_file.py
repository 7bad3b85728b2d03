"""A file that somebody named is read to its limit, and only if it is one."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from contenttrust import anchor_from_notary_config
from contenttrust.transport.chosen_file import LIMIT, ChosenFileError, read, read_stdin


def test_a_file_is_read_whole_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 10)

    assert read(file, limit=10) == b"x" * 10
    with pytest.raises(ChosenFileError, match="larger than 9 bytes"):
        read(file, limit=9)


def test_standard_input_is_read_to_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def given() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 10)))

    given()
    assert read_stdin(limit=10) == b"x" * 10
    given()
    with pytest.raises(ChosenFileError, match="larger than 9 bytes"):
        read_stdin(limit=9)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ChosenFileError, match="closed"):
        read_stdin()


def test_a_link_leads_to_the_file_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")

    assert read(tmp_path / "link") == b"x"


def test_what_is_no_regular_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ChosenFileError, match="no regular file"):
            read(path)
    with pytest.raises(IsADirectoryError) as caught:
        read(tmp_path)
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nosuch")


def test_a_notary_configuration_and_the_ca_file_that_it_names_have_the_limit(
    tmp_path: Path,
) -> None:
    config, ca = tmp_path / "config.json", tmp_path / "ca.pem"
    config.write_text(json.dumps({"trust_pinning": {"ca": {"a/": "ca.pem"}}}))
    ca.write_bytes(b" " * (LIMIT + 1))

    with pytest.raises(ValueError, match=r"ca\.pem: it is larger than"):
        anchor_from_notary_config(config, "a/b")
    config.write_text("{}" + " " * LIMIT)
    with pytest.raises(ValueError, match=r"config\.json: it is larger than"):
        anchor_from_notary_config(config, "a/b")
