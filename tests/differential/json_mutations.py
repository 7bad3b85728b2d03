"""Changes to the JSON of a file: members, values, spelling. Whoever signed it signs it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from differential import spelling
from differential.draft import Draft, Unchanged
from differential.notary_json import Members, parse, write
from simulator import Raw
from simulator.canonical import canonical

Slot = tuple[Any, int]
"""A container and the index in it: of a member or of an element."""

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    "",
    "x",
    "1",
    [],
    Members(),
    [None],
    Members([["x", 1]]),
    Raw("1.5"),
    Raw("1.0"),
    Raw("1e0"),
    Raw("1E3"),
    Raw("-0"),
    Raw("-0.0"),
    Raw("01"),
    Raw("0x1"),
    Raw("NaN"),
    Raw("9007199254740992"),
    Raw("9007199254740993"),
    Raw("9223372036854775807"),
    Raw("9223372036854775808"),
    Raw("18446744073709551616"),
    Raw("1e400"),
    Raw("-1e-400"),
    Raw("4294967297"),
    Raw("tru"),
    Raw(""),
)
NAMES = (
    "_type",
    "consistent_snapshot",
    "custom",
    "delegations",
    "expires",
    "hashes",
    "keyids",
    "keys",
    "keytype",
    "keyval",
    "length",
    "meta",
    "method",
    "name",
    "paths",
    "private",
    "public",
    "roles",
    "sha256",
    "sha512",
    "sig",
    "signatures",
    "signed",
    "targets",
    "threshold",
    "version",
    "unknown",
    "",
    "md5",
)


def change_json(random: Random, draft: Draft, _donors: list[bytes]) -> None:
    """Change one file at one place.

    Raises:
        Unchanged: An earlier change has made it unreadable, or nobody can sign the result.
    """
    name = random.choice(sorted(draft.files))
    try:
        document = parse(draft.files[name].decode())
        signed = _value_of(document, "signed")
        entries = parse(canonical(_plain(_value_of(document, "signatures"))))
    except (ValueError, TypeError, RecursionError) as error:
        raise Unchanged from error
    part = random.choices(("signed", "signatures", "document"), (70, 20, 10))[0]
    kind = random.choice(sorted(KINDS))
    text = write(signed)
    if part == "signed":
        holder = [signed]
        text = _changed(random, kind, holder)
        if random.random() < 0.9:
            entries = parse(canonical(draft.entries(name, text)))
    whole: Any = Members([["signed", Raw(text)], ["signatures", entries]])
    if part == "signatures":
        whole[1][1] = Raw(_changed(random, kind, [entries]))
    if part == "document":
        whole[0][1] = signed
        holder = [whole]
        document_text = _changed(random, kind, holder)
    else:
        document_text = write(whole)
    draft.files[name] = document_text.encode("utf-8", "surrogateescape")
    draft.refit([name])
    draft.changes.append(f"json: {kind} in {part}")


def _value_of(document: Any, name: str) -> Any:
    if not isinstance(document, Members):
        raise Unchanged
    values = [value for member, value in document if member == name]
    if not values:
        raise Unchanged
    return values[-1]


def _plain(node: Any) -> Any:
    return json.loads(write(node))


def _changed(random: Random, kind: str, holder: list[Any]) -> str:
    if kind in spelling.KINDS:
        return spelling.KINDS[kind](random, holder[0])
    KINDS[kind](random, holder)
    try:
        return write(holder[0])
    except UnicodeEncodeError as error:
        raise Unchanged from error


def _slots(node: Any) -> Iterator[Slot]:
    """Every place below `node` in which a value stands."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield node, index
            yield from _slots(item[1] if isinstance(node, Members) else item)


def _get(slot: Slot) -> Any:
    container, index = slot
    return container[index][1] if isinstance(container, Members) else container[index]


def _set(slot: Slot, value: Any) -> None:
    container, index = slot
    if isinstance(container, Members):
        container[index] = [container[index][0], value]
    else:
        container[index] = value


def _pick(
    random: Random, holder: list[Any], wanted: Callable[[Slot], bool] = lambda _: True
) -> Slot:
    found = [slot for slot in _slots(holder) if wanted(slot)]
    if not found:
        raise Unchanged
    return random.choice(found)


def _copied(node: Any) -> Any:
    if isinstance(node, Members):
        return Members([name, _copied(value)] for name, value in node)
    return [_copied(item) for item in node] if isinstance(node, list) else node


def _is_member(slot: Slot) -> bool:
    return isinstance(slot[0], Members)


def _delete(random: Random, holder: list[Any]) -> None:
    container, index = _pick(random, holder, lambda slot: slot[0] is not holder)
    del container[index]


def _double(random: Random, holder: list[Any]) -> None:
    container, index = _pick(random, holder, lambda slot: slot[0] is not holder)
    twin = _copied(container[index : index + 1])[0]
    container.insert(random.choice((index, index + 1, len(container))), twin)


