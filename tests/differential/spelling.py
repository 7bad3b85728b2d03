"""Other spellings of the same JSON: order, white space, escapes."""

from __future__ import annotations

from random import Random
from typing import Any

from differential.notary_json import Members, write
from simulator.canonical import quoted, served


def _spaced(random: Random, node: Any) -> str:
    often = random.choice((0.02, 0.3))
    kinds = random.choice(((" ",), ("\n", " ", "\t", "\r"), ("\n  ",)))
    return write(node, space=lambda: random.choice(kinds) if random.random() < often else "")


def _escaped(random: Random, node: Any) -> str:
    often = random.choice((0.005, 0.1, 1.0))

    def spelled(text: str) -> str:
        out = []
        for character in text:
            if random.random() >= often or ord(character) > 0xFFFF:
                out.append(served(quoted(character))[1:-1])
            elif character == "/" and random.random() < 0.5:
                out.append("\\/")
            else:
                code = f"{ord(character):04x}"
                out.append("\\u" + (code.upper() if random.random() < 0.5 else code))
        return '"' + "".join(out) + '"'

    return write(node, spelled)


def _raw(_random: Random, node: Any) -> str:
    """Without the escapes that Go's writer makes for HTML."""
    return write(node, lambda text: quoted(text).replace("\n", "\\n").replace("\x01", "\\u0001"))


def _shuffled(random: Random, node: Any) -> str:
    def mixed(part: Any) -> Any:
        if isinstance(part, Members):
            pairs = [[name, mixed(value)] for name, value in part]
            random.shuffle(pairs)
            return Members(pairs)
        return [mixed(item) for item in part] if isinstance(part, list) else part

    return write(mixed(node))


KINDS = {"space": _spaced, "escapes": _escaped, "no escapes": _raw, "order": _shuffled}
