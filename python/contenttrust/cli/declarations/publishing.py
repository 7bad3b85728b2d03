"""The verbs that stage and publish, by the names that notary has for them."""

from __future__ import annotations

from functools import partial

from contenttrust.cli.argument_types import (
    days,
    key_id,
    listed_name,
    name_text,
    names,
    number,
    threshold,
)
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
    from collections.abc import Callable

_INIT = """\
The key of the snapshot stays here, as with notary; --server-managed leaves it to the server, as
docker does, so that signers need no more than their own key.

examples:
  contenttrust init -p registry.example.com/team/web
"""
_ADD = """\
examples:
  contenttrust add -p registry.example.com/team/files config-1.4 ./config.tar
"""
_ADDHASH = """\
examples:
  contenttrust addhash registry.example.com/team/web 1.4 1570 --sha256 <64 hex digits>
"""
_REMOVE = """\
examples:
  contenttrust remove -p registry.example.com/team/web 1.4
"""
_STATUS = """\
examples:
  contenttrust status registry.example.com/team/web
"""
_RESET = """\
examples:
  contenttrust reset --all registry.example.com/team/web
  contenttrust reset -n 0,2 registry.example.com/team/web
"""
_PUBLISH = """\
Others may publish at the same time: what is staged is applied to what they left, and nothing of
either is lost.

examples:
  contenttrust publish registry.example.com/team/web
"""
_WITNESS = """\
Roles that lost a signer, or whose threshold rose, count again once their keys have signed anew.
What they list is shown before it is signed; of a broken role that is confirmed.

examples:
  contenttrust witness -p registry.example.com/team/web targets/releases
"""
_DELETE = """\
Keys stay. Readers that have seen the collection will refuse another one of the same name.

examples:
  contenttrust delete --remote registry.example.com/team/web
"""
_ROTATE = """\
Nothing but the rotation is published, whatever is staged. The key of timestamp is the server's.

examples:
  contenttrust key rotate registry.example.com/team/web targets
  contenttrust key rotate registry.example.com/team/web snapshot --server-managed
"""
_DELEGATION_ADD = """\
examples:
  contenttrust delegation add registry.example.com/team/web targets/qa qa.crt --paths qa- -p
  contenttrust delegation add registry.example.com/team/web targets/releases bob.pub --all-paths
"""
_DELEGATION_REMOVE = """\
Without ids and paths the whole delegation is removed.

examples:
  contenttrust delegation remove registry.example.com/team/web targets/qa <64 hex digits>
"""
_DELEGATION_PURGE = """\
Refused when it is published, if a role that delegates to such a key cannot be signed here: those
who can sign a request (signing-request prepare).

examples:
  contenttrust delegation purge registry.example.com/team/web --key <64 hex digits> -p
"""
_DELEGATION_LIST = """\
examples:
  contenttrust delegation list registry.example.com/team/web
"""
_RENEW = """\
What is expired is renewed too, as long as its keys are here. The server renews its own roles.

examples:
  contenttrust renew registry.example.com/team/web
  contenttrust renew --within 30 --roles targets registry.example.com/team/web
"""


def _add_publish(made: ArgumentParser, asks: str = "a broken role is witnessed") -> None:
    made.add_argument("-p", "--publish", action="store_true", help="publish at once, with all that "
                      "is staged")  # fmt: skip
    if asks:
        add_yes(made, asks)


def _add_target(made: ArgumentParser, read: Callable[[str], str] = name_text) -> None:
    add_gun(made)
    made.add_argument("target", metavar="TARGET", type=read, help="name of the target; of an image "
                      "its tag")  # fmt: skip


_add_list = partial(add_several, type=names)
"""Declare an option whose values `editing.split` takes apart."""


def _add_roles(made: ArgumentParser, what: str) -> None:
    _add_list(made, "-r", "--roles", dest="roles", metavar="ROLE", help=f"{what} (may be repeated, "
              "or with commas; default: targets)")  # fmt: skip


