"""Changes to who signs a file, with what method, and how the signature is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any

from cryptography.hazmat.primitives import hashes

from differential.draft import Draft, Unchanged, text_of
from differential.keyring import bare
from differential.notary_json import Members, message, parse, write
from simulator import Key, Signing, signatures

Entries = list[dict[str, Any]]
METHODS = (
    "ecdsa",
    "ECDSA",
    "rsapss",
    "rsapkcs1v15",
    "eddsa",
    "EdDSA",
    "pycrypto-pkcs#1 pss",
    "",
    "none",
    "ecdsa ",
)


def change_signatures(random: Random, draft: Draft, _donors: list[bytes]) -> None:
    """Sign one file in another way.

    Raises:
        Unchanged: Nobody can sign it.
    """
    name = random.choice(sorted(draft.files))
    text = text_of(draft.signed(name))
    keys = draft.keys_of(name)
    if not keys:
        raise Unchanged
    kind = random.choice(sorted(KINDS))
    if kind in TEXTS:
        text = TEXTS[kind](random, text)
        entries = [Signing(key).entry(text.encode()) for key in keys]
    else:
        entries = draft.entries(name, text)
        changed = KINDS[kind](random, draft, name, text, keys, entries)
        entries = entries if changed is None else changed
    draft.put(name, text, entries)
    draft.refit([name])
    draft.changes.append(f"signatures: {kind}")


def _one(random: Random, entries: Entries) -> dict[str, Any]:
    if not entries:
        raise Unchanged
    return random.choice(entries)


def _drop(random: Random, *rest: Any) -> None:
    entries = rest[-1]
    entries.remove(_one(random, entries))


def _drop_all(*_rest: Any) -> Entries:
    return []


def _double(random: Random, *rest: Any) -> None:
    entries = rest[-1]
    entries.insert(random.randrange(len(entries) + 1), dict(_one(random, entries)))


def _reverse(_random: Random, *rest: Any) -> None:
    rest[-1].reverse()


def _other_key_same_id(
    random: Random, draft: Draft, _name: str, text: str, keys: list[Key], entries: Entries
) -> Entries:
    key = random.choice(keys)
    others = [other for role in sorted(draft.signers) for other in draft.keys_of(role)]
    thief = random.choice([bare("stranger"), *others])
    changed = Signing(thief, key_id=key.id).entry(message(text))
    return [changed if entry["keyid"] == key.id else entry for entry in entries]


def _stranger_besides(
    random: Random, draft: Draft, _name: str, text: str, _keys: list[Key], entries: Entries
) -> None:
    key_id = random.choice((None, "", "0" * 64, "../x"))
    stranger = Signing(bare("stranger"), key_id=key_id).entry(message(text))
    entries.insert(random.randrange(len(entries) + 1), stranger)


def _method(random: Random, *rest: Any) -> None:
    _one(random, rest[-1])["method"] = random.choice(METHODS)


def _key_id(random: Random, *rest: Any) -> None:
    entry = _one(random, rest[-1])
    old = entry["keyid"]
    entry["keyid"] = random.choice((old.upper(), old + "0", old[:-1], "", f" {old}", old[::-1]))


def _bytes(random: Random, *rest: Any) -> None:
    entry = _one(random, rest[-1])
    data = bytearray(base64.b64decode(entry["sig"]))
    kind = random.randrange(6)
    if kind == 0:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    elif kind == 1:
        data.append(0)
    elif kind == 2:
        del data[-1]
    elif kind == 3:
        data[0:0] = b"\0"
    elif kind == 4:
        data[:] = bytes(len(data))
    else:
        data[:] = b"\xff" * len(data)
    entry["sig"] = base64.b64encode(data).decode()


def _base64(random: Random, *rest: Any) -> None:
    entry = _one(random, rest[-1])
    old = entry["sig"]
    at = random.randrange(len(old))
    entry["sig"] = random.choice(
        (
            old.rstrip("="),
            old + "=",
            old.replace("+", "-").replace("/", "_"),
            old[:at] + "\n" + old[at:],
            old[:at] + "\r\n" + old[at:],
            old[:at] + " " + old[at:],
            old[:at] + "=" + old[at:],
            "",
            old + "\n",
            _stray_bits(old),
        )
    )


def _stray_bits(text: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    return body[:-1] + letters[letters.index(body[-1]) | 1] + text[len(body) :]


def _maker(
    random: Random, _draft: Draft, _name: str, text: str, keys: list[Key], entries: Entries
) -> Entries:
    key = random.choice(keys)
    makers: dict[str, list[tuple[signatures.Maker, str]]] = {
        "ecdsa": [
            (signatures.ecdsa_der, "ecdsa"),
            (signatures.ecdsa_with(hashes.SHA384()), "ecdsa"),
            (signatures.ecdsa_fresh, "ecdsa"),
        ],
        "rsa": [
            (signatures.rsa_pkcs1, "rsapkcs1v15"),
            (signatures.rsa_pkcs1, "rsapss"),
            (signatures.rsa_pss, "rsapkcs1v15"),
            (signatures.rsa_pss_with(20), "rsapss"),
            (signatures.rsa_pss_with(0), "rsapss"),
            (signatures.rsa_pss_with(32, hashes.SHA512(), hashes.SHA512()), "rsapss"),
            (signatures.rsa_pss_with(32, None, hashes.SHA1()), "rsapss"),
        ],
        "ed25519": [(signatures.eddsa, "eddsa"), (signatures.eddsa, "ecdsa")],
    }
    if key.pair.family == "ecdsa" and key.pair.private.curve.name in signatures.ORDERS:  # type: ignore[union-attr]
        makers["ecdsa"] += [
            (signatures.ecdsa_of(lambda r, s, n: (r, n - s)), "ecdsa"),
            (signatures.ecdsa_of(lambda r, _s, n: (r % 2**64, n)), "ecdsa"),
            (signatures.ecdsa_of(lambda r, _s, _n: (r, 0)), "ecdsa"),
        ]
    make, method = random.choice(makers[key.pair.family])
    changed = Signing(key, make, method).entry(message(text))
    return [changed if entry["keyid"] == key.id else entry for entry in entries]


def _of_another_file(
    random: Random, draft: Draft, _name: str, _text: str, _keys: list[Key], entries: Entries
) -> None:
    try:
        other = json.loads(draft.files[random.choice(sorted(draft.files))])["signatures"]
        _one(random, entries)["sig"] = random.choice(other)["sig"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Unchanged from error


def _many(
    random: Random, _draft: Draft, _name: str, text: str, _keys: list[Key], entries: Entries
) -> None:
    more = random.choice((30, 62, 63, 64, 70))
    stranger = Signing(bare("stranger")).entry(message(text))
    entries += [stranger] * more


def _spaced(random: Random, text: str) -> str:
    return write(parse(text), space=lambda: random.choice(("", "", " ", "\n")))


def _reordered(_random: Random, text: str) -> str:
    top = parse(text)
    return write(Members(reversed(top)))


def _escaped(_random: Random, text: str) -> str:
    return text.replace("e", "\\u0065")


TEXTS: dict[str, Callable[[Random, str], str]] = {
    "over the text as served, spaced": _spaced,
    "over the text as served, reordered": _reordered,
    "over the text as served, escaped": _escaped,
    "over the text as served": lambda _random, text: text,
}
KINDS: dict[str, Callable[..., Entries | None]] = {
    "drop": _drop,
    "drop all": _drop_all,
    "double": _double,
    "reverse": _reverse,
    "other key, same id": _other_key_same_id,
    "a stranger besides": _stranger_besides,
    "method": _method,
    "key id": _key_id,
    "bytes": _bytes,
    "base64": _base64,
    "another maker": _maker,
    "of another file": _of_another_file,
    "many": _many,
    **dict.fromkeys(TEXTS, lambda *_: None),
}
