"""A docker that only notes what it is started with, and a gate over a collection in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.check import Gate
from contenttrust.gate.docker import flags, grammar
from contenttrust.gate.docker.call import Call
from contenttrust.model import Anchor
from contenttrust.policy.rules import Policy, Rule
from contenttrust.policy.settings import DockerSettings
from contenttrust.transport.source import MappingSource
from kept_bases import KeptBases
from noting_docker import WEB, KeptDocker, MakeCall, Noting, installed
from simulator.repository import NOW, Repository
from simulator.roles import image


@pytest.fixture
def noting(tmp_path: Path) -> Noting:
    """The program that notes."""
    return installed(tmp_path)


@pytest.fixture
def policy() -> Policy:
    """Any signature for what is in the registry; nothing is asked of what is built here."""
    return Policy(
        rules=(Rule("registry.example.com/**"), Rule("localhost/**", local_build=True)),
        docker=DockerSettings(),
        implied_pin=Policy.docker_content_trust().implied_pin,
    )


@pytest.fixture
def bases() -> KeptBases:
    """The triggers of base images."""
    return KeptBases()


@pytest.fixture
def call(
    noting: Noting, policy: Policy, repository: Repository, trust_dir: Path, bases: KeptBases
) -> MakeCall:
    """Makes what the shim makes of a command line."""
    repository.targets["1.0"] = image("one")
    repository.targets["2.0"] = image("two")
    files = repository.publish()

    def make(
        name: str,
        *words: str,
        policy: Policy = policy,
        strict: bool = False,
        pinned: bool = True,
        log: AuditLog | None = None,
        **env: str,
    ) -> Call:
        table = getattr(flags, name.upper())
        line = grammar.parse(words, table, interspersed=name not in {"run", "create"})
        env = {"PATH": "/usr/bin:/bin", "NOTES": str(noting.notes), **env}
        gate = Gate(policy, env=env, trust_dir=trust_dir, now=NOW, strict=strict, bases=bases,
                    log=log, door=f"docker {name}",
                    source=lambda gun: MappingSource(files if gun == WEB else {}),
                    anchor=lambda gun: Anchor.root(files["root"]) if gun == WEB and pinned
                    else Anchor.first_use())  # fmt: skip
        docker = KeptDocker(str(noting.path), [], env)
        return Call(name=name, words=[name], line=line, docker=docker, gate=gate, env=env)

    return make


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a build, which is the current one."""
    folder = tmp_path / "context"
    folder.mkdir()
    folder.joinpath("Dockerfile").write_text(f"FROM {WEB}:1.0\n")
    monkeypatch.chdir(folder)
    return folder
