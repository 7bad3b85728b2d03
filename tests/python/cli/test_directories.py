"""Directories that options name: absent, or not to be looked at."""

from __future__ import annotations


def test_a_directory_that_cannot_be_looked_at_is_not_told_to_be_absent(case, run, tmp_path):
    repository = case("good-one-tag")
    (tmp_path / "loop").symlink_to("loop")
    for path in (f"{tmp_path}/loop", f"{tmp_path}/loop/x"):
        ran = run("verify", "--metadata", path, repository.gun)
        assert ran.code == 2
        assert f"--metadata: {path}: Too many levels of symbolic links" in ran.err
        ran = run("verify", *repository.options[:4], "--trust-dir", path, repository.gun)
        assert ran.code == 3
        assert f"the trust directory {path}: Too many levels of symbolic links" in ran.err
    (tmp_path / "away").symlink_to("nowhere")
    ran = run("verify", *repository.options[:4], "--trust-dir", f"{tmp_path}/away", repository.gun)
    assert ran.code == 2
    assert "--trust-dir: there is no directory" in ran.err


def test_a_trust_directory_that_was_not_there_is_named_beside_first_use(case, run, tmp_path):
    repository = case("good-one-tag")
    arguments = ["verify", *repository.options[:4], f"{repository.gun}:1.0", "--trust-dir"]
    missing = tmp_path / "nosuch"
    note = f"nothing had been remembered, because the trust directory {missing} did not exist"
    assert note in run(*arguments, str(missing)).err
    missing.mkdir(mode=0o700)
    ran = run(*arguments, str(missing))
    assert "the first one seen" in ran.err
    assert "did not exist" not in ran.err
