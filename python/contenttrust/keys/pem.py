"""The headers of a PEM block, written anew around the text that it holds."""

from __future__ import annotations

from contenttrust._core import KeyFile
from contenttrust.errors import KeyFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 64
_FIRST = "Proc-Type"  # RFC 1421 wants it before all others


def with_headers(block: bytes, headers: Mapping[str, str]) -> bytes:
    """The same PEM block with other headers, as Go and so notary writes it.

    Args:
        block: One PEM block.
        headers: All that it is to have; empty values are left out.

    Raises:
        KeyFileError: A header cannot be written.
    """
    if not is_text(*headers.values()):
        raise KeyFileError("a header of the key file cannot be written: it is no text")
    lines = [line.strip() for line in block.strip().splitlines()]
    begin, body, end = lines[0], lines[1:-1], lines[-1]
    if b"" in body:
        body = body[body.index(b"") + 1 :]
    text = b"".join(body)
    wanted = {name: value for name, value in headers.items() if value}
    written = [
        begin,
        *(f"{name}: {wanted[name]}".encode() for name in sorted(wanted, key=_order)),
        *([b""] if wanted else []),
        *(text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)),
        end,
        b"",
    ]
    block = b"\n".join(written)
    if KeyFile.parse(block).headers != wanted:
        raise KeyFileError("a header of the key file cannot be written: it is no plain text")
    return block


def is_text(*values: str) -> bool:
    """Whether texts can be written: a command line may hold half characters, and control ones."""
    try:
        text = "".join(values).encode()
    except UnicodeEncodeError:
        return False
    return not any(byte < 0x20 or byte == 0x7F for byte in text)  # noqa: PLR2004 - as in armor.cpp


def public_key_pem(public: bytes, role: str) -> bytes:
    """A public key as ``docker trust key generate`` writes it.

    Args:
        public: DER SubjectPublicKeyInfo, or the 32 bytes of an Ed25519 key.
        role: Name of the signer, or what else the key is for; empty: nobody knows.
    """
    import base64  # noqa: PLC0415 - rarely needed

    text = base64.b64encode(_ED25519 + public if len(public) == _ED25519_LENGTH else public)
    body = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    begin, end = b"-----BEGIN PUBLIC KEY-----", b"-----END PUBLIC KEY-----"
    header = [f"role: {role}".encode(), b""] if role else []
    return b"\n".join((begin, *header, *body, end, b""))


# What stands before the 32 bytes in a SubjectPublicKeyInfo (RFC 8410 §4).
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_ED25519_LENGTH = 32


def _order(name: str) -> tuple[bool, str]:
    return name != _FIRST, name
