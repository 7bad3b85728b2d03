"""YAML as its writers mean it: strict, several documents, and every value with its position.

What two readers of YAML may read differently is refused: a key twice, a tag of its own, a merge
that a key before it contradicts, line breaks that only some readers see.

Source: YAML 1.2.2; go.yaml.in/yaml/v2, with which kubectl reads, and v3, with which Docker does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from contenttrust.errors import MalformedError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import Node

Path = tuple["str | int", ...]
"""Keys and indexes that lead from the root of a document to a value."""

_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset({"str", "map", "seq"})
_TEXT = frozenset(_CORE + word for word in ("str", "timestamp"))
_SCALARS = _TEXT | {_CORE + word for word in ("int", "float", "bool", "null")}
_MERGE = _CORE + "merge"
_RESET = "!reset"
_NO_BEGINNING = "expected '<document start>'"  # as ruamel.yaml says it
_LONGEST = 32 * 1024 * 1024
_DEEPEST = 200
_MOST_VALUES = 500_000
# Some readers break lines at these, some do not: what is a comment to one may be a key to another.
_DOUBTFUL_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_DIRECTIVE = re.compile("^\ufeff?%", re.MULTILINE)
# Other readers end the name of an anchor earlier than ruamel.yaml: what follows is a value to them.
_ANCHOR = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# Some readers pass over a mark within a text, or take it for the beginning of a document.
_DOUBTFUL_MARK = re.compile("(?<=.)\ufeff", re.DOTALL)
# kubectl cuts a stream at lines that begin so, also where a comment is right behind; some of its
# kin at all of them. In YAML that is a separator only where a space or nothing is behind.
_DOUBTFUL_SEPARATOR = re.compile(r"^\ufeff?---(?![ \t]*\r?$|[ \t]+#[^\n]*$)", re.MULTILINE)
# ruamel.yaml ends a plain key there, whatever stands behind the colon; others only before a space.
_DOUBTFUL_TAB = re.compile(r"[ \r\n]*\t\s*:", re.ASCII)


class YamlError(MalformedError):
    """A text is no YAML, or not such that every reader of it reads the same.

    Attributes:
        file: Name of the file, as it was given.
        line: Where, from 1.
        column: Where in this line, from 1.
        problem: What is wrong there.
    """

    def __init__(self, problem: str, *, file: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(f"{shown(file)}:{line}:{column}: {problem}")
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem

    def __str__(self) -> str:
        return self.message  # the advice of such errors is about trust data and names of images


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One scalar of the text.

    Attributes:
        line: Where its node begins, from 1.
        column: Where in this line, from 1.
        end_line: Where it ends.
        end_column: Behind its last character.
        start: Offset in the text of the node, with its anchor and tag if it has such.
        end: Offset behind it.
        is_plain: Whether it is a scalar without quotes, of which readers guess the type.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    is_plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a stream.

    Attributes:
        value: dict, list, str, int, float, bool or None; keys of a dict are text.
        file: Name of its file.
        line: Where it begins, from 1.
    """

    value: Any
    file: str
    line: int
    _root: Node = field(repr=False)
    _members: dict[int, dict[str, Node]] = field(repr=False)

    def scalar(self, path: Path) -> Scalar:
        """Where the value at this path stands; of a value that was merged, where it is written.

        Raises:
            KeyError: There is none.
        """
        node = self._root
        for step in path:
            node = self._child(node, step)
        return _position(node)

    def key(self, path: Path) -> Scalar:
        """Where the key of the value at this path stands; of a value without one, the value.

        Raises:
            KeyError: There is none.
        """
        node = self._root
        for step in path[:-1]:
            node = self._child(node, step)
        pairs = node.value if str(node.tag) == _CORE + "map" else []
        keys = [key for key, _ in pairs if key.value == path[-1]]
        return _position(keys[0]) if keys else self.scalar(path)

    def _child(self, node: Node, step: str | int) -> Node:
        if id(node) in self._members:
            return self._members[id(node)][str(step)]
        below = node.value
        if not isinstance(below, list) or not isinstance(step, int) or not 0 <= step < len(below):
            raise KeyError(step)
        found: Node = below[step]
        return found


def read(text: bytes | str, *, file: str, compose_tags: bool = False) -> list[Document]:
    """Read all documents of a stream.

    Args:
        text: UTF-8, with or without a byte order mark.
        file: Its name, for messages.
        compose_tags: Whether docker compose reads it: then ``!override`` is passed over, and what
            has ``!reset`` is not there. Where it is not plain what that does, it is refused.

    Returns:
        The documents in their order; empty ones have the value None.

    Raises:
        YamlError: It is no YAML, or readers may differ on what it means.
    """
    decoded = _decoded(text, file)
    return list(_documents(decoded, file, compose_tags=compose_tags))


