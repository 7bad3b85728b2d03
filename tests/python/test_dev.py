"""The script that installs what the stages need."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("cat", "chmod", "dirname", "env", "grep", "rm", "tee")


class Machine:
    """A copy of `./dev` on a machine whose programs only write down what they were told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy = folder / "policy-rc.d"
        self.log = folder / "log"
        script = (ROOT / "dev").read_text().replace("/usr/sbin/policy-rc.d", str(self.policy))
        (folder / "dev").write_text(script)
        (folder / "bin").mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (folder / "bin" / name).symlink_to(found)
        self.program("id", "echo 0")
        self.program("systemctl", f'echo "systemctl $*" >>{self.log}')
        self.program(
            "dpkg-query",
            '[ "$1" = -L ] || exit 1\n'
            "case $* in *docker-registry*) echo /lib/systemd/system/docker-registry.service;; esac",
        )
        self.apt("exit 0")

    def program(self, name: str, body: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def apt(self, end: str) -> None:
        self.program(
            "apt-get",
            f'[ "$1" = install ] || exit 0\n{self.policy} && verdict=starts || verdict="code $?"\n'
            f'case $* in *docker-registry*) echo "policy: $verdict" >>{self.log};; esac\n{end}',
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", self.folder / "dev", *arguments],
            env={"PATH": str(self.folder / "bin"), "HOME": str(self.folder)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def told(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_services_among_the_packages_are_neither_started_nor_enabled(machine: Machine) -> None:
    machine.run("demo")  # ends because there is no Python
    assert machine.told == ["policy: code 101", "systemctl disable --quiet docker-registry.service"]
    assert not machine.policy.exists()


def test_the_policy_goes_when_the_installation_fails(machine: Machine) -> None:
    machine.apt("exit 100")
    assert machine.run("demo").returncode != 0
    assert not machine.policy.exists()


def test_a_policy_that_is_there_stays_as_it_is(machine: Machine) -> None:
    machine.policy.write_text("#!/bin/sh\nexit 104\n")
    machine.policy.chmod(0o755)
    machine.run("demo")
    assert machine.told[0] == "policy: code 104"
    assert machine.policy.read_text() == "#!/bin/sh\nexit 104\n"


def test_a_wrong_stage_is_a_wrong_usage(machine: Machine) -> None:
    ran = machine.run("nosuch")
    assert (ran.returncode, machine.told) == (2, [])
    assert "dev: no such stage: nosuch" in ran.stderr
