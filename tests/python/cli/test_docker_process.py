"""What of `contenttrust docker -- …` is of its process: what it loads, signals, docker's place."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contenttrust.cli import exit_codes
from covered.counting import COUNTING
from noting_docker import Noting, environment, installed


@pytest.fixture
def noting(tmp_path: Path) -> Noting:
    return installed(tmp_path)


def test_a_relative_entry_of_path_is_passed_over(noting: Noting, tmp_path: Path) -> None:
    noting.path.write_text("#!/bin/sh\n")
    env = environment(noting, tmp_path, PATH=".:")
    done = subprocess.run(
        [sys.executable, "-m", "contenttrust", "docker", "--", "ps"],
        check=False, env=env, cwd=tmp_path, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 127
    assert noting.started == []


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["ps"],
        ["run", "--rm", "-it", "x"],
        ["image", "ls"],
        ["-H", "tcp://x", "ps"],
        ["--config", "/x", "ps"],
        ["--version"],
        ["build", "-o", "out", "."],
        ["--json", "-D", "ps"],
    ],
)
def test_without_the_two_dashes_it_says_what_is_missing(
    noting: Noting, tmp_path: Path, words: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "contenttrust", "docker", *words],
        check=False, env=environment(noting, tmp_path), text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "contenttrust docker -- pull" in done.stderr


@pytest.mark.parametrize("on", [None, "1", "0"])
def test_the_file_of_the_page_is_docker_where_no_alias_is_seen(
    noting: Noting, tmp_path: Path, on: str | None
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "gate_docker.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    [script] = [block for block in blocks if block.startswith("#!")]
    file = tmp_path / "bin" / "docker"
    file.parent.mkdir()
    file.write_text(script.replace("/usr/bin/docker", str(noting.path)))
    file.chmod(0o755)
    env = {} if on is None else {"DOCKER_CONTENT_TRUST": on}
    env = environment(noting, tmp_path, **env, PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin")

    def code(*words: str) -> int:
        done = subprocess.run([file, *words], check=False, env=env, capture_output=True, timeout=60)
        return done.returncode

    assert code("ps", "--filter", "name=a b") == 0
    # An image id is refused before anybody is asked; docker knows what it means.
    assert code("run", "a" * 64) == (0 if on == "0" else 125)
    assert noting.started[0] == ["ps", "--filter", "name=a b"]


@pytest.mark.parametrize("starting", ["exec contenttrust", "contenttrust"])
def test_a_docker_that_leads_back_to_us_is_no_docker(
    noting: Noting, tmp_path: Path, starting: str
) -> None:
    noting.path.write_text(f'#!/bin/sh\n{starting} docker -- "$@"\n')
    env = environment(noting, tmp_path)
    env["PATH"] = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        [noting.path, "ps"], check=False, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 127
    assert "let CONTENTTRUST_DOCKER name the real one" in done.stderr


@pytest.mark.parametrize("redirected", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written_is_no_success(
    noting: Noting, tmp_path: Path, redirected: str
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m contenttrust docker -- pull x {redirected}', sys.executable],
        check=False, env=environment(noting, tmp_path, DOCKER_CONTENT_TRUST="1"), text=True,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == exit_codes.PIPE_CLOSED
    [line] = done.stderr.splitlines()
    assert line.startswith("contenttrust: the output cannot be written: ")
    assert noting.started == []


_SPY = """\
import os, sys
def become(path, arguments, env):
    print(*sorted(sys.modules))
    sys.stdout.flush()
    os._exit(0)
os.execve = become
sys.argv = ["contenttrust", "docker", "--", *sys.argv[1:]]
from contenttrust.cli.program import run
run()
"""


@pytest.mark.parametrize("words", [["ps"], ["-H", "x", "image", "ls"], ["run", "x"], ["compose"]])
def test_a_command_that_is_not_checked_loads_tables_alone(
    noting: Noting, tmp_path: Path, words: list[str]
) -> None:
    def loaded(*command: str) -> set[str]:
        env = environment(noting, tmp_path)
        env = {name: value for name, value in env.items() if name not in COUNTING}
        told = subprocess.run(
            [sys.executable, *command], check=True, env=env, capture_output=True, text=True
        )
        return set(told.stdout.split())

    before = loaded("-c", "import contenttrust, sys; print(*sorted(sys.modules))")
    modules = loaded("-c", _SPY, *words)
    ours = {name for name in modules if name.startswith("contenttrust")}
    assert "contenttrust._core" not in modules
    heavy = {"argparse", "re", "json", "subprocess", "pathlib", "pycurl", "ruamel"}
    assert not (modules - before) & heavy
    assert len(ours) <= 19, sorted(ours)
    usual = {"__main__", "gc", "contextlib", "collections", "functools", "types", "operator"}
    usual |= {"itertools", "keyword", "reprlib", "enum"}
    others = {name for name in modules - before - ours if not name.startswith("_")}
    assert others <= usual, sorted(others)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_docker(noting: Noting, tmp_path: Path, number: signal.Signals) -> None:
    noting.path.write_text(
        "#!/bin/sh\ntrap 'echo got >>\"$NOTES\"; exit 42' TERM INT HUP\n"
        'echo ready >>"$NOTES"\nwhile :; do sleep 0.05; done\n'
    )
    code = (
        "import os, sys; from contenttrust.gate.docker.program import Docker;"
        f"sys.exit(Docker({str(noting.path)!r}, [], dict(os.environ)).run(['pull', 'x']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(noting, tmp_path),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not noting.notes.exists() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(timeout=60) == 42
    assert noting.notes.read_text() == "ready\ngot\n"


def test_t098_no_variable_that_docker_gets_otherwise_chooses_an_image(
    noting: Noting, tmp_path: Path
) -> None:
    tmp_path.joinpath("Dockerfile").write_text(
        "ARG DOCKER_CONTENT_TRUST\nFROM scratch AS for-1\nFROM for-$DOCKER_CONTENT_TRUST\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "contenttrust", "docker", "--", "build", "--build-arg",
         "DOCKER_CONTENT_TRUST", str(tmp_path)],
        env=environment(noting, tmp_path, DOCKER_CONTENT_TRUST="1"), check=False, text=True,
        capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "--build-arg DOCKER_CONTENT_TRUST: docker or its builder gets another" in done.stderr
    assert (done.returncode, noting.started) == (125, [])
