"""One signature, one key: the four ways in which Notary signs, by the engine's own road.

>>> from contenttrust import crypto
>>> key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
>>> signature = bytes.fromhex(
...     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
...     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
... )
>>> crypto.verify(key, signature, b"r", "eddsa")
True
"""

from __future__ import annotations

from contenttrust._core import verify_signature

__all__ = ["verify"]


def verify(key: bytes, signature: bytes, message: bytes, method: str) -> bool:
    """Whether a signature over a message was made with the private half of a key.

    The answer is about these bytes only. Whether the key may sign, whether what it signed is
    current: that is what ``contenttrust.verify`` and ``contenttrust.load`` judge.

    Args:
        key: One public key: PEM text of a ``PUBLIC KEY`` (Docker's ``role:`` header may stand in
            it) or of certificates, of which the first one's key counts and neither time nor issuer
            is looked at; or DER SubjectPublicKeyInfo; or the 32 bytes of an Ed25519 key. ECDSA:
            named curve P-256, P-384 or P-521 and an uncompressed point on it. RSA: 2048 to 8192
            bits, an odd exponent from 3 to 2^31-1. Ed25519: a point of the prime-order group.
        signature: Its bytes, as the base64 of a metadata file holds them. ``ecdsa``: r and s, each
            as long as the curve's order (32, 48 or 66 bytes), one after the other; DER is no such
            signature. ``rsapss`` and ``rsapkcs1v15``: as long as the modulus. ``eddsa``: 64 bytes.
        message: The bytes that were signed, of any length: for a metadata file, the canonical form
            of its ``signed`` member.
        method: ``ecdsa``, ``rsapss``, ``rsapkcs1v15`` or ``eddsa``; upper case means the same.
            Digest and mask are SHA-256, the salt of ``rsapss`` has 32 bytes, ``eddsa`` is Ed25519
            without context or prehash.

    Returns:
        True if the signature holds; False if not, also where the method does not fit the key.

    Raises:
        TypeError: An argument is not of its type; ``bytearray`` and ``memoryview`` can change while
            they are read, and are refused.
        ValueError: The method is none of Notary's.
        PublicKeyError: The key is not usable, ``message`` says why; it is a ``MalformedError``.

    Source: Notary ``tuf/signed/verifiers.go``; FIPS 186-4 §6.4 and RFC 6979 §2.3 (ecdsa), RFC 8017
        §8.1.2 and §8.2.2 (rsapss, rsapkcs1v15), RFC 8032 §5.1.7 (eddsa); RFC 5280 §4.1, RFC 7468
        and RFC 8410 (keys).
    """
    return verify_signature(key, signature, message, method)
