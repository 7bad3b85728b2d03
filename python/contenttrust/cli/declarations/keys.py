"""The verbs of private keys."""

from __future__ import annotations

from contenttrust.cli.argument_types import algorithm, descriptor, key_id, name_text
from contenttrust.cli.declarations.verb import (
    ANCHORS,
    VERDICTS,
    Verb,
    add_one,
    add_several,
    add_yes,
)
from contenttrust.cli.options import Gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_MEANINGLESS = (*VERDICTS, *ANCHORS)

_GENERATE = """\
With a NAME: the key of a signer; NAME.pub is for whoever adds the signer. Without: a root key.
docker and notary take no ed25519 key for root, nor as a signer's.

examples:
  contenttrust key generate alice
  contenttrust key generate --algorithm rsa --role root
"""
_LOAD = """\
examples:
  contenttrust key load alice.key --name alice
"""
_IMPORT = """\
The role that a file names for its key holds: take it of nobody else's file, unless you know it.

examples:
  contenttrust key import exported.pem
  contenttrust key import --role targets --gun registry.example.com/team/web targets.pem
  contenttrust key import --role root 'hsm:2?label=release'
"""
_EXPORT = """\
The keys stay encrypted, each with its own passphrase.

examples:
  contenttrust key export --gun registry.example.com/team/web -o exported.pem
"""
_PUBLIC = """\
The role of the key stands in its header, as in the NAME.pub of `key generate`.

examples:
  contenttrust key public <64 hex digits> alice.pub
  contenttrust key public <64 hex digits>
"""
_LIST = """\
examples:
  contenttrust key list
  contenttrust key list -o json
"""
_REMOVE = """\
examples:
  contenttrust key remove -y <64 hex digits>
"""
_CHANGE = """\
The new passphrase is asked for at the terminal unless it is given; the environment has the old one.

examples:
  contenttrust key passwd <64 hex digits>
  contenttrust key passwd --passphrase-file old --new-passphrase-file new <64 hex digits>
"""
_BACKUP = """\
The archive has a passphrase of its own, and the keys in it keep theirs.

examples:
  contenttrust key backup keys.backup
"""
_RESTORE = """\
With --check nothing is written: the archive and every key in it are opened.

examples:
  contenttrust key restore keys.backup
  contenttrust key restore --key <64 hex digits> keys.backup
  contenttrust key restore --check --gun registry.example.com/team/web keys.backup
"""


def _declare_generate(made: ArgumentParser) -> None:
    made.add_argument("operand", metavar="NAME", nargs="?", type=name_text, help="of the signer")
    add_one(made, "--dir", dest="directory", metavar="DIR", help="where NAME.pub is written "
            "(default: the current directory)")  # fmt: skip
    add_one(made, "--algorithm", dest="algorithm", metavar="ALGORITHM", type=algorithm,
            help="ecdsa (P-256, the default), ecdsa-p384, rsa (3072 bits) or "
            "ed25519")  # fmt: skip
    add_one(made, "--role", dest="role", metavar="ROLE", help="without a NAME: what the key is for "
            "(default: root)")  # fmt: skip
    add_one(made, "--gun", dest="gun_filter", metavar="GUN", help="the collection of a targets or "
            "snapshot key")  # fmt: skip


def _declare_load(made: ArgumentParser) -> None:
    made.add_argument("file", metavar="KEYFILE", type=name_text, help="PEM file with a private "
                      "key")  # fmt: skip
    add_one(made, "--name", dest="name", metavar="NAME", help="name of the signer, where the file "
            "has none (default: signer)")  # fmt: skip


def _declare_import(made: ArgumentParser) -> None:
    made.add_argument("files", metavar="FILE", nargs="+", type=name_text, help="PEM file with "
                      "private keys, or the address of a key that is kept elsewhere")  # fmt: skip
    add_one(made, "--role", dest="role", metavar="ROLE", help="of keys that name none (default: "
            "delegation)")  # fmt: skip
    add_one(made, "--gun", dest="gun_filter", metavar="GUN", help="of targets and snapshot keys "
            "that name none")  # fmt: skip


