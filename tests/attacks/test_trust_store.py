"""What stands in the trust directory that should not: links, devices, files of strangers."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import contenttrust as ct
from attacks.crashes import Plan, content, lay
from attacks.judge import Judge, keys_for, repository, with_releases
from contenttrust.transport.cache import TrustDirectory
from simulator import GUN, NOW, image

STRANGER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do this to the file")


class Store:
    """A trust directory that remembers one collection, and a newer version of that collection."""

    def __init__(self, tmp_path: Path) -> None:
        repo = with_releases()
        self.trust_dir = tmp_path / "trust"
        self.outside = tmp_path / "outside"
        self.outside.write_bytes(b"somebody else's")
        self.outside.chmod(0o600)
        self.load(repo.publish())
        repo.top.targets["1.1"] = image("1.1")
        repo.advance("targets", "targets/releases")
        self.files = repo.publish()
        self.served = lay(tmp_path / "served", self.files)
        metadata = f"tuf/{GUN}/metadata"
        record = next((self.trust_dir / "contenttrust").glob("*.json"))
        self.paths = {
            "record": record,
            "lock": record.with_suffix(".lock"),
            "temporary record": record.with_name(f".{record.name}.new"),
            "cached root": self.trust_dir / metadata / "root.json",
            "cached delegation": self.trust_dir / metadata / "targets/releases.json",
            "temporary timestamp": self.trust_dir / metadata / ".timestamp.json.new",
        }

    def load(self, files: dict[str, bytes]) -> ct.TrustedRepository:
        return ct.load(GUN, source=files, trust_dir=self.trust_dir, now=NOW, remember=True)

    def command(self) -> subprocess.CompletedProcess[str]:
        command = Plan(GUN, self.served, NOW).command(self.trust_dir)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_socket(path: Path) -> None:
    with contextlib.chdir(path.parent) if sys.version_info >= (3, 11) else contextlib.nullcontext():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path.name if sys.version_info >= (3, 11) else str(path))
        listener.close()


def make_device(path: Path) -> None:
    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero: endless


ODD: dict[str, Callable[[Store, Path], object]] = {
    "link": lambda store, path: path.symlink_to(store.outside),
    "dangling link": lambda store, path: path.symlink_to(store.outside.with_name("nowhere")),
    "link to a device": lambda store, path: path.symlink_to("/dev/zero"),
    "fifo": lambda store, path: os.mkfifo(path, 0o600),
    "directory": lambda store, path: path.mkdir(),
    "full directory": lambda store, path: shutil.copytree(store.served, path),
    "socket": lambda store, path: make_socket(path),
    "device": lambda store, path: make_device(path),
}


def cases(*places: str) -> pytest.MarkDecorator:
    """Every odd thing in every place, but for directories where delegations may have theirs."""
    return pytest.mark.parametrize(
        ("where", "odd"),
        [
            pytest.param(place, odd, marks=needs_root if odd == "device" else ())
            for place in places
            for odd in ODD
            if not (place == "cached delegation" and "directory" in odd)
        ],
    )


@cases("record", "lock", "cached root", "cached delegation")
def test_t062_what_is_no_file_is_refused_and_nothing_is_written(
    store: Store, where: str, odd: str
) -> None:
    path = store.paths[where]
    remove(path)
    ODD[odd](store, path)
    before = content(store.trust_dir)

    done = store.command()

    assert done.returncode == 3, done.stdout
    assert "Traceback" not in done.stderr
    assert content(store.trust_dir) == before
    assert store.outside.read_bytes() == b"somebody else's"
    with pytest.raises(ct.FetchError) as caught:
        store.load(store.files)
    assert str(store.trust_dir) in caught.value.message


@cases("temporary record", "temporary timestamp")
def test_t062_nothing_is_written_through_what_lies_in_wait_under_a_temporary_name(
    store: Store, where: str, odd: str
) -> None:
    path = store.paths[where]
    ODD[odd](store, path)

    done = store.command()

    assert "Traceback" not in done.stderr
    assert store.outside.read_bytes() == b"somebody else's"
    assert not store.outside.with_name("nowhere").exists()
    state = TrustDirectory(store.trust_dir).state(GUN)
    if "directory" in odd:  # it cannot be cleared away: told, and the old state stands
        assert done.returncode == (3 if where == "temporary record" else 0), done.stderr
        assert "director" in done.stderr + done.stdout
    else:
        assert done.returncode == 0, done.stderr
        assert not path.exists()
        assert not path.is_symlink()
    assert state.versions["targets"] == (2 if done.returncode == 0 else 1)


@pytest.mark.parametrize("below", ["contenttrust", "tuf", f"tuf/{GUN}", f"tuf/{GUN}/metadata"])
@pytest.mark.parametrize("relative", [True, False])
def test_t062_a_directory_that_is_a_link_is_not_followed(
    store: Store, below: str, relative: bool
) -> None:
    path = store.trust_dir / below
    away = path.rename(store.outside.with_name("away"))
    path.symlink_to(os.path.relpath(away, path.parent) if relative else away)
    before = content(away)

    done = store.command()

    assert done.returncode == 3
    assert "a link" in done.stdout
    assert content(away) == before


def test_t062_a_trust_directory_that_its_user_chose_may_be_a_link(
    store: Store, tmp_path: Path
) -> None:
    store.trust_dir.rename(tmp_path / "elsewhere")
    store.trust_dir.symlink_to("elsewhere")
    store.load(store.files)
    assert TrustDirectory(tmp_path / "elsewhere").state(GUN).versions["targets"] == 2


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that another user can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_somebody() -> Iterator[Callable[[Path], None]]:
    """Gives a tree to an ordinary user and goes on as that user; no one is above permissions."""
    if os.geteuid() != 0:
        yield lambda tree: None
        return

    def become(tree: Path) -> None:
        for path in (tree, *tree.rglob("*")):
            os.chown(path, STRANGER, STRANGER)
        os.seteuid(STRANGER)

    yield become
    os.seteuid(0)


@pytest.mark.parametrize(
    "which", [".", "contenttrust", "contenttrust/*.json", "contenttrust/*.lock"]
)
def test_t042_memory_that_cannot_be_read_is_not_taken_for_absent(
    shared: Path, as_somebody: Callable[[Path], None], which: str
) -> None:
    (shared / "home").mkdir()
    store = Store(shared / "home")
    as_somebody(shared / "home")
    path = store.trust_dir if which == "." else next(store.trust_dir.glob(which))
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0)
    try:
        with pytest.raises(ct.FetchError, match="Permission denied"):
            store.load(store.files)
    finally:
        path.chmod(mode)
    assert TrustDirectory(store.trust_dir).state(GUN).versions["targets"] == 1
    store.load(store.files)


@needs_root
@pytest.mark.parametrize("which", ["trust", "trust/contenttrust", "trust/tuf"])
def test_t062_what_a_stranger_prepared_is_refused(
    shared: Path, as_somebody: Callable[[Path], None], which: str
) -> None:
    (shared / "home").mkdir()
    store = Store(shared / "home")
    os.chown(shared / "home" / which, STRANGER + 1, -1)
    (shared / "home" / which).chmod(0o755)
    for path in (shared / "home", *(shared / "home").rglob("*")):
        if path.stat().st_uid == 0:
            os.chown(path, STRANGER, STRANGER)
    os.seteuid(STRANGER)
    try:
        with pytest.raises(ct.FetchError, match="owned by another user"):
            store.load(store.files)
    finally:
        os.seteuid(0)


def test_t012_a_refused_root_changes_no_file(judge: Judge) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    before = content(judge.trust_dir)
    repo.next_root()
    repo.root.keys = repo.root.signers = keys_for(repo.root, "thief")
    repo.advance("targets")

    for _ in range(2):
        judge.refuses(repo.publish(), "root_chain", "root", remember=True)
        assert content(judge.trust_dir) == before


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\xff", b"x" * 600_000])
def test_t042_a_damaged_cached_root_is_not_blamed_on_the_publisher(
    judge: Judge, data: bytes
) -> None:
    files = repository().publish()
    judge.lay_docker_cache({"root": data})
    path = judge.trust_dir / "tuf" / GUN / "metadata" / "root.json"

    with pytest.raises(ct.VerificationError) as caught:
        judge.load(files)

    text = str(caught.value)
    assert f"the cached root {path} is damaged" in text
    assert "publisher to publish" not in text
    assert "move it away only with a pin or a root of the publisher" in text
    path.unlink()
    judge.load(files, anchor=ct.Anchor.root(files["root"]))


def test_t042_a_damaged_cached_root_beside_a_record_is_passed_over_and_replaced(
    judge: Judge,
) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    judge.lay_docker_cache({"root": b"{"})
    repo.next_root()
    repo.advance()
    files = repo.publish()

    notices = judge.load(files, remember=True).warnings

    assert [(notice.code, notice.role) for notice in notices] == [("cache", "root")]
    assert "passed over" in notices[0].message
    assert TrustDirectory(judge.trust_dir).cached(GUN)["root"] == files["root"]


def test_t059_the_longest_name_of_a_role_is_a_name_of_a_file_too(judge: Judge) -> None:
    repo = repository()
    longest = f"targets/{'a' * 247}"
    repo.delegate(longest).targets["2.0"] = image("2.0")
    files = repo.publish()

    judge.load(files, remember=True)
    assert TrustDirectory(judge.trust_dir).cached(GUN)[longest] == files[longest]
    repo.delegate(f"{longest}a")
    judge.refuses(repo.publish(), "role_name", "snapshot")


def test_t059_the_cache_that_a_file_system_cannot_hold_is_only_told(
    judge: Judge, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File systems that encrypt names take 143 bytes."""
    open_file = os.open

    def short_names(path: str, *arguments: object, **options: object) -> int:
        if len(Path(path).name) > 143:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
        return open_file(path, *arguments, **options)

    monkeypatch.setattr(os, "open", short_names)
    repo = repository()
    role = f"targets/{'a' * 200}"
    repo.delegate(role).targets["2.0"] = image("2.0")

    for _ in range(2):
        assert role in judge.load(repo.publish(), remember=True).roles
    assert "File name too long" in caplog.text
    assert role in TrustDirectory(judge.trust_dir).state(GUN).versions


