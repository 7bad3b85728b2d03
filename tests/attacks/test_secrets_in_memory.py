"""What a command leaves in its memory, its arguments, its words and its children: no secret.

Threats T101 and T103. A command is stopped where its process would end, and everything that it can
read is searched from outside, by the superuser: what forbids dumps forbids that to others. While it
has keys open they are in memory that core images leave out, and there is no core image.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from attacks.publishing import NEW, OLD, Machine
from attacks.stopped import Stopped, numbers_of, private_numbers
from contenttrust._core import PrivateKey, PublicKey
from servers import Authority

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="reads the memory of another process"
)

WAYS = ("terminal", "file", "descriptor")


@pytest.fixture
def machine(authority: Authority, tmp_path: Path) -> Iterator[Machine]:
    with Machine(tmp_path / "machine", authority) as machine:
        yield machine


@pytest.fixture
def trust_dir(machine: Machine) -> Path:
    return machine.folder / "trust"


def sign(machine: Machine, trust_dir: Path, *more: str) -> list[str]:
    return ["sign", f"{machine.gun}:1", "--trust-dir", str(trust_dir), *machine.asking(), *more]


def begun(machine: Machine, arguments: list[str], way: str, passphrase: bytes = OLD) -> Stopped:
    """A command with its passphrase on one of the ways."""
    if way == "file":
        path = machine.folder / "given"
        path.write_bytes(passphrase + b"\n")
        path.chmod(0o600)
        return Stopped([*arguments, "--passphrase-file", str(path)], machine.env)
    if way == "descriptor":
        given, giver = os.pipe()
        os.write(giver, passphrase + b"\n")
        os.close(giver)
        options = ["--passphrase-fd", str(given)]
        return Stopped([*arguments, *options], machine.env, pass_fds=(given,))
    return Stopped(arguments, machine.env, terminal=True)


@pytest.mark.parametrize("way", WAYS)
def test_t103_no_secret_is_in_memory_after_a_first_signature(
    machine: Machine, trust_dir: Path, way: str
) -> None:
    if way != "terminal":  # nobody who is not there begins a collection with `sign`
        made = machine.collection(trust_dir)
        made.initialize(server_managed=("timestamp", "snapshot"))
        made.publish()
    run = begun(machine, sign(machine, trust_dir), way)
    if way == "terminal":
        run.types([b"new root key with", b"Repeat", b"new repository key", b"Repeat"], OLD)
    run.reaches_its_end()
    secrets = private_numbers(trust_dir, OLD)
    assert len(secrets) == 2 * 4
    places = run.places({"passphrase": OLD, **secrets})
    code, said = run.ends()
    assert (code, places) == (0, []), said
    assert OLD.decode() not in said


SIGNERS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa": lambda: rsa.generate_private_key(65_537, 2_048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("kind", SIGNERS)
def test_t103_no_secret_of_a_signer_is_in_memory_after_a_signature(
    machine: Machine, trust_dir: Path, kind: str
) -> None:
    made = machine.collection(trust_dir)
    made.initialize()
    secrets = private_numbers(trust_dir, OLD)
    signer = SIGNERS[kind]()
    hers = numbers_of("alice", signer)
    pem = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = PrivateKey.decode(pem)
    made.keys.add(key, role="alice")
    for role in ("targets/alice", "targets/releases"):
        made.add_delegation(role, keys=[PublicKey.of(key.key_type, key.public)], paths=[""])
    made.publish()
    runs: list[Stopped] = []
    open_at: list[str] = []
    machine.memory.before_publish.append(lambda: open_at.extend(runs[0].places(hers)))
    runs.append(begun(machine, sign(machine, trust_dir), "descriptor"))
    runs[0].reaches_its_end()
    places = runs[0].places({"passphrase": OLD, **secrets, **hers})
    code, said = runs[0].ends()
    assert (code, places) == (0, []), said
    assert open_at, "the key is open while it is used"
    assert machine.memory.signed(machine.gun, "targets/alice")["targets"].keys() == {"1"}


@pytest.mark.parametrize("way", WAYS)
def test_t103_no_secret_is_in_memory_after_a_publication(
    machine: Machine, trust_dir: Path, way: str
) -> None:
    made = machine.collection(trust_dir)
    made.initialize(server_managed=("timestamp",))
    made.add_target("v1", size=1, sha256="aa" * 32)
    arguments = ["publish", machine.gun, "--trust-dir", str(trust_dir), *machine.asking()]
    run = begun(machine, arguments, way)
    if way == "terminal":
        run.types([b"repository key", b"repository key"], OLD)
    run.reaches_its_end()
    secrets = private_numbers(trust_dir, OLD)
    places = run.places({"passphrase": OLD, **secrets})
    code, said = run.ends()
    assert (code, places) == (0, []), said


@pytest.mark.parametrize("way", WAYS)
def test_t103_a_passphrase_that_is_wrong_stays_nowhere(
    machine: Machine, trust_dir: Path, way: str
) -> None:
    wrong = b"what somebody typed by mistake"
    made = machine.collection(trust_dir)
    made.initialize()
    made.publish()
    run = begun(machine, sign(machine, trust_dir, "-v", "-o", "json"), way, wrong)
    if way == "terminal":
        run.types([b"Enter passphrase"] * 3, wrong)
    run.reaches_its_end()
    places = run.places({"passphrase": wrong})
    code, said = run.ends()
    assert (code, places) == (1, [])
    assert "password invalid" in said
    assert wrong.decode() not in said
    assert "Traceback" not in said


def test_t103_neither_passphrase_is_in_memory_after_one_was_changed(
    machine: Machine, trust_dir: Path
) -> None:
    [entry] = [machine.collection(trust_dir).keys.generate(role="alice")]
    arguments = ["key", "passwd", entry.key_id, "--trust-dir", str(trust_dir)]
    arguments += ["--new-passphrase-file", str(machine.folder / "new")]
    run = begun(machine, arguments, "descriptor")
    run.reaches_its_end()
    secrets = private_numbers(trust_dir, NEW)
    places = run.places({"old": OLD, "new": NEW, **secrets})
    assert (run.ends()[0], places) == (0, [])


def test_t103_open_keys_are_guarded_and_dumps_are_forbidden(
    machine: Machine, trust_dir: Path
) -> None:
    made = machine.collection(trust_dir)
    made.initialize(server_managed=("timestamp",))
    made.publish()
    secrets = {"passphrase": OLD, **private_numbers(trust_dir, OLD)}
    seen: dict[str, object] = {}

    def look(run: Stopped) -> None:
        proc = Path(f"/proc/{run.pid}")
        seen["guarded"] = run.places(secrets)
        seen["unguarded"] = run.places(secrets, guarded=False)
        seen["limit"] = re.findall(
            r"Max core file size +(\d+) +(\d+)", (proc / "limits").read_text()
        )
        seen["arguments"] = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()

    runs: list[Stopped] = []
    machine.memory.before_publish.append(lambda: look(runs[0]))
    runs.append(begun(machine, sign(machine, trust_dir), "descriptor"))
    runs[0].reaches_its_end()
    code, said = runs[0].ends()
    assert (code, "dumpable: 0" in said) == (0, True), said
    assert seen["guarded"], "the keys are open while they are used"
    assert seen["unguarded"] == []
    assert seen["limit"] == [("0", "0")]
    arguments = seen["arguments"]
    assert isinstance(arguments, bytes)
    assert not [name for name, secret in secrets.items() if secret in arguments]


HELPER = """\
#!/bin/sh
tr '\\0' '\\n' < /proc/self/environ > "$HOME/environment"
tr '\\0' '\\n' < /proc/$PPID/cmdline > "$HOME/arguments"
ls -l /proc/self/fd > "$HOME/descriptors"
echo '{"ServerURL": "", "Username": "somebody", "Secret": "a password"}'
"""


@pytest.mark.parametrize("way", ["environment", "descriptor"])
def test_t101_programs_that_are_started_get_no_passphrase(
    machine: Machine, trust_dir: Path, way: str
) -> None:
    programs = machine.folder / "bin"
    programs.mkdir()
    helper = programs / "docker-credential-spy"
    helper.write_text(HELPER)
    helper.chmod(0o700)
    config = machine.folder / "docker" / "config.json"
    config.parent.mkdir()
    config.write_text('{"credsStore": "spy"}')
    machine.env["PATH"] += f":{programs}"
    machine.notary.asks_for_password = True
    made = machine.collection(trust_dir)
    made.initialize()
    made.publish()
    if way == "environment":
        for name in ("ROOT", "REPOSITORY"):
            machine.env[f"DOCKER_CONTENT_TRUST_{name}_PASSPHRASE"] = OLD.decode()
        machine.env["NOTARY_DELEGATION_PASSPHRASE"] = OLD.decode()
        run = Stopped(sign(machine, trust_dir, "-v"), machine.env)
    else:
        run = begun(machine, sign(machine, trust_dir, "-v"), way)
    run.reaches_its_end()
    code, said = run.ends()
    assert code == 0, said
    told = [machine.folder / name for name in ("environment", "arguments", "descriptors")]
    for path in told:
        assert OLD.decode() not in path.read_text(), path.name
    assert f"HOME={machine.folder}" in told[0].read_text().splitlines()
    assert not re.search(r" ([3-9]|\d\d) -> (pipe|.*given)", told[2].read_text())
    assert OLD.decode() not in said
