"""The simulator is worth as much as its likeness to what Notary really wrote."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from simulator import Repository, canonical, image, key_pair, served
from simulator.keys import Key, KeyPair

VECTORS = Path(__file__).parents[1] / "vectors"
CAPTURED = sorted(VECTORS.glob("good-*/tuf/**/*.json"))
CANONICAL = [path for path in CAPTURED if "good-syn-" not in path.as_posix()]


def name_of(path: Path) -> str:
    """A file's path below the vectors."""
    return path.relative_to(VECTORS).as_posix()


@pytest.mark.parametrize("path", CANONICAL, ids=name_of)
def test_the_writer_gives_captured_files_byte_for_byte(path: Path) -> None:
    document = json.loads(path.read_bytes())
    signatures = json.dumps(document["signatures"], separators=(",", ":"))

    text = f'{{"signed":{served(canonical(document["signed"]))},"signatures":{signatures}}}'
    assert text.encode() == path.read_bytes()


@pytest.mark.parametrize("path", CAPTURED, ids=name_of)
def test_key_ids_are_those_of_captured_files(path: Path) -> None:
    signed = json.loads(path.read_bytes())["signed"]
    keys: dict[str, Any] = signed.get("keys") or (signed.get("delegations") or {}).get("keys") or {}

    for key_id, key in keys.items():
        public = base64.b64decode(key["keyval"]["public"])
        assert Key(key_pair("any"), key["keytype"], public).id == key_id


def shape(value: Any) -> Any:
    """What kind of value stands where; names that differ from file to file left out."""
    if isinstance(value, dict):
        fixed = {name: shape(item) for name, item in value.items() if len(name) != 64}
        return fixed or {"*": shape(next(iter(value.values())))} if value else {}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize("role", ["root", "targets", "targets/releases", "snapshot", "timestamp"])
def test_a_published_file_has_the_shape_of_a_captured_one(role: str) -> None:
    repo = Repository()
    repo.targets["base"] = image("base")
    releases = repo.delegate("targets/releases", keys=[key_pair("r").certified("releases")])
    releases.targets["1.0"] = image("1.0")
    ours = json.loads(repo.publish()[role])
    captured = json.loads((VECTORS / "good-delegations" / "tuf" / f"{role}.json").read_bytes())

    for document in (ours, captured):
        document["signed"].pop("targets", None)  # the tags are anybody's
        document["signed"].get("meta", {}).pop("targets/releases", None)
        for name in ("alice", "bob", "releases/qa"):
            document["signed"].get("meta", {}).pop(f"targets/{name}", None)
        if role == "targets/releases":
            document["signed"].pop("delegations")
    assert shape(ours) == shape(captured)


def test_root_certificates_are_like_those_that_notary_makes() -> None:
    captured = json.loads((VECTORS / "good-one-tag" / "tuf" / "root.json").read_bytes())["signed"]
    [theirs_id] = captured["roles"]["root"]["keyids"]
    theirs = _certificate(base64.b64decode(captured["keys"][theirs_id]["keyval"]["public"]))
    ours = _certificate(key_pair("root").certified("docker.io/acme/app").public)

    assert ours.signature_algorithm_oid == theirs.signature_algorithm_oid
    for extension in theirs.extensions:
        same = ours.extensions.get_extension_for_oid(extension.oid)
        assert (same.critical, same.value) == (extension.critical, extension.value)


def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "ed25519"])
def test_equal_content_gives_equal_files_where_signing_allows_it(kind: str) -> None:
    repo = Repository()
    pair: KeyPair = key_pair("targets", kind)
    repo.top.keys = [pair.bare]

    again = repo.publish()["targets"] == repo.publish()["targets"]
    assert again == (kind != "rsa2048")  # RSA-PSS is salted