def _add_custom(made: ArgumentParser) -> None:
    add_one(made, "--custom", dest="custom", metavar="FILE", help="JSON of your own to be signed "
            "with the target")  # fmt: skip


def _declare_init(made: ArgumentParser) -> None:
    add_gun(made)
    add_one(made, "--rootkey", dest="root_key", metavar="ID|FILE", help="the root key (default: "
            "the one that is here, else a new one)")  # fmt: skip
    add_one(made, "--rootcert", dest="root_cert", metavar="FILE", help="certificate of the root "
            "key (default: a self-signed one)")  # fmt: skip
    made.add_argument("--server-managed", action="store_true", help="the server holds the key of "
                      "the snapshot, as docker has it")  # fmt: skip
    _add_publish(made, asks="")  # what is new has no broken role


def _declare_add(made: ArgumentParser) -> None:
    _add_target(made)
    made.add_argument("file", metavar="FILE", type=name_text, help="its content")
    _add_roles(made, "who lists it")
    _add_custom(made)
    _add_publish(made)


def _declare_addhash(made: ArgumentParser) -> None:
    _add_target(made)
    made.add_argument("size", metavar="SIZE", type=number, help="its size in bytes")
    for name in ("sha256", "sha512"):
        add_one(made, f"--{name}", dest=name, metavar="HEX", help=f"its {name} in hexadecimal "
                f"digits, or {name}:HEX")  # fmt: skip
    _add_roles(made, "who lists it")
    _add_custom(made)
    _add_publish(made)


def _declare_remove(made: ArgumentParser) -> None:
    _add_target(made, listed_name)
    _add_roles(made, "who lists it no longer")
    _add_publish(made)


def _declare_reset(made: ArgumentParser) -> None:
    add_gun(made)
    _add_list(made, "-n", "--number", dest="numbers", metavar="N", help="a change of this number "
              "in status (may be repeated, or with commas)")  # fmt: skip
    made.add_argument("--all", action="store_true", help="all changes, also those that cannot be "
                      "read")  # fmt: skip


def _declare_publish(made: ArgumentParser) -> None:
    add_gun(made)
    add_yes(made, "a broken role is witnessed")