def _declare_export(made: ArgumentParser) -> None:
    add_several(made, "--key", dest="keys", metavar="ID", type=key_id, help="only this key (may be "
                "repeated)")  # fmt: skip
    add_one(made, "--gun", dest="gun_filter", metavar="GUN", help="only keys of this collection")
    # -o is notary's here: what is exported is no text for people that could be json instead.
    group = made.add_argument_group("where to", conflict_handler="resolve")
    group.add_argument("-o", "--output", metavar="FILE", type=name_text, action=Gather,
                       dest="to_after", help="a new file to write (default: standard "
                       "output)")  # fmt: skip


def _declare_key(made: ArgumentParser) -> None:
    made.add_argument("key", metavar="ID", type=key_id, help="id of the key, as key list shows it")


def _declare_public(made: ArgumentParser) -> None:
    _declare_key(made)
    made.add_argument("operand", metavar="FILE", nargs="?", type=name_text, help="a file to write; "
                      "one that holds something else stays as it is (default: standard "
                      "output)")  # fmt: skip


def _declare_remove(made: ArgumentParser) -> None:
    _declare_key(made)
    add_yes(made, "the key is removed")


def _declare_passwd(made: ArgumentParser) -> None:
    _declare_key(made)
    add_one(made, "--new-passphrase-file", dest="new_passphrase_file", metavar="FILE",
            help="the first line of this file is the new passphrase")  # fmt: skip
    add_one(made, "--new-passphrase-fd", dest="new_passphrase_fd", metavar="N", type=descriptor,
            help="the first line of this open descriptor is the new passphrase")  # fmt: skip


def _declare_backup(made: ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE", type=name_text, help="a new file to write")
    add_several(made, "--key", dest="keys", metavar="ID", type=key_id, help="only this key (may be "
                "repeated)")  # fmt: skip


def _declare_restore(made: ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE", type=name_text, help="what key backup wrote")
    add_several(
        made,
        "--key",
        dest="keys",
        metavar="ID",
        type=key_id,
        help="only this key (may be repeated; default: all)",
    )
    made.add_argument("--check", action="store_true", help="restore nothing: prove that the keys "
                      "can be used")  # fmt: skip
    add_one(made, "--gun", dest="gun_filter", metavar="GUN", help="with --check: the keys must be "
            "enough for the published root of this collection")  # fmt: skip


VERBS = (
    Verb(
        "key generate",
        "[NAME]",
        "make a key for a signer, or a root key",
        _GENERATE,
        _declare_generate,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key load",
        "KEYFILE",
        "load the private key of a signer as docker trust key load does",
        _LOAD,
        _declare_load,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key import",
        "FILE [FILE ...]",
        "import the private keys of PEM files as notary does",
        _IMPORT,
        _declare_import,
        several="files",
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key export",
        "",
        "export private keys, encrypted as they are",
        _EXPORT,
        _declare_export,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key public",
        "ID [FILE]",
        "write the public half of a key, for whoever adds its signer",
        _PUBLIC,
        _declare_public,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key list",
        "",
        "list the private keys that are here",
        _LIST,
        lambda made: None,  # noqa: ARG005 -- it has no operands
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key remove",
        "ID",
        "remove a private key",
        _REMOVE,
        _declare_remove,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key passwd",
        "ID",
        "change the passphrase of a private key",
        _CHANGE,
        _declare_passwd,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key backup",
        "FILE",
        "seal private keys into one encrypted archive",
        _BACKUP,
        _declare_backup,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "key restore",
        "FILE",
        "restore private keys from an archive, or prove that they can be",
        _RESTORE,
        _declare_restore,
        refuses=VERDICTS,
    ),
)
