"""Verifications that overlap: what one of them learns counts for the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

import contenttrust as ct
from attacks.judge import Judge, keys_for, repository
from contenttrust import _core
from contenttrust.errors import UnreachableError
from contenttrust.transport.cache import TrustDirectory
from simulator import NOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass


class Server:
    """A source whose answers may change, and that lets something happen before the first one."""

    def __init__(
        self, *served: Mapping[str, bytes | None], meanwhile: Callable[[], object] | None = None
    ) -> None:
        """Give one set of files a round; the last one from then on. None is no answer."""
        self.served = list(served)
        self.meanwhile = meanwhile

    def fetch(
        self, gun: str, files: Sequence[_core.Wanted]
    ) -> list[bytes | UnreachableError | None]:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        now = self.served.pop(0) if len(self.served) > 1 else self.served[0]
        return [
            UnreachableError("no answer", gun=gun, role=file.name)
            if file.name in now and now[file.name] is None
            else now.get(file.name)
            for file in files
        ]


def visit(judge: Judge, server: Server) -> ct.TrustedRepository:
    """A verification over the network, which remembers."""
    return ct.load(
        repository().gun, source=server, trust_dir=judge.trust_dir, now=NOW, remember=True
    )


def record(judge: Judge) -> ct.State | None:
    return TrustDirectory(judge.trust_dir).state(repository().gun)


@pytest.mark.parametrize("version", [1, 7])
def test_t042_a_first_use_that_overlaps_another_one_does_not_replace_its_root(
    judge: Judge, version: int
) -> None:
    good, evil = repository(), repository()
    evil.root.keys = keys_for(evil.root, "evil")
    evil.root.version = version
    evil.advance()

    with pytest.raises(ct.VerificationError) as caught:
        visit(judge, Server(evil.publish(), meanwhile=lambda: judge.remembers(good.publish())))

    assert caught.value.role == "root"
    assert record(judge) == judge.state


def test_t064_a_visit_that_overlaps_a_newer_one_does_not_bring_older_data_back(
    judge: Judge,
) -> None:
    repo = repository()
    old = repo.publish()
    repo.advance()
    new = repo.publish()

    with pytest.raises(ct.VerificationError) as caught:
        visit(judge, Server(old, meanwhile=lambda: judge.remembers(new)))

    assert caught.value.code == "rollback"
    assert record(judge) == judge.state


def test_t064_the_one_that_comes_late_asks_again_and_is_right(judge: Judge) -> None:
    repo = repository()
    old = repo.publish()
    repo.advance()
    new = repo.publish()
    server = Server(old, meanwhile=lambda: judge.remembers(new))
    server.served = [old, old, old, new]

    assert visit(judge, server).state == record(judge) == judge.state


def revoked(judge: Judge) -> Mapping[str, bytes]:
    """Remembered at root 1; its root 2 takes the key away that signs the timestamp all the same."""
    repo = repository()
    judge.remembers(repo.publish())
    stolen = list(repo.timestamp.keys)
    repo.rotate("timestamp", keys_for(repo.timestamp, "new"))
    repo.timestamp.signers = stolen
    repo.advance()
    return repo.publish()


@pytest.mark.parametrize("second", ["silent", "without root"])
def test_t013_a_second_try_does_not_forget_the_root_that_the_first_one_proved(
    judge: Judge, second: str
) -> None:
    files = revoked(judge)
    assert judge.state is not None
    if second == "silent":
        then: dict[str, bytes | None] = dict.fromkeys(("root", "timestamp"))
    else:
        then = {name: data for name, data in files.items() if name != "root"}

    with pytest.raises(ct.VerificationError) as caught:
        visit(judge, Server(files, files, then))

    assert (caught.value.code, caught.value.role) == ("signature", "timestamp")
    remembered = record(judge)
    assert remembered is not None
    assert remembered.root_version == judge.state.root_version + 1


def test_t031_a_second_try_does_not_hide_that_the_root_is_the_first_one_seen(judge: Judge) -> None:
    repo = repository()
    files = repo.publish()
    stranger = repository()
    stranger.timestamp.keys = keys_for(stranger.timestamp, "stranger")
    wrong = {**files, "timestamp": stranger.publish()["timestamp"]}

    verdict = visit(judge, Server(wrong, files))

    assert "first_use" in {notice.code for notice in verdict.warnings}


def test_t012_a_root_that_a_second_try_proved_is_remembered_without_a_timestamp(
    judge: Judge,
) -> None:
    files = revoked(judge)
    silent: dict[str, bytes | None] = {**files, "timestamp": None}

    with pytest.raises(ct.ContentTrustError):
        visit(judge, Server(files, silent))

    remembered = record(judge)
    assert remembered is not None
    assert judge.state is not None
    assert remembered.root_version == judge.state.root_version + 1
