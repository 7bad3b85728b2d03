"""Certificates with every field of a test's choosing, in the shape of Notary's own."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

MADE = datetime(2026, 11, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True)
class _Issuer:
    """Who signs a certificate that does not sign itself."""

    name: x509.Name
    private: PrivateKey


@dataclass(frozen=True)
class Certificate:
    """What a certificate says; the defaults are those of Notary's root certificates."""

    common_name: str | None
    more_names: tuple[str, ...] = ()
    not_before: datetime = MADE
    not_after: datetime = MADE + timedelta(days=3650)
    is_ca: bool = False
    digest: type[hashes.HashAlgorithm] = hashes.SHA256
    serial: int = 1
    issuer: _Issuer | None = None
    alternative_names: tuple[str, ...] = ()
    organisation: str | None = None

    @property
    def name(self) -> x509.Name:
        """The subject."""
        attributes = []
        if self.organisation is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a GUN may be longer than the 64 characters of X.520
            attributes += [
                x509.NameAttribute(NameOID.COMMON_NAME, text, _validate=False)
                for text in (self.common_name, *self.more_names)
                if text is not None
            ]
        return x509.Name(attributes)

    def as_issuer(self, private: PrivateKey) -> _Issuer:
        """This certificate as the issuer of others."""
        return _Issuer(name=self.name, private=private)

    def pem(self, private: PrivateKey) -> bytes:
        """The certificate of `private`, made once for equal wishes."""
        return _pem(self, private)


@cache
def _pem(wish: Certificate, private: PrivateKey) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(wish.name)
        .issuer_name(wish.issuer.name if wish.issuer else wish.name)
        .public_key(private.public_key())
        .serial_number(wish.serial)
        .not_valid_before(wish.not_before)
        .not_valid_after(wish.not_after)
        .add_extension(x509.BasicConstraints(ca=wish.is_ca, path_length=None), critical=True)
        .add_extension(_key_usage(wish), critical=True)
    )
    if not wish.is_ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
        )
    if wish.alternative_names:
        names = [x509.DNSName(name) for name in wish.alternative_names]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signer = wish.issuer.private if wish.issuer else private
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else wish.digest()
    return builder.sign(signer, digest).public_bytes(serialization.Encoding.PEM)


SHA256_WITH_RSA = bytes.fromhex("2a864886f70d01010b")
SHA1_WITH_RSA = bytes.fromhex("2a864886f70d010105")


def signed_with_sha1(pem: bytes, private: rsa.RSAPrivateKey) -> bytes:
    """A certificate signed anew with SHA-1, which today's libraries refuse to make."""
    certificate = x509.load_pem_x509_certificate(pem)
    content = certificate.tbs_certificate_bytes
    changed = content.replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    signature = private.sign(changed, padding.PKCS1v15(), hashes.SHA1())
    whole = certificate.public_bytes(serialization.Encoding.DER)
    der = whole.replace(content, changed).replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    der = der.replace(certificate.signature, signature)
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def _key_usage(wish: Certificate) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not wish.is_ca,
        key_cert_sign=wish.is_ca,
        crl_sign=wish.is_ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
