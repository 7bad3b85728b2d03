"""The image of a ``RUN --mount``: one field of a line of comma-separated values.

Source: BuildKit 0.25 `instructions/commands_runmount.go`; github.com/tonistiigi/go-csvvalue.
"""

from __future__ import annotations

from contenttrust.gate.dockerfile.located import DockerfileError, Located

_FROM = "from"


def image_of(mount: Located, *, line: int) -> Located | None:
    """What a mount comes from: an image, a stage or a context; None where nothing is named.

    Args:
        mount: The value of the flag.
        line: For the refusal.

    Raises:
        DockerfileError: The value is no line of fields, or its image a variable.
    """
    found = None
    for field in _fields(mount, line):
        key, equals, value = field.text.partition("=")
        if key.lower() != _FROM or not equals:
            continue
        dollar = value.find("$")
        if dollar >= 0 and dollar != len(value) - 1:
            raise DockerfileError("the 'from' of a mount takes no variables", line=line)
        found = field[len(key) + 1 :]
    return found if found is not None and found.text else None


def _fields(text: Located, line: int) -> list[Located]:
    if not text:
        raise DockerfileError("a mount says nothing", line=line)
    fields = []
    at = 0
    while True:
        if text.text.startswith('"', at):
            field, at = _quoted(text, at, line)
        else:
            comma = text.text.find(",", at)
            end = len(text) if comma < 0 else comma
            field = text[at:end]
            if '"' in field.text:
                raise DockerfileError("a quote stands within a field of a mount", line=line)
            at = end
        fields.append(field)
        if at >= len(text):
            return fields
        at += 1


def _quoted(text: Located, start: int, line: int) -> tuple[Located, int]:
    """A field in quotes, in which two quotes are one, and where its comma or the end stands."""
    kept: list[int] = []
    at = start + 1
    while True:
        end = text.text.find('"', at)
        if end < 0:
            raise DockerfileError("a quote of a mount has no end", line=line)
        kept += range(at, end)
        if text.text.startswith('"', end + 1):
            kept.append(end + 1)
            at = end + 2
            continue
        behind = end + 1
        if behind < len(text) and text.text[behind] != ",":
            raise DockerfileError("a field of a mount goes on behind its quotes", line=line)
        chars = "".join(text.text[index] for index in kept)
        return Located(chars, [text.at[index] for index in kept]), behind