def _double_with_another_value(random: Random, holder: list[Any]) -> None:
    container, index = _pick(random, holder, _is_member)
    other = random.choice((random.choice(VALUES), _copied(_get(_pick(random, holder)))))
    container.insert(random.choice((index, index + 1)), [container[index][0], other])


def _retype(random: Random, holder: list[Any]) -> None:
    slot = _pick(random, holder)
    value = _get(slot)
    _set(
        slot, random.choice((*VALUES, [value], Members([["x", value]]), json.dumps(_plain(value))))
    )


def _nullify(random: Random, holder: list[Any]) -> None:
    _set(_pick(random, holder), None)


def _renumber(random: Random, holder: list[Any]) -> None:
    slot = _pick(random, holder, lambda slot: type(_get(slot)) is int)
    old = _get(slot)
    numbers = (v for v in VALUES if isinstance(v, (int, Raw)) and not isinstance(v, bool))
    same = (
        Raw(f"{old}.0"),
        Raw(f"{old}e0"),
        Raw(f"{old}0e-1"),
        Raw(f"+{old}"),
        Raw(f"0{old}"),
        str(old),
    )
    _set(slot, random.choice((*numbers, *same, old + 1, old - 1, -old)))


def _rename(random: Random, holder: list[Any]) -> None:
    container, index = _pick(random, holder, _is_member)
    name = container[index][0]
    cases = (
        name.upper(),
        name.title(),
        name.replace("s", "\u017f", 1),
        name.replace("k", "\u212a", 1),
    )
    container[index] = [
        random.choice((*cases, *NAMES, name + "x", name[:-1], f" {name}")),
        _get((container, index)),
    ]


def _add_member(random: Random, holder: list[Any]) -> None:
    container = _get(_pick(random, holder, lambda slot: isinstance(_get(slot), Members)))
    name = random.choice(NAMES)
    name = random.choice((name, name, name.upper(), name.title()))
    value = random.choice((random.choice(VALUES), _copied(_get(_pick(random, holder)))))
    container.insert(random.randrange(len(container) + 1), [name, value])


def _add_element(random: Random, holder: list[Any]) -> None:
    container = _get(_pick(random, holder, lambda slot: type(_get(slot)) is list))
    value = random.choice((random.choice(VALUES), _copied(_get(_pick(random, holder)))))
    container.insert(random.randrange(len(container) + 1), value)


def _swap(random: Random, holder: list[Any]) -> None:
    first, second = (_pick(random, holder, lambda slot: slot[0] is not holder) for _ in range(2))
    one, other = _copied(_get(first)), _copied(_get(second))
    _set(first, other)
    if random.random() < 0.5 and other is not one:
        _set(second, one)


def _respell_text(random: Random, holder: list[Any]) -> None:
    slot = _pick(random, holder, lambda slot: isinstance(_get(slot), str))
    text = _get(slot)
    at = random.randrange(len(text) + 1)
    piece = random.choice(
        (
            "\u2028",
            "<",
            "\u00e9",
            " ",
            "=",
            "\\",
            '"',
            "\x7f",
            "\u017f",
            "A",
            "/",
            "*",
            "..",
            "\n",
            "-",
            "+",
            "_",
        )
    )
    changed = (
        text[:at] + piece + text[at:],
        text[:at] + piece + text[at + 1 :],
        text[:-1],
        text.upper(),
        "",
        text * 2,
    )
    _set(slot, random.choice(changed))


def _break_text(random: Random, holder: list[Any]) -> None:
    slot = _pick(random, holder, lambda slot: isinstance(_get(slot), str))
    text = json.dumps(_get(slot), ensure_ascii=False)
    at = random.randrange(1, len(text))
    piece = random.choice(
        (
            "\\u0000",
            "\\ud800",
            "\\udc00",
            "\\ud83d\\udc0b",
            "\\/",
            "\\x41",
            "\\u00e",
            "\udcff",
            "\udcc3",
            "\x01",
            "\t",
            "\\b",
        )
    )
    _set(slot, Raw(text[:at] + piece + text[at:]))


def _nest(random: Random, holder: list[Any]) -> None:
    depth = random.choice((3, 30, 55, 60, 61, 62, 63, 64, 65, 70, 300))
    deep = Raw("[" * depth + "]" * depth)
    container = _get(_pick(random, holder, lambda slot: isinstance(_get(slot), Members)))
    container.append([random.choice(("custom", "unknown")), deep])


KINDS: dict[str, Callable[..., Any]] = {
    "delete": _delete,
    "double": _double,
    "double with another value": _double_with_another_value,
    "retype": _retype,
    "nullify": _nullify,
    "renumber": _renumber,
    "rename": _rename,
    "add a member": _add_member,
    "add an element": _add_element,
    "swap": _swap,
    "respell a text": _respell_text,
    "break a text": _break_text,
    "nest": _nest,
    **spelling.KINDS,
}
