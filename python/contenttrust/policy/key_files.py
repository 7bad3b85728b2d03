"""Keys and certificates that a policy names, by id or by file."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TypeVar

from contenttrust._core import PublicKey
from contenttrust.errors import MalformedError
from contenttrust.policy.people import Key
from contenttrust.transport import authorities, chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.policy.fields import Field

_T = TypeVar("_T")

_FILE = "file:"
_OTHER_FORMATS = ("cosign:", "notation:", "sigstore:", "gpg:")


class KeyFiles:
    """Reads the files that one policy names; each path is relative to its folder."""

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        """Read below a folder; with None no file may be named."""
        self._folder = None if folder is None else os.fspath(folder)

    def key(self, field: Field) -> Key:
        """A key, from its name or from ``file:`` and a path."""
        text = self._own_format(field)
        if text.startswith(_FILE):
            public = self._public_key(field, text)
            return Key(public.canonical_key_id, sha256(public.spki).hexdigest())
        try:
            return Key.parse(text)
        except ValueError as error:
            field.fail(str(error))

    def root_key(self, field: Field) -> str:
        """The canonical id of a root key: roots are not compared by anything else."""
        key = self.key(field)
        if not key.id:
            field.fail("a root key is pinned by its canonical id or by its file, not by spki:")
        return key.id

    def certificate(self, field: Field) -> str:
        """The id of a certificate, as ``contenttrust inspect`` shows it."""
        text = self._own_format(field)
        if not text.startswith(_FILE):
            try:
                key = Key.parse(text)
            except ValueError as error:
                field.fail(str(error))
            if not key.id:
                field.fail("a certificate is pinned by its id or by its file, not by spki:")
            return key.id
        public = self._public_key(field, text)
        if not public.key_type.endswith("-x509"):
            field.fail(f"{text!a} holds a bare key and no certificate")
        return public.key_id

    def authority(self, field: Field) -> bytes:
        """The PEM text of an authority's certificates."""
        text = field.text()
        if not text.startswith(_FILE):
            field.fail(f"{field.name} is a file: write file: and its path")
        return self._checked(field, self.path(field, text.removeprefix(_FILE)))

    def authorities(self, field: Field) -> str:
        """The path of a file of certificates, which is one."""
        path = self.path(field, field.text().removeprefix(_FILE))
        self._checked(field, path)
        return path

    def path(self, field: Field, text: str) -> str:
        """A path that may be relative to the folder of the policy."""
        if self._folder is None:
            field.fail("files may be named only in a policy that is a file itself")
        if not text or "\0" in text:
            field.fail(f"{field.name} names no file")
        return os.path.normpath(os.path.join(os.path.abspath(self._folder), text))  # noqa: PTH118, PTH100

    def _checked(self, field: Field, path: str) -> bytes:
        def read() -> bytes:
            authorities.certificates_in(path)
            return chosen_file.read(path)

        return _read(field, path, read)

    def _public_key(self, field: Field, text: str) -> PublicKey:
        path = self.path(field, text.removeprefix(_FILE))
        return _read(field, path, lambda: PublicKey.read(chosen_file.read(path)))

    def _own_format(self, field: Field) -> str:
        text = field.text()
        if text.startswith(_OTHER_FORMATS):
            kind = text.partition(":")[0]
            field.fail(f"keys of {kind} are not supported: only keys of Docker Content Trust are")
        return text


def _read(field: Field, path: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except OSError as error:
        field.fail(f"{path!a} cannot be read: {error.strerror or error}")
    except MalformedError as error:
        field.fail(f"{path!a}: {error.message}")
    except ValueError as error:
        field.fail(f"{path!a}: {error}")
