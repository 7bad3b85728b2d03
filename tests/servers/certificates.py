"""Certificates for test servers: right ones, and all kinds of wrong ones."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("localhost", "127.0.0.1", "::1")
_DAY = timedelta(days=1)


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _subject_names(hosts: tuple[str, ...]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_subject_name(host) for host in hosts])


def _subject_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """A certificate authority that issues whatever it is asked to.

    TLS reads the system clock, so these certificates are made around the present moment.
    """

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        """Make one, and write its certificate to a file of `folder`."""
        self._folder = folder
        self._name = name
        self.ca_file = str(folder / f"{name}.crt")
        self.pem = self._signed(name, (), days=(-1, 30), issuer=None)
        Path(self.ca_file).write_bytes(self.pem)

    def issue(
        self,
        hosts: tuple[str, ...] = HOSTS,
        *,
        days: tuple[int, int] = (-1, 30),
        self_signed: bool = False,
        client: bool = False,
    ) -> tuple[str, str]:
        """Files with a certificate and its key.

        Args:
            hosts: Names and addresses that it is for.
            days: When it begins and ends, counted from today.
            self_signed: Whether nobody vouches for it but itself.
            client: Whether it is for a client instead of a server.
        """
        name = f"{hosts[0]}{days}{self_signed}{client}"
        issuer = name if self_signed else self._name
        pem = self._signed(name, hosts, days=days, issuer=issuer, client=client)
        key = _key(name).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        cert_file, key_file = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        cert_file.write_bytes(pem)
        key_file.write_bytes(key)
        return str(cert_file), str(key_file)

    def _signed(
        self,
        name: str,
        hosts: tuple[str, ...],
        *,
        days: tuple[int, int],
        issuer: str | None,
        client: bool = False,
    ) -> bytes:
        issuer = name if issuer is None else issuer
        today = datetime.now(timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name[:60]))
            .issuer_name(_name(issuer[:60]))
            .public_key(_key(name).public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + days[0] * _DAY)
            .not_valid_after(today + days[1] * _DAY)
            .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
        )
        if hosts:
            use = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
            builder = builder.add_extension(_subject_names(hosts), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        certificate = builder.sign(_key(issuer), hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM)
