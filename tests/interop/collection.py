"""What a publisher does to one collection, with the words of docker and of notary."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from interop.images import Image, image, layer_tar
from interop.processes import Ran, run
from interop.publisher import Publisher

P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)


class Collection:
    """One image repository and its trust data, seen by who publishes it."""

    def __init__(self, publisher: Publisher, repository: str) -> None:
        """Nothing is pushed or signed yet."""
        self.publisher = publisher
        self.repository = repository
        self.gun = f"{publisher.registry.host}/{repository}"
        self.digests: dict[str, str] = {}
        """Digest of each image by the label of what is in it."""

    def store(self, label: str, *, tag: str | None = None) -> Image:
        """Put an image into the registry without signing anything."""
        made = image(label)
        self.publisher.registry.push(self.repository, made, tag=tag)
        self.digests[label] = made.digest
        return made

    # --- with docker ----------------------------------------------------------

    def push(self, tag: str, label: str) -> None:
        """`docker push`: stores an image made locally, and signs it."""
        self._import(tag, label)
        pushed = self.publisher.docker("push", f"{self.gun}:{tag}")
        self._record(pushed, label)

    def push_unsigned(self, tag: str, label: str) -> None:
        """`docker push` of an image made locally, without signing it."""
        self._import(tag, label)
        self._record(self.publisher.docker("push", f"{self.gun}:{tag}", trust=False), label)

    def sign(self, tag: str, label: str) -> None:
        """`docker trust sign` of an image made locally."""
        self._import(tag, label)
        self._record(self.publisher.docker("trust", "sign", f"{self.gun}:{tag}"), label)

    def _import(self, tag: str, label: str) -> None:
        tar = self.publisher.folder / "layer.tar"
        tar.write_bytes(layer_tar(label))
        self.publisher.docker("import", str(tar), f"{self.gun}:{tag}", trust=False)

    def _record(self, pushed: Ran, label: str) -> None:
        digest = re.search(r"digest: (sha256:[0-9a-f]{64})", pushed.out)
        assert digest, str(pushed)
        self.digests[label] = digest[1]

    def revoke(self, tag: str | None = None) -> None:
        """`docker trust revoke`, of one tag or of all."""
        name = self.gun if tag is None else f"{self.gun}:{tag}"
        self.publisher.docker("trust", "revoke", "-y", name)

    def add_signer(self, name: str) -> None:
        """`docker trust signer add` with a bare key, which is made here."""
        folder = self.publisher.folder
        if not (folder / f"{name}.pub").exists():
            self.publisher.docker("trust", "key", "generate", name, "--dir", str(folder))
        key = str(folder / f"{name}.pub")
        self.publisher.docker("trust", "signer", "add", "--key", key, name, self.gun)

    # --- with notary ----------------------------------------------------------

    def create(self) -> None:
        """`notary init`: a published collection without any tag; the client holds its snapshot."""
        self.publisher.notary("init", self.gun, "-p")

    def add(self, tag: str, label: str, *roles: str, sha512: bool = False) -> None:
        """`notary addhash`: stages a tag in `targets` or in the roles named."""
        made = self.store(label)
        digest = ["--sha256", made.digest.removeprefix("sha256:")]
        if sha512:
            digest = ["--sha512", hashlib.sha512(made.manifest).hexdigest()]
        into = [word for role in roles for word in ("-r", role)]
        self.publisher.notary("addhash", self.gun, tag, str(made.size), *digest, *into)

    def add_file(self, tag: str, label: str) -> None:
        """`notary add` of the manifest as a file, which lists SHA-512 beside SHA-256."""
        made = self.store(label)
        manifest = self.publisher.folder / "manifest.json"
        manifest.write_bytes(made.manifest)
        self.publisher.notary("add", self.gun, tag, str(manifest))

    def remove(self, tag: str, *roles: str) -> None:
        """`notary remove`: stages that a tag goes."""
        into = [word for role in roles for word in ("-r", role)]
        self.publisher.notary("remove", self.gun, tag, *into)

    def publish(self) -> None:
        """`notary publish` of what is staged."""
        self.publisher.notary("publish", self.gun)

    def rotate(self, role: str, *options: str) -> None:
        """`notary key rotate`."""
        self.publisher.notary("key", "rotate", self.gun, role, *options, stdin="yes\n")

    def certify(self, name: str, *, kind: tuple[str, ...]) -> Path:
        """A self-signed certificate of that name, whose key the publisher holds."""
        folder = self.publisher.folder
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        run(
            [
                *("openssl", "req", "-x509", "-nodes", "-newkey", *kind, "-subj", f"/CN={name}"),
                *("-days", "3650", "-keyout", str(key), "-out", str(certificate)),
            ],
            self.publisher.env,
        ).succeeded()
        self.publisher.notary("key", "import", str(key), "--role", name)
        return certificate

    def delegate(
        self,
        role: str,
        *paths: str,
        kind: tuple[str, ...] = P256,
    ) -> None:
        """`notary delegation add` with a certificate; without paths for all of them."""
        certificate = self.certify(role.replace("/", "_"), kind=kind)
        allowed = ["--paths", ",".join(paths)] if paths else ["--all-paths"]
        self.publisher.notary("delegation", "add", self.gun, role, str(certificate), *allowed, "-p")

    def undelegate(self, role: str, *what: str) -> None:
        """`notary delegation remove`: key ids or `--paths`; without either the whole role."""
        self.publisher.notary("delegation", "remove", self.gun, role, *what, "-y", "-p")

    def key_ids(self, role: str) -> list[str]:
        """Ids of a delegation's keys, as `notary delegation list` shows them."""
        listed = self.publisher.notary("delegation", "list", self.gun).out
        row = re.search(rf"^{re.escape(role)} .*", listed, re.MULTILINE)
        return re.findall(r"[0-9a-f]{64}", row[0]) if row else []

    def purge(self, key_id: str) -> None:
        """`notary delegation purge`: the key goes from all delegations."""
        self.publisher.notary("delegation", "purge", self.gun, "--key", key_id, "-p")

    def delete(self) -> None:
        """`notary delete --remote`: server and publisher forget the collection."""
        self.publisher.notary("delete", self.gun, "--remote")
