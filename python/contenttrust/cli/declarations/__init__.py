"""What the command line says of its verbs: one module for each group, loaded when it is named."""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from contenttrust.cli.declarations.verb import Verb

GROUPS: dict[str, tuple[str, ...]] = {
    "reading": ("verify", "list", "lookup", "inspect", "explain", "doctor"),
    "signing": ("sign", "revoke", "signer add", "signer remove", "signer list"),
    "keys": (
        "key generate",
        "key load",
        "key import",
        "key export",
        "key public",
        "key list",
        "key remove",
        "key passwd",
        "key backup",
        "key restore",
    ),
    "publishing": (
        "init",
        "add",
        "addhash",
        "remove",
        "status",
        "reset",
        "publish",
        "witness",
        "delete",
        "renew",
        "key rotate",
        "delegation add",
        "delegation remove",
        "delegation purge",
        "delegation list",
    ),
    "signing_requests": (
        "key certificate",
        "signing-request prepare",
        "signing-request init",
        "signing-request rotate",
        "signing-request show",
        "signing-request sign",
        "signing-request publish",
    ),
    "docker": ("docker",),
    "docker_plugin": ("docker-plugin install",),
    "policy": ("policy lint", "policy explain", "policy test", "policy import"),
    "serving": ("serve gate",),
    "gate": (
        "gate compose",
        "gate kubernetes",
        "gate dockerfile",
    ),
}
"""The module of each verb, in the order of the help. A verb may have two words."""

FAMILIES: dict[str, str] = {
    "signer": "say who signs the tags of image repositories",
    "key": "make, move, list, protect and back up private keys",
    "delegation": "say whose keys may sign what",
    "signing-request": "sign in turns, by several people or without network",
    "docker-plugin": "give docker back the command that it has lost",
    "policy": "write, check and try out what is wanted of images",
    "serve": "answer questions over a network",
    "gate": "check the images that files name",
}
"""The first words of verbs that have two, and what these are about."""


def every() -> list[str]:
    """The names of all verbs."""
    return [name for names in GROUPS.values() for name in names]


def named_in(arguments: Sequence[str]) -> list[str]:
    """The verbs that a command line may mean, the first one first.

    One word may also be the value of an option: what is meant is for the parser to say.
    """
    known = set(every())
    found: list[str] = []
    second = False
    for index, word in enumerate(arguments):
        pair = " ".join(arguments[index : index + 2])
        if pair in known and not second:
            found.append(pair)
            second = True
            continue
        if word in known and not second:
            found.append(word)
        second = False
    return found


def declared(names: Iterable[str]) -> Iterator[Verb]:
    """The declarations of these verbs, in the order of the help."""
    wanted = set(names)
    for group, members in GROUPS.items():
        if wanted.intersection(members):
            module = importlib.import_module(f"contenttrust.cli.declarations.{group}")
            yield from (verb for verb in module.VERBS if verb.name in wanted)