def _declare_witness(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("names", metavar="ROLE", nargs="+", type=name_text, help="targets or a "
                      "delegation")  # fmt: skip
    _add_publish(made)


def _declare_delete(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("--remote", action="store_true", help="at the trust server too")
    add_yes(made, "trust data is deleted")


def _declare_rotate(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("target", metavar="ROLE", type=name_text, help="root, targets, snapshot or "
                      "timestamp")  # fmt: skip
    made.add_argument("-r", "--server-managed", action="store_true", help="the server makes and "
                      "holds the key (snapshot, and timestamp always)")  # fmt: skip
    add_several(made, "-k", "--key", dest="keys", metavar="ID|FILE", help="a new key (may be "
                "repeated; default: one is made)")  # fmt: skip
    add_one(made, "-l", "--legacy", dest="legacy", metavar="N", type=number, help="of root: so "
            "many older versions' keys sign too, for readers that know only those")  # fmt: skip
    add_yes(made, "the root key is rotated")


def _add_role(made: ArgumentParser) -> None:
    add_gun(made)
    made.add_argument("operand", metavar="ROLE", type=name_text, help="targets/NAME")


def _add_paths(made: ArgumentParser, what: str, every: str) -> None:
    _add_list(made, "--paths", dest="paths", metavar="PREFIX", help=f"{what} (may be repeated, or "
              "with commas)")  # fmt: skip
    made.add_argument("--all-paths", action="store_true", help=every)


def _declare_delegation_add(made: ArgumentParser) -> None:
    _add_role(made)
    made.add_argument("files", metavar="KEYFILE", nargs="*", type=name_text, help="PEM file with a "
                      "certificate or a public key")  # fmt: skip
    _add_paths(made, "names that begin so may be signed", "every name may be signed")
    add_one(made, "--threshold", dest="threshold", metavar="N", type=threshold, help="so many of "
            "its keys must sign (default: 1)")  # fmt: skip
    _add_publish(made)


def _declare_delegation_remove(made: ArgumentParser) -> None:
    _add_role(made)
    made.add_argument("keys", metavar="ID", nargs="*", type=key_id, help="id of a key, as "
                      "delegation list shows it")  # fmt: skip
    _add_paths(made, "names that begin so may no longer be signed", "no name may be signed any "
               "more")  # fmt: skip
    _add_publish(made, "a whole delegation is removed, or a broken role is witnessed")


def _declare_delegation_purge(made: ArgumentParser) -> None:
    add_gun(made)
    add_several(made, "--key", dest="keys", metavar="ID", type=key_id, help="id of a key (may be "
                "repeated)")  # fmt: skip
    _add_publish(made)


def _declare_renew(made: ArgumentParser) -> None:
    made.add_argument("names", metavar="GUN", nargs="+", type=name_text, help="name of a "
                      "collection, literally")  # fmt: skip
    add_one(made, "--within", dest="within", metavar="DAYS", type=days, help="what counts as soon "
            "(default: 182)")  # fmt: skip
    _add_list(made, "-r", "--roles", dest="roles", metavar="ROLE", help="only this role (may be "
              "repeated, or with commas)")  # fmt: skip


_STAGED = (*PASSPHRASES, *VERDICTS)

VERBS = (
    Verb("init", "GUN", "initialize a collection", _INIT, _declare_init, refuses=VERDICTS),
    Verb(
        "add",
        "GUN TARGET FILE",
        "stage that a file is a target of a collection",
        _ADD,
        _declare_add,
        refuses=VERDICTS,
    ),
    Verb(
        "addhash",
        "GUN TARGET SIZE",
        "stage a target by size and hash",
        _ADDHASH,
        _declare_addhash,
        refuses=VERDICTS,
    ),
    Verb(
        "remove",
        "GUN TARGET",
        "stage that a target is no longer listed",
        _REMOVE,
        _declare_remove,
        refuses=VERDICTS,
    ),
    Verb(
        "status", "GUN", "show what is staged for a collection", _STATUS, add_gun, refuses=_STAGED
    ),
    Verb("reset", "GUN", "take staged changes away", _RESET, _declare_reset, refuses=_STAGED),
    Verb(
        "publish",
        "GUN",
        "sign what is staged and send it to the trust server",
        _PUBLISH,
        _declare_publish,
        refuses=VERDICTS,
    ),
    Verb(
        "witness",
        "GUN ROLE [ROLE ...]",
        "stage that roles are signed anew as they are",
        _WITNESS,
        _declare_witness,
        several="names",
        refuses=VERDICTS,
    ),
    Verb("delete", "GUN", "forget a collection", _DELETE, _declare_delete, refuses=VERDICTS),
    Verb(
        "renew",
        "GUN [GUN ...]",
        "sign anew what has expired or soon will",
        _RENEW,
        _declare_renew,
        several="names",
        refuses=VERDICTS,
    ),
    Verb(
        "key rotate",
        "GUN ROLE",
        "give a role of a collection other keys, at once",
        _ROTATE,
        _declare_rotate,
        refuses=VERDICTS,
    ),
    Verb(
        "delegation add",
        "GUN ROLE [KEYFILE ...]",
        "stage a delegation, or more keys and paths for it",
        _DELEGATION_ADD,
        _declare_delegation_add,
        several="files",
        refuses=VERDICTS,
    ),
    Verb(
        "delegation remove",
        "GUN ROLE [ID ...]",
        "stage that a delegation loses keys or paths, or is removed",
        _DELEGATION_REMOVE,
        _declare_delegation_remove,
        several="keys",
        refuses=VERDICTS,
    ),
    Verb(
        "delegation purge",
        "GUN",
        "stage that keys are taken out of every delegation",
        _DELEGATION_PURGE,
        _declare_delegation_purge,
        refuses=VERDICTS,
    ),
    Verb(
        "delegation list",
        "GUN",
        "list the delegations of a collection",
        _DELEGATION_LIST,
        add_gun,
        refuses=PASSPHRASES,
    ),
)
