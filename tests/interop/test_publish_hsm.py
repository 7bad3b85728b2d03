"""Keys of signers and of root in an HSM, at a real trust server; docker pulls what they signed."""

from __future__ import annotations

import subprocess

import softhsm
from contenttrust import _core, clock
from interop.processes import run
from interop.readers import program
from interop.signed_repository import Repository


def test_docker_pulls_what_a_key_in_an_hsm_has_signed(repository: Repository) -> None:
    folder = repository.folder
    repository.publisher.env |= softhsm.token(folder, "secp256r1")
    pin = folder / "pin"
    pin.write_bytes(softhsm.PIN)
    pin.chmod(0o600)
    repository.docker.store("one", tag="v1")

    given = ["--passphrase-file", str(pin)]
    load = [program(), "key", "load", "hsm:2?label=release", "--name", "release", *given]
    run(load, repository.publisher.env, cwd=folder).succeeded()
    key = str(folder / "release.pub")
    repository.commands("signer", "add", "--key", key, "release", repository.gun).succeeded()
    image = f"{repository.gun}:v1"
    repository.commands("sign", *given, image).succeeded()

    assert repository.pulls("v1") == repository.docker.digests["one"]
    [row] = [line for line in repository.inspected().splitlines() if line.startswith("v1 ")]
    assert row.endswith(" release")


def test_docker_pulls_from_a_collection_whose_root_key_is_in_an_hsm(repository: Repository) -> None:
    folder = repository.folder
    repository.publisher.env |= softhsm.token(folder, "secp256r1")
    key = folder / "root.pem"
    made = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run([*made, "-out", str(key)], check=True, capture_output=True)
    root = _core.PrivateKey.decode(key.read_bytes())
    now = clock.now()
    certificate = folder / "root.crt"
    ends = _core.Instant(now.seconds + 3_000 * 86_400)
    certificate.write_bytes(root.certificate(repository.gun, now, ends))
    softhsm.bring(repository.publisher.env, key, 3)
    key.unlink()
    pin = folder / "pin"
    pin.write_bytes(softhsm.PIN)
    pin.chmod(0o600)
    repository.docker.store("one", tag="v1")

    given = ["--passphrase-file", str(pin)]
    address = "hsm:3?label=release"
    loaded = repository.commands("key", "load", *given, address, "--name", "root")
    assert f"contenttrust key import --role root '{address}'" in loaded.err
    repository.commands("key", "import", *given, "--role", "root", address).succeeded()
    begin = ["init", *given, "--server-managed", "--rootcert", str(certificate), "-p"]
    repository.commands(*begin, repository.gun).succeeded()
    repository.commands("sign", *given, f"{repository.gun}:v1").succeeded()

    assert repository.pulls("v1") == repository.docker.digests["one"]
    listed = repository.commands("key", "list").succeeded().out
    assert [row.split()[1] for row in listed.splitlines() if "root" in row] == [root.key_id]