def _decoded(text: bytes | str, file: str) -> str:
    if len(text) > _LONGEST:
        raise YamlError(f"longer than {_LONGEST} bytes", file=file)
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise YamlError("not UTF-8", file=file, line=line) from None
    for pattern, problem in (
        (_DOUBTFUL_BREAKS, "a line break that only some readers of YAML see"),
        (_DIRECTIVE, "a directive: readers differ on it"),
        (_DOUBTFUL_MARK, "a byte order mark behind the beginning: readers differ on it"),
        (
            _DOUBTFUL_SEPARATOR,
            (
                "content in a line that begins with ---: kubectl passes over it: put a space "
                "before #, and all else in the next line"
            ),
        ),
    ):
        found = pattern.search(text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
            raise YamlError(problem, file=file, line=line, column=column)
    return text


def _documents(text: str, file: str, *, compose_tags: bool) -> Iterator[Document]:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415 -- an extra

    loader = _loader(compose_tags=compose_tags)
    try:
        constructor, parser = loader.get_constructor_parser(text)
        constructor.composer.warn_double_anchors = False  # the last one holds, as it does in Go
        try:
            for root in _roots(loader, constructor, file):
                reading = _Reading(file, constructor)
                value, line = reading.value(root), root.start_mark.line + 1
                yield Document(
                    value=value, file=file, line=line, _root=root, _members=reading.members
                )
        finally:
            parser.dispose()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        words = shown(" ".join(filter(None, (error.context, error.problem))))
        if words.startswith(_NO_BEGINNING):
            words = (
                "more stands behind the end of the document: a line --- must be between two, also "
                "where they are JSON"
            )
        raise YamlError(words, file=file, line=line, column=column) from None
    except YAMLError as error:  # a character that no YAML may have
        raise YamlError(shown(str(error).splitlines()[0]), file=file) from None
    except RecursionError:
        raise YamlError("nested too deeply", file=file) from None


def _roots(loader: YAML, constructor: Any, file: str) -> Iterator[Node]:  # noqa: ANN401 -- ruamel's
    try:
        while constructor.composer.check_node():
            yield constructor.composer.get_node()
    except (OverflowError, ValueError):  # "\\U00110000": ruamel.yaml takes the digits as they are
        at = loader.reader.get_mark()
        problem = "an escape that stands for no character"
        raise YamlError(problem, file=file, line=at.line + 1, column=at.column + 1) from None


def _loader(*, compose_tags: bool) -> YAML:
    """A reader that refuses tags, on which others differ, but for those that change nothing."""
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.composer import Composer, ComposerError  # noqa: PLC0415

    class WithFewTags(Composer):
        below = 0  # how many values with !override this one is part of: other tags mean nothing

        def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 -- ruamel's
            event = self.parser.peek_event()
            tag = getattr(event, "ctag", None)
            overrides = compose_tags and str(tag) == "!override"
            is_reset = compose_tags and str(tag) == _RESET and not self.below
            if overrides:
                event.ctag = None
            elif tag and not is_reset and (tag.handle != "!!" or tag.suffix not in _TAGS):
                raise ComposerError(None, None, f"the tag {tag}: readers differ", event.start_mark)
            self.below += overrides
            node = super().compose_node(parent, index)
            self.below -= overrides
            return node

    loader = YAML(typ="safe", pure=True)
    loader.Composer = WithFewTags
    return loader


class _Reading:
    """From nodes to values, each node once, however often it is named."""

    def __init__(self, file: str, constructor: Any) -> None:  # noqa: ANN401 -- ruamel's
        self._file = file
        self._constructor = constructor
        self._is_below = False  # a list, <<, or what has an anchor
        self._made: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()
        self.members: dict[int, dict[str, Node]] = {}

    def value(self, node: Node) -> Any:  # noqa: ANN401 -- whatever the document holds
        return self._made_of(node)[0]

    def _made_of(self, node: Node) -> tuple[Any, int]:
        """A value, and how many values it has below it when every alias is written out."""
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode  # noqa: PLC0415

        if id(node) in self._made:
            return self._made[id(node)]
        if id(node) in self._open:
            raise self._wrong("an alias within what it stands for", node)
        if len(self._open) > _DEEPEST:
            raise self._wrong(f"nested more than {_DEEPEST} deep", node)
        self._check_anchor(node)
        self._open.add(id(node))
        around, is_list = self._is_below, isinstance(node, SequenceNode)
        self._is_below = around or is_list or node.anchor is not None
        made: Any
        if isinstance(node, ScalarNode) and str(node.tag) in _SCALARS:
            made, size = self._scalar(node), 1
        elif isinstance(node, MappingNode) and str(node.tag) == _CORE + "map":
            made, size = self._mapping(node)
        elif isinstance(node, SequenceNode) and str(node.tag) == _CORE + "seq":
            below = [self._made_of(item) for item in node.value]
            made, size = [item for item, _ in below], 1 + sum(size for _, size in below)
        else:
            raise self._wrong(f"the tag {shown(str(node.tag))}: readers differ on it", node)
        if size > _MOST_VALUES:
            raise self._wrong(f"more than {_MOST_VALUES} values when aliases are written out", node)
        self._open.discard(id(node))
        self._is_below = around
        self._made[id(node)] = made, size
        return made, size

    def _scalar(self, node: Node) -> Any:  # noqa: ANN401
        if str(node.tag) in _TEXT:
            return node.value
        try:
            return self._constructor.construct_object(node)
        except (ArithmeticError, LookupError, ValueError):  # `!!bool x`, `!!int x`
            raise self._wrong("a value that cannot be read", node) from None

    def _mapping(self, node: Node) -> tuple[dict[str, Any], int]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] | None = None
        for key, item in node.value:
            self._check_anchor(key)
            end = key.end_mark
            if _position(key).is_plain and _DOUBTFUL_TAB.match(end.buffer, end.pointer):
                raise self._wrong("a tab behind a key without quotes: readers differ on it", key)
            if str(key.tag) == _MERGE:
                if merged is not None:  # kubectl takes the last one, docker none
                    raise self._wrong("the key '<<' is there twice: write <<: [*a, *b]", key)
                merged = {}
                for mapping in self._mappings(item):
                    self._refuse_contradiction(own, mapping, key)
                    merged = {**mapping, **merged}
                continue
            name = self._key(key)
            if name in own:
                raise self._wrong(f"the key {shown(name)!r} is there twice", key)
            if not self._is_reset(item, node):
                own[name] = item
        self.members[id(node)] = {**(merged or {}), **own}
        below = {name: self._made_of(item) for name, item in self.members[id(node)].items()}
        size = 1 + sum(size for _, size in below.values())
        return {name: made for name, (made, _) in below.items()}, size

    def _is_reset(self, item: Node, mapping: Node) -> bool:
        if str(item.tag) != _RESET:
            return False
        merges = any(str(key.tag) == _MERGE for key, _ in mapping.value)
        if merges or self._is_below or item.anchor is not None:
            problem = "!reset beside or below <<, below a list, or at or below an anchor: what it "
            problem += "takes away is not settled, so write the service out without it"
            raise self._wrong(problem, item)
        return True

    def _mappings(self, item: Node) -> list[dict[str, Node]]:
        """What a key merges: one mapping, or several of which the first one holds."""
        found = item.value if str(item.tag) == _CORE + "seq" else [item]
        around, self._is_below = self._is_below, True
        for mapping in found:
            self._made_of(mapping)
            if id(mapping) not in self.members:
                raise self._wrong("<< merges mappings only", item)
        self._is_below = around
        return [self.members[id(mapping)] for mapping in found]

    def _refuse_contradiction(
        self, own: dict[str, Node], merged: dict[str, Node], key: Node
    ) -> None:
        twice = own.keys() & merged.keys()
        if twice:
            name = shown(min(twice))
            problem = (
                f"<< stands behind {name!r}, which it brings too: readers differ, so put it first"
            )
            raise self._wrong(problem, key)

    def _check_anchor(self, node: Node) -> None:
        if node.anchor is not None and not _ANCHOR.fullmatch(node.anchor):
            raise self._wrong(f"the anchor {shown(node.anchor)}: readers differ on it", node)

    def _key(self, key: Node) -> str:
        if not isinstance(key.value, str) or str(key.tag) not in _SCALARS:
            raise self._wrong("a key that is no plain text", key)
        if str(key.tag) == _CORE + "null":
            raise self._wrong("a key that is null", key)
        if key.value == "<<":
            raise self._wrong("<< in quotes: readers differ on it", key)
        return key.value

    def _wrong(self, problem: str, node: Node) -> YamlError:
        mark = node.start_mark
        return YamlError(problem, file=self._file, line=mark.line + 1, column=mark.column + 1)


def _position(node: Node) -> Scalar:
    start, end = node.start_mark, node.end_mark
    return Scalar(
        line=start.line + 1, column=start.column + 1,
        end_line=end.line + 1, end_column=end.column + 1,
        start=start.index, end=end.index,
        is_plain=isinstance(node.value, str) and not getattr(node, "style", ""),
    )  # fmt: skip
