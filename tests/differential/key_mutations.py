"""Changes to the keys that root and delegations list, and to who needs how many of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from differential.draft import Draft, Unchanged
from differential.keyring import (
    BEGIN,
    END,
    KINDS,
    bare,
    certificate,
    certified,
    known,
    pair,
    remember,
)
from simulator import Key, KeyPair

Part = dict[str, Any]
THRESHOLDS = (0, 1, 2, 3, -1, 64, 65, 2**31, 2**53, "1", None)


def _place(random: Random, name: str, part: Part) -> tuple[Part, Part, str]:
    """The keys, one role that uses them, and that role's name."""
    if name.endswith("root"):
        role = random.choice(sorted(part["roles"]))
        return part["keys"], part["roles"][role], role
    roles = part["delegations"]["roles"]
    if not roles:
        raise Unchanged
    chosen = random.choice(roles)
    return part["delegations"]["keys"], chosen, chosen["name"]


def _threshold(random: Random, draft: Draft, name: str) -> None:
    def edit(part: Part) -> None:
        _place(random, name, part)[1]["threshold"] = random.choice(THRESHOLDS)

    draft.change(name, edit)


def _key_ids(random: Random, draft: Draft, name: str) -> None:
    def edit(part: Part) -> None:
        keys, role, _ = _place(random, name, part)
        ids = role["keyids"]
        kind = random.randrange(7)
        if kind == 0:
            ids.clear()
        elif kind == 1:
            ids.remove(random.choice(ids))
        elif kind == 2:
            ids += ids
        elif kind == 3:
            ids.append(random.choice(("0" * 64, "", "x", bare("stranger").id, ids[0].upper())))
        elif kind == 4:
            ids[:] = [random.choice(sorted(keys))]
        elif kind == 5:
            ids.append(random.choice(sorted(keys)))
        else:
            role["keyids"] = random.choice((None, [None], "", {}, [1]))

    draft.change(name, edit)


def _signed_by_another_role(random: Random, draft: Draft, name: str) -> None:
    """Two roles change keys; their files stay signed by the old ones."""

    def edit(part: Part) -> None:
        (_, one, _), (_, other, _) = (_place(random, name, part) for _ in range(2))
        one["keyids"], other["keyids"] = other["keyids"], one["keyids"]

    draft.change(name, edit)


def _listed(keys: Part, role: Part, key: Key, *, beside: bool) -> None:
    keys[key.id] = key.json
    role["keyids"] = [*role["keyids"], key.id] if beside else [key.id]


def _new_key(random: Random, draft: Draft, name: str, *, beside: bool, sign: bool) -> None:
    """The role gets a key of any kind; it may have signed already."""
    kind = random.choice(KINDS)
    chosen: list[tuple[str, Key]] = []

    def edit(part: Part) -> None:
        keys, role, of = _place(random, name, part)
        wants_certificate = of == "root" or random.random() < 0.3
        made = (
            certified("newcomer", draft.gun, kind) if wants_certificate else bare("newcomer", kind)
        )
        _listed(keys, role, made, beside=beside)
        if beside and random.random() < 0.5:
            role["threshold"] = len(role["keyids"])
        chosen.append((of, made))

    own = [known_root(draft, kind)] if name == "root" else []
    draft.change(name, edit, *(own if sign else []))
    for of, made in chosen:
        if sign and of in draft.files and of != name:
            draft.signers[of] = [*draft.signers[of], made.id] if beside else [made.id]
            draft.change(of, lambda part: None)
        elif sign and of == name:
            draft.signers[name] = [*draft.signers[name], made.id]
            draft.change(name, lambda part: None)


def known_root(draft: Draft, kind: str) -> Key:
    """The certified key that a newcomer to root would have."""
    return certified("newcomer", draft.gun, kind)


def _same_key_twice(random: Random, draft: Draft, name: str) -> None:
    """A key under a second id, with a threshold that needs both."""
    chosen: list[tuple[str, Key]] = []

    def edit(part: Part) -> None:
        keys, role, of = _place(random, name, part)
        old = known(random.choice(role["keyids"]))
        if old is None:
            raise Unchanged
        wanted = old.pair.in_pem(certificate(old.pair, draft.gun, serial=random.choice((1, 7))))
        twin = remember(wanted if of == "root" or random.random() < 0.5 else old.pair.bare)
        if twin.id in role["keyids"]:
            raise Unchanged
        _listed(keys, role, twin, beside=True)
        role["threshold"] += random.choice((0, 1))
        chosen.append((of, twin))

    draft.change(name, edit)
    for of, twin in chosen:
        if of in draft.signers:
            draft.signers[of] = [*draft.signers[of], twin.id]
            draft.change(of, lambda part: None)


