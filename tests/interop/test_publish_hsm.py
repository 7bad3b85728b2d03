"""A signer whose key is in an HSM, at a real trust server; docker pulls what the HSM has signed."""

from __future__ import annotations

import softhsm
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
