"""The verbs of signing requests."""

from __future__ import annotations

from contenttrust.cli.argument_types import key_id, name_text, number, threshold
from contenttrust.cli.declarations.verb import (
    PASSPHRASES,
    VERDICTS,
    Verb,
    add_gun,
    add_one,
    add_several,
    add_yes,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_PREPARE = """\
What is staged stays staged until the request is published. Keys that are here sign at once.

examples:
  contenttrust addhash -r targets/releases GUN 1.4 1570 --sha256 <64 hex digits>
  contenttrust signing-request prepare GUN release-1.4.json
"""
_INIT = """\
The root keys may be on a machine without network: `key certificate` makes their certificates there.

examples:
  contenttrust signing-request init --root-cert root.crt GUN first-root.json
"""
_ROTATE = """\
Name all keys that the role will have: certificates for root, public keys for targets. The key of
the timestamp is the server's, and that of the snapshot with --server-managed.

examples:
  contenttrust signing-request rotate --key new-root.crt GUN root rotation.json
  contenttrust signing-request rotate --key a.pub --key b.pub --threshold 2 GUN targets both.json
  contenttrust signing-request rotate GUN timestamp timestamp.json
"""
_SHOW = """\
examples:
  contenttrust signing-request show release-1.4.json
"""
_SIGN = """\
Shows what will be signed and asks; no server is asked. The file is written again with the new
signatures, and can then be passed on.

examples:
  contenttrust signing-request sign release-1.4.json
"""
_PUBLISH = """\
Refused as long as signatures are missing, or when others have published since.

examples:
  contenttrust signing-request publish release-1.4.json
"""
_CERTIFICATE = """\
The certificate holds the public key and the name of the collection, nothing secret.

examples:
  contenttrust key certificate <64 hex digits> registry.example.com/team/web root.crt
"""
_MEANINGLESS = (*VERDICTS, "server", "offline")


def _add_threshold(made: ArgumentParser, default: str) -> None:
    add_one(made, "--threshold", dest="threshold", metavar="N", type=threshold, help="how many "
            f"of the keys must sign (default: {default})")  # fmt: skip


def _add_new(made: ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE", type=name_text, help="a new file to write")


def _add_request(made: ArgumentParser) -> None:
    made.add_argument("file", metavar="FILE", type=name_text, help="a signing request")


def _declare_prepare(made: ArgumentParser) -> None:
    add_gun(made)
    _add_new(made)
    add_yes(made, "a broken role is witnessed")


def _declare_init(made: ArgumentParser) -> None:
    add_gun(made)
    _add_new(made)
    add_several(made, "--root-cert", dest="keys", metavar="CERTIFICATE", help="PEM file with the "
                "certificate of a root key (may be repeated)")  # fmt: skip
    _add_threshold(made, "1")


def _declare_rotate(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("target", metavar="ROLE", type=name_text, help="root, targets, snapshot or "
                      "timestamp")  # fmt: skip
    _add_new(made)
    made.add_argument("-r", "--server-managed", action="store_true", help="the server makes and "
                      "holds the key (snapshot, and timestamp always)")  # fmt: skip
    add_several(made, "--key", dest="keys", metavar="PEM", help="PEM file with a certificate or "
                "public key that the role will have (may be repeated)")  # fmt: skip
    _add_threshold(made, "as it is")
    add_one(made, "--legacy", dest="legacy", metavar="N", type=number, help="root keys of so many "
            "older roots may sign too")  # fmt: skip


def _declare_sign(made: ArgumentParser) -> None:
    _add_request(made)
    add_yes(made, "it is signed")


def _declare_certificate(made: ArgumentParser) -> None:
    made.add_argument("key", metavar="ID", type=key_id, help="id of a root key")
    add_gun(made)
    _add_new(made)


VERBS = (
    Verb(
        "key certificate",
        "ID GUN FILE",
        "write the certificate of a root key for a collection",
        _CERTIFICATE,
        _declare_certificate,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "signing-request prepare",
        "GUN FILE",
        "prepare what is staged, for others to sign",
        _PREPARE,
        _declare_prepare,
        refuses=VERDICTS,
    ),
    Verb(
        "signing-request init",
        "GUN FILE",
        "prepare a collection whose root keys are elsewhere",
        _INIT,
        _declare_init,
        refuses=VERDICTS,
    ),
    Verb(
        "signing-request rotate",
        "GUN ROLE FILE",
        "prepare other keys for a role, and how many of them must sign",
        _ROTATE,
        _declare_rotate,
        refuses=VERDICTS,
    ),
    Verb(
        "signing-request show",
        "FILE",
        "show what a request would change, and who has signed it",
        _SHOW,
        _add_request,
        refuses=(*_MEANINGLESS, *PASSPHRASES),
    ),
    Verb(
        "signing-request sign",
        "FILE",
        "sign a request with the keys that are here",
        _SIGN,
        _declare_sign,
        refuses=_MEANINGLESS,
    ),
    Verb(
        "signing-request publish",
        "FILE",
        "publish a request that enough keys have signed",
        _PUBLISH,
        _add_request,
        refuses=VERDICTS,
    ),
)
