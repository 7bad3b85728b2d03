"""Which certificate authorities are trusted: the system's, and files that are named beside them.

libcurl's wheels bring an OpenSSL that was built for another system, so the places are looked up
here, where Go's programs look too.

Source: Go `crypto/x509/root_unix.go` and `root_linux.go`.
"""

from __future__ import annotations

import os

from contenttrust.errors import TlsError, shown
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.transport.tls import Tls

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_HEXADECIMAL = set("0123456789abcdef")
_HASH_LENGTH = 8
_LARGE = 32_768  # bytes of a bundle, about twenty authorities: 1 ms
_LONGEST = 64 * 1024 * 1024  # bytes of a bundle, against a file without end
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class Authorities:
    """Certificate authorities as libcurl takes them.

    Attributes:
        folders: Folders in which OpenSSL finds an authority by its hash, joined by colons, or
            empty. To read the one that is needed takes microseconds; all of a bundle take 6 ms.
        bundle: A file that counts beside them, or empty.
        blob: More of them in PEM form. libcurl reads either `bundle` or `blob`.
        fallback: A large bundle while it is unread, or empty: it may hold an authority that the
            folders lack, because somebody appended it without hashing them anew.
    """

    __slots__ = ("blob", "bundle", "fallback", "folders")

    def __init__(self, tls: Tls, *, env: Mapping[str, str]) -> None:
        """Look up the system's authorities, and read the named ones.

        Args:
            tls: Names the files, and whether the system's count.
            env: Environment variables; `SSL_CERT_FILE` and `SSL_CERT_DIR` take the places of the
                well-known bundle and folders, each for itself.

        Raises:
            TlsError: A named file cannot be read, or holds no certificate.

        Source: Go ``crypto/x509``, ``loadSystemRoots``.
        """
        self.folders = self.bundle = self.fallback = ""
        self.blob = b"".join(_certificates(path) for path in tls.ca_files)
        if tls.system:
            self._find_system(env)
            self._join()

    def fall_back(self) -> bool:
        """Read the system's bundle too; whether that is something new."""
        if not self.fallback:
            return False
        self.bundle, self.fallback = self.fallback, ""
        self._join()
        return True

    def _find_system(self, env: Mapping[str, str]) -> None:
        named = env.get("SSL_CERT_FILE")
        bundles = (named,) if named else _BUNDLES
        # pathlib would double the import time
        bundle = next((path for path in bundles if os.path.isfile(path)), "")  # noqa: PTH113
        places = env.get("SSL_CERT_DIR")
        hashed = [path for path in (places.split(":") if places else _FOLDERS) if _is_hashed(path)]
        is_spare = bool(hashed and bundle) and os.path.getsize(bundle) > _LARGE  # noqa: PTH202
        self.folders = ":".join(hashed)
        self.bundle = "" if is_spare else bundle
        self.fallback = bundle if is_spare else ""

    def _join(self) -> None:
        """Put the bundle into the blob where there is one."""
        if self.blob and self.bundle:
            self.blob += _certificates(self.bundle)
            self.bundle = ""


def certificates_in(path: str, *, limit: int = chosen_file.LIMIT) -> bytes:
    """The content of a file of certificates.

    Args:
        path: Of the file.
        limit: Most bytes that it may have.

    Raises:
        OSError: It is missing, is a directory, or cannot be opened.
        ValueError: It is no regular file, is larger than the limit, or holds no certificate.
    """
    data = chosen_file.read(path, limit=limit)
    if _CERTIFICATE not in data:
        raise ValueError("it holds no certificate in PEM form")
    return data


def _certificates(path: str) -> bytes:
    try:
        return certificates_in(path, limit=_LONGEST) + b"\n"
    except OSError as error:
        cause = error.strerror
        raise TlsError(f"the CA file {shown(path)} cannot be read: {cause}") from error
    except ValueError as error:
        raise TlsError(f"the CA file {shown(path)} cannot be used: {error}") from error


def _is_hashed(folder: str) -> bool:
    """Whether a folder has names such as ``5ed36f99.0``, by which OpenSSL finds an authority."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, _, number = entry.name.partition(".")
                if len(stem) == _HASH_LENGTH and set(stem) <= _HEXADECIMAL and number.isdigit():
                    return True
    except OSError:
        pass
    return False
