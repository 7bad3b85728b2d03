"""Changes to what roles say: versions, expiry, paths, names, hashes and lengths."""

from __future__ import annotations

import base64
from collections.abc import Callable
from random import Random
from typing import Any

from differential import key_mutations
from differential.draft import Draft, Unchanged
from differential.keyring import bare
from simulator import image

EXPIRIES = (
    "2046-10-01T00:00:00Z",
    "2046-10-01T00:00:00.123456789Z",
    "2046-10-01T00:00:00.1234567891Z",
    "2046-10-01T00:00:00+02:00",
    "2046-10-01T00:00:00-23:59",
    "2046-10-01T00:00:00+24:00",
    "2046-10-01t00:00:00z",
    "2046-10-01 00:00:00Z",
    "2046-10-01",
    "2046-10-01T24:00:00Z",
    "2046-10-01T23:59:60Z",
    "2046-02-29T00:00:00Z",
    "2044-02-29T00:00:00Z",
    "2046-13-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "2020-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2046-10-01T00:00:00",
    "2046-10-01T00:00:00,5Z",
    "2046-10-01T0:00:00Z",
    "2046-10-01T00:00:00.Z",
    "",
    "never",
    "2046-10-01T00:00:00Z ",
    "2046-10-01T00:00:00+00:60",
    "2046-10-01T00:00:00-00:00",
    "2262-04-12T00:00:00Z",
)
VERSIONS = (0, -1, 1, 2, 3, 2**31, 2**53, 2**53 + 1, 2**63, "1", None, True, [1])
TYPES = (
    "Root",
    "Targets",
    "Snapshot",
    "Timestamp",
    "targets",
    "ROOT",
    "",
    None,
    1,
    "Targets/releases",
    "Mirrors",
)
LENGTHS = (0, 1, -1, 2**31, 2**40, 2**53, 2**53 + 1, 2**63, "5", None)


def change_role(random: Random, draft: Draft, _donors: list[bytes]) -> None:
    """Change one role.

    Raises:
        Unchanged: The change that was drawn has no place here.
    """
    name = random.choice(sorted(draft.files))
    kinds = dict(HEADER)
    if name == "root" or name.endswith(".root"):
        kinds |= dict.fromkeys(key_mutations.ROOT, None)  # type: ignore[arg-type]
    elif name in ("snapshot", "timestamp"):
        kinds |= META
    else:
        kinds |= {**TARGETS, **dict.fromkeys(key_mutations.DELEGATIONS)}  # type: ignore[arg-type]
    kind = random.choice(sorted(kinds))
    change = kinds[kind]
    if change is None:
        key_mutations.ALL[kind](random, draft, name)
    else:
        draft.change(name, lambda part: change(random, part), refit=random.random() < 0.95)
    draft.changes.append(f"role: {kind}")


def _version(random: Random, part: dict[str, Any]) -> None:
    part["version"] = random.choice((*VERSIONS, part["version"] + 1, part["version"] - 1))


def _expires(random: Random, part: dict[str, Any]) -> None:
    part["expires"] = random.choice(EXPIRIES)


def _type(random: Random, part: dict[str, Any]) -> None:
    part["_type"] = random.choice(TYPES)


def _unknown(random: Random, part: dict[str, Any]) -> None:
    part[random.choice(("x", "spec_version", "custom", "private"))] = random.choice(
        (1, "x", {"a": [None]}, None)
    )


def _entry(random: Random, part: dict[str, Any]) -> Any:
    listed = part.get("targets") if "targets" in part else part.get("meta")
    if not isinstance(listed, dict) or not listed:
        raise Unchanged
    return listed[random.choice(sorted(listed))]


def _length(random: Random, part: dict[str, Any]) -> None:
    entry = _entry(random, part)
    entry["length"] = random.choice((*LENGTHS, entry["length"] + 1, entry["length"] - 1))


def _without_length(random: Random, part: dict[str, Any]) -> None:
    del _entry(random, part)["length"]


def _hash(random: Random, part: dict[str, Any]) -> None:
    hashes = _entry(random, part)["hashes"]
    name = random.choice(sorted(hashes))
    right = base64.b64decode(hashes[name])
    wrong = bytes([right[0] ^ 1]) + right[1:]
    values = (wrong, right[:-1], right + b"\0", b"", right[::-1], right.hex().encode())
    texts = [base64.b64encode(value).decode() for value in values]
    text = hashes[name]
    texts += [
        right.hex(),
        text.rstrip("="),
        text + "\n",
        text[:9] + "\r\n" + text[9:],
        "!",
        None,
        5,
        [1, 2],
    ]  # type: ignore[list-item]
    hashes[name] = random.choice(texts)


def _hash_names(random: Random, part: dict[str, Any]) -> None:
    hashes = _entry(random, part)["hashes"]
    name = random.choice(sorted(hashes))
    kind = random.randrange(6)
    if kind == 0:
        del hashes[name]
    elif kind == 1:
        hashes.clear()
    elif kind == 2:
        hashes[random.choice((name.upper(), "sha-256", "md5", "sha384"))] = hashes.pop(name)
    elif kind == 3:
        hashes["md5"] = random.choice(("AAAA", "no base64", None, 5, {}))
    elif kind == 4:
        hashes["sha512"] = base64.b64encode(bytes(random.choice((63, 64)))).decode()
    else:
        hashes[name.upper()] = base64.b64encode(bytes(32)).decode()


