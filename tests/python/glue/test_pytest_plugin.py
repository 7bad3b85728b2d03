"""The fixture `assert_trusted`, as a test suite of somebody else uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from contenttrust import pytest_plugin
from contenttrust.errors import PolicyError
from contenttrust.policy.rules import Policy
from kept_bases import KeptBases

GUN = "localhost:5000/corpus/revoked"
PINNED = f"{GUN}@sha256:f69373db827d295a41a66458c846654e60a0c288b2221c56b51f6b2a2bd171ad"
TESTS = f"""
from datetime import datetime, timezone
from pathlib import Path

class Bases:
    def triggers(self, pinned, *, size, platforms):
        return ()

GATE = {{
    "bases": Bases(),  # the images of the vectors are in no registry
    "source": lambda gun: METADATA,
    "now": datetime(2026, 11, 24, tzinfo=timezone.utc),
    "trust_dir": TRUST_DIR,
}}

def test_image(assert_trusted):
    assert_trusted("{GUN}:3.0", **GATE)

def test_files(assert_trusted):
    assert_trusted("pod.yaml", "compose.yaml", Path("Dockerfile"), "app.json", **GATE)

def test_refused_image(assert_trusted):
    assert_trusted("{GUN}:9.9", **GATE)

def test_refused_place(assert_trusted):
    assert_trusted("{GUN}:3.0", "bad.yaml", **GATE)

def test_refused_dockerfile(assert_trusted):
    assert_trusted(Path("bad.Dockerfile"), **GATE)

def test_told(assert_trusted):
    assert_trusted("fetching.Dockerfile", **GATE)

def test_uncovered_is_refused(assert_trusted):
    assert_trusted("fetching.Dockerfile", strict=True, **GATE)

def test_policy(assert_trusted):
    assert_trusted("{GUN}:3.0", policy="policy.yaml", **GATE)

def test_nothing(assert_trusted):
    assert_trusted(**GATE)

def test_missing(assert_trusted):
    assert_trusted(Path("missing.yaml"), **GATE)

def test_other_kind(assert_trusted):
    assert_trusted(Path("notes.txt"), **GATE)
"""
FILES = {
    "pod.yaml": f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{GUN}:3.0'}}]}}\n",
    "app.json": f'{{"apiVersion": "v1", "kind": "Pod", "spec": {{"containers": '
    f'[{{"image": "{GUN}:3.0"}}]}}}}',
    "bad.yaml": f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{GUN}:9.9'}}]}}\n",
    "compose.yaml": f"services: {{web: {{image: '{GUN}:3.0'}}}}\n",
    "Dockerfile": f"FROM {GUN}:3.0\nFROM scratch\n",
    "bad.Dockerfile": f"FROM {GUN}:3.0\nFROM\n",
    "fetching.Dockerfile": f"FROM {GUN}:3.0\nADD https://example.com/x /x\n",
    "notes.txt": "",
    "policy.yaml": "apiVersion: contenttrust/v1\nkind: TrustPolicy\n"
    "metadata: {name: t, version: 1}\n"
    "rules:\n- match: other.example/**\n  require: {signed: any}\n",
}


@pytest.fixture
def outcome(vectors: Path, tmp_path: Path):
    """What pytest says of one of these tests, run in a process of its own."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    metadata = str(vectors / "good-revoked-tag" / "tuf")
    head = f"METADATA, TRUST_DIR = {metadata!r}, {str(tmp_path / 'trust')!r}\n"
    (tmp_path / "test_suite.py").write_text(head + TESTS)
    (tmp_path / "trust").mkdir(mode=0o700)

    def run(test: str) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "contenttrust.pytest_plugin", "-q"]
        env = {
            "PATH": os.defpath, "HOME": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }  # fmt: skip
        ran = subprocess.run(
            [*command, "-k", test, "--rootdir", str(tmp_path), "test_suite.py"],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
        assert ("1 passed" in ran.stdout) == (ran.returncode == 0)
        return ran.stdout

    return run


@pytest.mark.parametrize("test", ["test_image", "test_files", "test_told"])
def test_signed_images_pass(outcome, test: str) -> None:
    assert "1 passed" in outcome(test)


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("test_refused_image", f"refused: assert_trusted:1: {GUN}:9.9:"),
        ("test_refused_place", f"refused: bad.yaml:3:29: {GUN}:9.9:"),
        ("test_refused_dockerfile", "refused: bad.Dockerfile:2:"),
        ("test_uncovered_is_refused", "refused: fetching.Dockerfile:2:"),
        ("test_policy", f"refused: assert_trusted:1: {GUN}:3.0:"),
        ("test_nothing", "nothing is asked for"),
        ("test_missing", "No such file"),
        ("test_other_kind", "is named like no file that names images"),
    ],
)
def test_whatever_else_fails_and_says_where(outcome, test: str, words: str) -> None:
    told = outcome(test)

    assert "1 failed" in told
    assert words in told


