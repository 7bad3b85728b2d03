"""Two libcryptos in one process: contenttrust's and that of `cryptography`, each with its own.

Usage: beside_cryptography.py FIRST SECOND: the packages in the order in which they are loaded
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ENGINE, OTHER = "contenttrust._core", "cryptography.hazmat.bindings._rust"


def check_signatures() -> None:
    """Sign with one; both accept the signature and refuse a changed message, in turns."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    from contenttrust import crypto

    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for message in (b"one", b"two", b"three"):
        der = private.sign(message, ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        plain = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if not crypto.verify(pem, plain, message, "ecdsa"):
            sys.exit("contenttrust refuses a right signature")
        if crypto.verify(pem, plain, message + b"!", "ecdsa"):
            sys.exit("contenttrust accepts a wrong signature")
        private.public_key().verify(der, message, ec.ECDSA(hashes.SHA256()))
        try:
            private.public_key().verify(der, message + b"!", ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            continue
        sys.exit("cryptography accepts a wrong signature")


def grafted_alone() -> str:
    """The shared libcrypto that came with the engine; that of `cryptography` is linked in."""
    mapped = {
        Path(line.split(maxsplit=5)[5].strip())
        for line in Path("/proc/self/maps").read_text().splitlines()
        if "/libcrypto" in line
    }
    ours = {path for path in mapped if path.parent.name == "contenttrust.libs"}
    if len(ours) != 1:
        sys.exit(f"the engine does not use its own libcrypto: {sorted(map(str, mapped))}")
    return ours.pop().name


def main(order: list[str]) -> None:
    """Load both in the given order and let each verify."""
    if sorted(order) != sorted((ENGINE, OTHER)):
        sys.exit(f"expected {ENGINE} and {OTHER} in either order")
    for name in order:
        importlib.import_module(name)
    check_signatures()

    from cryptography.hazmat.backends.openssl import backend

    import contenttrust

    info = contenttrust.build_info()
    if info["libcrypto loaded"] != info["libcrypto compiled"]:
        sys.exit(f"another libcrypto was loaded: {info}")
    print(
        f"{' before '.join(name.partition('.')[0] for name in order)}: {grafted_alone()} is "
        f"{info['libcrypto loaded']}; cryptography has {backend.openssl_version_text()}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