def _no_hashes(random: Random, part: dict[str, Any]) -> None:
    entry = _entry(random, part)
    if random.random() < 0.5:
        del entry["hashes"]
    else:
        entry["hashes"] = random.choice((None, {}, [], ""))


def _custom(random: Random, part: dict[str, Any]) -> None:
    values = (
        None,
        1,
        "x",
        [],
        {"a": {"b": [1, True, None]}},
        {"Private": "x"},
        "<&>\u2028",
        2**53 + 1,
    )
    _entry(random, part)["custom"] = random.choice(values)


def _drop_entry(random: Random, part: dict[str, Any]) -> None:
    _entry(random, part)
    listed = part["targets"] if "targets" in part else part["meta"]
    del listed[random.choice(sorted(listed))]


def _move_entry(random: Random, part: dict[str, Any]) -> None:
    _entry(random, part)
    listed = part["targets"] if "targets" in part else part["meta"]
    old, other = (random.choice(sorted(listed)) for _ in range(2))
    listed[other] = listed[old]


def _more_entries(random: Random, part: dict[str, Any]) -> None:
    listed = part["meta"]
    names = (
        "targets/UPPER",
        "targets/../x",
        "root.json",
        "1.root",
        "mirrors",
        "",
        "targets/",
        "targets/new",
        "timestamp",
        "snapshot",
        "targets/a b",
    )
    values = (image("x"), None, {}, 5, {"hashes": {}, "length": 1})
    listed[random.choice(names)] = random.choice(values)


def _empty(random: Random, part: dict[str, Any]) -> None:
    name = random.choice(sorted(set(part) & {"meta", "targets", "delegations", "keys", "roles"}))
    if random.random() < 0.3:
        del part[name]
    else:
        part[name] = random.choice((None, {}, [], ""))


def _add_target(random: Random, part: dict[str, Any]) -> None:
    name = random.choice(
        ("new", "1.0", "3.0", "9", "", "a b", "\u2028", "x" * 300, "LATEST", "../x", "latest")
    )
    part["targets"][name] = image(f"changed {random.randrange(100)}")


def _all_targets_away(_random: Random, part: dict[str, Any]) -> None:
    part["targets"] = {}


def _delegation(random: Random, part: dict[str, Any]) -> dict[str, Any]:
    roles = part["delegations"]["roles"]
    if not roles:
        raise Unchanged
    found: dict[str, Any] = random.choice(roles)
    return found


def _paths(random: Random, part: dict[str, Any]) -> None:
    role = _delegation(random, part)
    paths = (
        [],
        [""],
        ["1"],
        ["1", "3"],
        ["3", ""],
        None,
        [None],
        ["nothing"],
        ["l", "latest"],
        ["1.0", "1"],
        "",
        [1],
        [""] * 300,
    )
    role["paths"] = random.choice(paths)
    if random.random() < 0.1:
        del role["paths"]


def _role_name(random: Random, part: dict[str, Any]) -> None:
    role = _delegation(random, part)
    old = role["name"]
    names = (
        "targets",
        "root",
        "targets/",
        "targets//x",
        "targets/UPPER",
        "targets/../x",
        "targets/.",
        "targets/a/b/c",
        "",
        None,
        f"{old}/x",
        old + "/",
        old.upper(),
        "targets/" + "x" * 247,
        "targets/" + "x" * 248,
        "targets/é",
        "targets/a b",
        "targets/releases",
    )
    role["name"] = random.choice(names)


def _delegated_twice(random: Random, part: dict[str, Any]) -> None:
    twin = dict(_delegation(random, part))
    if random.random() < 0.5:
        twin |= {"keyids": [], "threshold": random.choice((1, 2)), "paths": ["3"]}
    part["delegations"]["roles"].insert(0 if random.random() < 0.5 else 9, twin)


def _order_of_roles(random: Random, part: dict[str, Any]) -> None:
    random.shuffle(part["delegations"]["roles"])


def _role_away(random: Random, part: dict[str, Any]) -> None:
    part["delegations"]["roles"].remove(_delegation(random, part))


def _unpublished_child(random: Random, part: dict[str, Any]) -> None:
    key = bare("new child")
    delegations = part["delegations"]
    parent = (delegations["roles"][0]["name"] if delegations["roles"] else "targets/x").rpartition(
        "/"
    )[0]
    delegations["keys"][key.id] = key.json
    role = {"keyids": [key.id], "name": f"{parent}/new", "paths": [""], "threshold": 1}
    delegations["roles"].insert(random.randrange(2), role)


Change = Callable[[Random, dict[str, Any]], None]
HEADER: dict[str, Change] = {
    "version": _version,
    "expires": _expires,
    "type": _type,
    "unknown member": _unknown,
    "empty": _empty,
}
FILES: dict[str, Change] = {
    "length": _length,
    "no length": _without_length,
    "hash": _hash,
    "hash names": _hash_names,
    "no hashes": _no_hashes,
    "custom": _custom,
    "drop an entry": _drop_entry,
    "move an entry": _move_entry,
}
META: dict[str, Change] = {**FILES, "more entries": _more_entries}
TARGETS: dict[str, Change] = {
    **FILES,
    "add a target": _add_target,
    "no targets": _all_targets_away,
    "paths": _paths,
    "role name": _role_name,
    "delegated twice": _delegated_twice,
    "order of roles": _order_of_roles,
    "drop a role": _role_away,
    "unpublished child": _unpublished_child,
}