def test_the_plugin_loads_no_engine_before_it_is_used() -> None:
    code = (
        "import sys, pytest\nimport contenttrust.pytest_plugin\n"
        "assert 'ruamel.yaml' not in sys.modules and 'contenttrust.gate' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_plugin_is_found_by_pytest() -> None:
    tomllib = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text()

    points = tomllib.loads(text)["project"]["entry-points"]["pytest11"]
    assert points == {"contenttrust": "contenttrust.pytest_plugin"}


@pytest.fixture
def asked(vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The fixture's function, on trust data of a vector."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "trust").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONTENTTRUST_POLICY", raising=False)
    metadata = str(vectors / "good-revoked-tag" / "tuf")

    def ask(*subjects: str | Path, **settings) -> None:
        settings.setdefault("trust_dir", tmp_path / "trust")
        now = datetime(2026, 11, 24, tzinfo=timezone.utc)
        pytest_plugin._assert_trusted(*subjects, source=lambda _: metadata, now=now, **settings)

    return ask


def test_images_and_files_are_told_apart_by_their_names(asked) -> None:
    asked(f"{GUN}:3.0", "pod.yaml", Path("Dockerfile"), bases=KeptBases())
    with pytest.raises(AssertionError, match=r"refused: bad\.yaml:3:29"):
        asked(f"{GUN}:3.0", "bad.yaml")
    with pytest.raises(TypeError, match="nothing is asked for"):
        asked()


def test_triggers_of_base_images_count_unless_nobody_may_be_asked(asked) -> None:
    bases = KeptBases()
    bases.kept[PINNED] = (f"COPY --from={GUN}:9.9 / /",)
    with pytest.raises(AssertionError, match=f"refused: Dockerfile:1: {GUN}:9.9: "):
        asked(Path("Dockerfile"), bases=bases)
    with pytest.raises(AssertionError, match="bring is not known"):
        asked(Path("Dockerfile"))
    asked(Path("Dockerfile"), without_registry=True)
    with pytest.raises(AssertionError, match="refused: Dockerfile:1: the triggers"):
        asked(Path("Dockerfile"), without_registry=True, strict=True)


def test_the_policy_is_the_one_given_else_the_one_of_the_environment(asked, monkeypatch) -> None:
    asked(f"{GUN}:3.0", policy=Policy.docker_content_trust())
    with pytest.raises(AssertionError, match="refused: assert_trusted:1"):
        asked(f"{GUN}:3.0", policy=Path("policy.yaml"))
    monkeypatch.setenv("CONTENTTRUST_POLICY", "policy.yaml")
    with pytest.raises(AssertionError, match="refused: assert_trusted:1"):
        asked(f"{GUN}:3.0")


def test_an_older_policy_does_not_come_back(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir(mode=0o700)
    policy = tmp_path / "policy.yaml"

    def ask(version: int, **settings) -> None:
        policy.write_text(FILES["policy.yaml"].replace("version: 1", f"version: {version}"))
        pytest_plugin._assert_trusted(
            "alpine:3", policy=policy, trust_dir=tmp_path / "trust", **settings
        )

    past = {"now": datetime(2026, 11, 24, tzinfo=timezone.utc)}
    for version, settings in ((9, past), (2, {}), (1, {}), (1, past)):
        error = AssertionError if version != 1 else PolicyError
        words = "refused: " if version != 1 else "version 2 of that name was used here before"
        with pytest.raises(error, match=words):
            ask(version, **settings)