def _key_object(random: Random, draft: Draft, name: str) -> None:
    """One key says something else; it is filed under its right id or under the old one."""

    def edit(part: Part) -> None:
        keys, role, _ = _place(random, name, part)
        old_id = random.choice(role["keyids"])
        value = keys[old_id]
        kind = random.randrange(4)
        if kind == 0:
            value["keytype"] = random.choice(
                ("ecdsa", "rsa", "ed25519", "ecdsa-x509", "rsa-x509", "ECDSA", "", "dsa")
            )
        elif kind == 1:
            value["keyval"]["private"] = random.choice(("", "AAAA", "no base64", 0, {}))
        elif kind == 2:
            text = value["keyval"]["public"]
            value["keyval"]["public"] = random.choice(
                (
                    text[:-4],
                    text + "\n",
                    text[:8] + "\n" + text[8:],
                    "",
                    text.rstrip("=") + "A",
                    "!" + text,
                )
            )
        else:
            value["keyval" if random.random() < 0.5 else "x"] = random.choice(
                ({"public": value["keyval"]["public"]}, None)
            )
        if random.random() < 0.5:
            made = _as_key(value)
            keys[made.right_id] = keys.pop(old_id)
            role["keyids"] = [made.right_id if i == old_id else i for i in role["keyids"]]

    draft.change(name, edit)


def _as_key(value: Part) -> Key:
    return Key(
        KeyPair.__new__(KeyPair), value["keytype"], b"", public_text=value["keyval"]["public"]
    )


def _filed_wrong(random: Random, draft: Draft, name: str) -> None:
    def edit(part: Part) -> None:
        keys, role, _ = _place(random, name, part)
        old = random.choice(role["keyids"])
        new = random.choice((old[::-1], old.upper(), "x", old[:-1] + "0"))
        keys[new] = keys[old] if random.random() < 0.5 else keys.pop(old)
        if random.random() < 0.7:
            role["keyids"] = [new if i == old else i for i in role["keyids"]]

    draft.change(name, edit)


def _certificate(random: Random, draft: Draft, name: str) -> None:
    """A key in another certificate or bundle, with which its role is signed all the same."""
    chosen: list[tuple[str, str, Key]] = []

    def edit(part: Part) -> None:
        keys, role, of = _place(random, name, part)
        old_id = random.choice(role["keyids"])
        old = known(old_id)
        if old is None:
            raise Unchanged
        made = remember(old.pair.in_pem(_pem(random, draft.gun, old.pair)))
        keys[made.id] = made.json
        role["keyids"] = [made.id if i == old_id else i for i in role["keyids"]]
        chosen.append((of, old_id, made))

    draft.change(name, edit)
    for of, old_id, made in chosen:
        if of in draft.signers:
            draft.signers[of] = [made.id if i == old_id else i for i in draft.signers[of]]
            draft.change(of, lambda part: None)


def _pem(random: Random, gun: str, keys: KeyPair) -> bytes:
    day = timedelta(days=1)
    right = certificate(keys, gun)
    authority = certificate(pair("authority"), "authority", is_ca=True)
    names = (
        gun,
        gun + "x",
        gun.upper(),
        "docker.io/acme/*",
        "*",
        "docker.io/acme/app*",
        "docker.io/**",
        "",
        gun + " ",
        "other",
    )
    wishes = (
        *(certificate(keys, name) for name in (random.choice(names),) * 5),
        certificate(keys, gun, end=BEGIN + day),
        certificate(keys, gun, begin=END - day),
        certificate(keys, gun, is_ca=True),
        right + authority,
        authority + right,
        right + right,
        right + certificate(pair("stranger"), gun),
        b"text before\n" + right,
        right + b"text behind\n",
        right.replace(b"\n", b"\r\n"),
        right.rstrip(),
        right.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        right[:200] + right[204:],
        authority + authority,
        right.replace(b"-----\n", b"-----\nA: b\n\n", 1),
    )
    return random.choice(wishes)


def _two_roots(random: Random, draft: Draft, name: str) -> None:
    """More roles than the four, or fewer."""

    def edit(part: Part) -> None:
        roles = part["roles"]
        kind = random.randrange(5)
        if kind == 0:
            del roles[random.choice(sorted(roles))]
        elif kind == 1:
            roles["mirror"] = random.choice(
                (roles["root"], {"keyids": ["x"], "threshold": 0}, None, 5, {})
            )
        elif kind == 2:
            roles["Targets"] = roles["targets"]
        elif kind == 3:
            roles[random.choice(sorted(roles))] = random.choice((None, {}, [], "x"))
        else:
            part["consistent_snapshot"] = random.choice((True, None, "false", 0, {}))

    draft.change(name, edit)


_BOTH: dict[str, Callable[[Random, Draft, str], None]] = {
    "threshold": _threshold,
    "key ids": _key_ids,
    "keys of another role": _signed_by_another_role,
    "new key": lambda r, d, n: _new_key(r, d, n, beside=False, sign=False),
    "new key that signs": lambda r, d, n: _new_key(r, d, n, beside=False, sign=True),
    "key besides": lambda r, d, n: _new_key(r, d, n, beside=True, sign=False),
    "key besides that signs": lambda r, d, n: _new_key(r, d, n, beside=True, sign=True),
    "one key, two ids": _same_key_twice,
    "key object": _key_object,
    "key filed wrong": _filed_wrong,
    "certificate": _certificate,
}
ROOT = {**_BOTH, "roles of root": _two_roots}
DELEGATIONS = _BOTH
ALL = ROOT