def test_t060_collections_whose_names_lie_within_each_other_keep_apart(judge: Judge) -> None:
    guns = [GUN, f"{GUN}/metadata", f"{GUN}/metadata/targets", f"{GUN}/metadata/targets/metadata"]
    published = {}
    for number, gun in enumerate(guns):
        repo = with_releases(gun)
        for inner in ("metadata", "metadata/root", "metadata/targets"):
            repo.delegate(f"targets/{inner}").targets[f"x{number}"] = image(f"{inner}{number}")
        published[gun] = repo.publish()
        judge.load(published[gun], gun=gun, remember=True)
    for gun, files in published.items():
        state = TrustDirectory(judge.trust_dir).state(gun)
        assert state.gun == gun
        cached = TrustDirectory(judge.trust_dir).cached(gun)
        assert cached.items() <= files.items()
        assert "2.0" in judge.load(files, gun=gun, remember=True).tags


@pytest.mark.parametrize(
    "tag", ["../../../../x", "/tmp/x", "root.json", "..", "a/b", "con", "\u202e"]
)
def test_t061_the_name_of_a_target_is_never_the_name_of_a_file(judge: Judge, tag: str) -> None:
    plain = repository()
    judge.load(plain.publish(), gun=GUN, remember=True)
    before = set(content(judge.trust_dir.parent))
    repo = repository()
    repo.advance("targets")
    repo.top.targets[tag] = image("odd")

    assert tag in judge.load(repo.publish(), remember=True).tags
    assert set(content(judge.trust_dir.parent)) == before
