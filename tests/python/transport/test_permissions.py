"""Who else may write what is trusted: the trust directory, and the way down to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contenttrust.errors import TrustDirectoryError
from contenttrust.transport.cache import TrustDirectory

STRANGER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def home(tmp_path):
    """A directory three levels down, with a trust directory that does not exist yet."""
    made = tmp_path / "srv" / "ci"
    made.mkdir(parents=True)
    return made


def accesses(trust, state):
    return [
        lambda: trust.state(state.gun),
        lambda: trust.cached(state.gun),
        lambda: trust.asked(state.gun),
        lambda: trust.remember(state.gun, state, {}),
    ]


def refuses(trust, state, *texts):
    for access in accesses(trust, state):
        with pytest.raises(TrustDirectoryError) as caught:
            access()
        assert all(text in caught.value.message for text in texts), caught.value.message
        assert caught.value.gun == state.gun


def uses(trust, state):
    assert trust.remember(state.gun, state, {})
    assert trust.state(state.gun) == state


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("above", ["srv", "srv/ci"])
def test_t062_a_trust_directory_that_everybody_may_take_away_is_refused(
    home, tmp_path, state, above, present
):
    trust = TrustDirectory(home / "trust")
    if present:
        uses(trust, state)
    (tmp_path / above).chmod(0o777)
    refuses(trust, state, f"{tmp_path / above})", "writable by everybody", "mode 0777")
    (tmp_path / above).chmod(0o755)
    uses(trust, state)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o775, 0o2775, 0o1777])
def test_homes_of_every_usual_mode_are_used(home, state, mode):
    home.chmod(mode)
    home.parent.chmod(mode)
    uses(TrustDirectory(home / "trust"), state)


def test_a_relative_path_is_judged_as_where_it_leads(home, state, monkeypatch):
    (home / "here").mkdir()
    monkeypatch.chdir(home / "here")
    for path in ("trust", "../trust", "./../here//trust"):
        uses(TrustDirectory(path), state)
    home.chmod(0o777)
    for path in ("trust", "../trust"):
        refuses(TrustDirectory(path), state, f"{home})")
    home.chmod(0o700)
    Path("..", "..").chmod(0o777)
    refuses(TrustDirectory("../trust"), state, f"{home.parent})")


def test_t062_a_link_is_judged_by_where_it_stands_and_by_where_it_leads(home, tmp_path, state):
    for name in ("safe", "open"):
        (tmp_path / name / "ci").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    (home / "to-safe").symlink_to("../../safe/ci")
    (home / "to-open").symlink_to(tmp_path / "open" / "ci")
    (tmp_path / "open" / "to-safe").symlink_to(tmp_path / "safe" / "ci")
    (home / "to-open-to-safe").symlink_to(tmp_path / "open" / "to-safe")
    (home / "through-open").symlink_to("../../open/../safe/ci")
    uses(TrustDirectory(home / "to-safe" / "trust"), state)
    for path in (
        home / "to-open" / "trust",
        tmp_path / "open" / "to-safe" / "trust",
        home / "to-open-to-safe" / "trust",
        home / "through-open" / "trust",
    ):
        refuses(TrustDirectory(path), state, f"{tmp_path / 'open'})")


def test_a_loop_of_links_is_told(home, state):
    (home / "a").symlink_to("b")
    (home / "b").symlink_to("a")
    refuses(TrustDirectory(home / "a" / "trust"), state, "symbolic links")


@needs_root
@pytest.mark.parametrize("present", [True, False])
def test_t062_the_sticky_bit_does_not_bind_the_directory_s_owner(home, state, present):
    trust = TrustDirectory(home / "trust")
    if present:
        uses(trust, state)
    home.chmod(0o1777)
    os.chown(home, STRANGER, -1)
    refuses(trust, state, f"{home})", f"owned by another user ({STRANGER})")


@needs_root
@pytest.mark.parametrize("kind", ["directory", "link"])
def test_t062_the_sticky_bit_leaves_an_entry_to_its_owner(home, tmp_path, state, kind):
    home.chmod(0o1777)
    entry = home / "theirs"
    if kind == "link":
        (tmp_path / "ours").mkdir()
        entry.symlink_to(tmp_path / "ours")
    else:
        entry.mkdir(0o755)
    os.chown(entry, STRANGER, -1, follow_symlinks=False)
    refuses(TrustDirectory(entry / "trust"), state, f"{entry})", "owned by another user")


@needs_root
def test_the_superuser_in_the_home_of_another_user_is_served(home, state):
    home.chmod(0o755)
    os.chown(home, STRANGER, -1)
    uses(TrustDirectory(home / "trust"), state)


@needs_root
@pytest.mark.parametrize("which", ["", "tuf", "tuf/{host}", "tuf/{gun}", "tuf/{gun}/metadata"])
def test_t062_a_directory_of_another_user_is_refused(home, state, update, which):
    trust = TrustDirectory(home / "trust")
    trust.remember(state.gun, state, update.documents)
    below = which.format(host=state.gun.split("/")[0], gun=state.gun)
    os.chown(home / "trust" / below, STRANGER, -1)
    with pytest.raises(TrustDirectoryError, match=r"owned by another user \(12345\)"):
        trust.cached(state.gun)
    if not which:
        refuses(trust, state, "owned by another user")


@pytest.mark.parametrize("which", ["tuf", "tuf/{host}", "tuf/{gun}", "tuf/{gun}/metadata"])
def test_t062_a_cache_that_everybody_may_take_away_is_refused(home, state, update, which):
    trust = TrustDirectory(home / "trust")
    trust.remember(state.gun, state, update.documents)
    below = home / "trust" / which.format(host=state.gun.split("/")[0], gun=state.gun)
    below.chmod(0o777)
    with pytest.raises(TrustDirectoryError, match="writable by everybody"):
        trust.cached(state.gun)
    below.chmod(0o775)  # as a client under umask 002 would leave it
    assert trust.cached(state.gun) == update.documents


def test_what_belongs_to_the_superuser_is_used_by_everybody(home, state, monkeypatch):
    trust = TrustDirectory(home / "trust")
    uses(trust, state)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner == 0:
        assert trust.state(state.gun) == state
    else:
        refuses(trust, state, "owned by another user")


def test_a_stranger_s_name_is_shown_harmlessly(home, state):
    (home / "a\nb\x1b[2J").mkdir()
    (home / "a\nb\x1b[2J").chmod(0o777)
    trust = TrustDirectory(home / "a\nb\x1b[2J" / "trust")
    with pytest.raises(TrustDirectoryError) as caught:
        trust.state(state.gun)
    assert str(caught.value).isprintable()
