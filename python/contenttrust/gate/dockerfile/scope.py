"""What variables are in the names of images: arguments before the first ``FROM``, and platforms.

Source: BuildKit 0.25 `dockerfile2llb/convert.go` ``buildMetaArgs``, `platform.go` ``defaultArgs``.
"""

from __future__ import annotations

import re

from contenttrust.gate.dockerfile.located import SPACES, DockerfileError
from contenttrust.gate.dockerfile.shell_words import Value, WordError, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.dockerfile.instructions import Instruction

_OF_PLATFORM = ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
PREDEFINED = frozenset(f"{kind}{name}" for kind in ("BUILD", "TARGET") for name in _OF_PLATFORM)
"""The arguments that a builder defines itself."""
# Spelt as BuildKit itself would write them: of others it makes something else first.
_PLATFORM = re.compile(
    r"(linux|freebsd|darwin)/(?:(amd64|386|arm64|ppc64le|s390x|riscv64|mips64le|mips64|loong64)"
    r"|(arm)/(v[67]))"
)
_MENTIONED = re.compile(r"\$\{?([A-Za-z0-9_]+)", re.ASCII)
# Docker gives every build those that are in its configuration, and buildx one of its environment.
_BY_ITSELF = frozenset(
    {*(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "FTP", "NO", "ALL")), "SOURCE_DATE_EPOCH"}
)


class Scope:
    """The variables that may stand in the name of an image."""

    def __init__(
        self, build_args: Mapping[str, str], *, platform: str | None, stage: str, escape: str
    ) -> None:
        """Begin with what BuildKit defines itself.

        Args:
            build_args: As given to the build.
            platform: Of the image that is built; empty where nobody says. None is for the classic
                builder, which defines nothing: what is not declared is empty to it.
            stage: Name of the stage that is built, or empty.
            escape: The file's escape character.
        """
        self._given = build_args
        self._escape = escape
        self._values: dict[str, Value] = {}
        self._mentioned: dict[str, set[str]] = {}  # by the defaults of arguments
        self._used: set[str] = set()
        if platform is None:
            self._values = {name: Value("") for name in (*PREDEFINED, "TARGETSTAGE")}
            return
        target = _platform_values(platform)
        for name in _OF_PLATFORM:
            # Where the builder runs is not known here.
            self._values[f"BUILD{name}"] = Value("", (f"BUILD{name}",))
            known = target.get(name)
            doubts = () if known is not None else (f"TARGET{name}",)
            self._values[f"TARGET{name}"] = Value(known or "", doubts)
        self._values["TARGETSTAGE"] = Value(stage or "default")
        for name in self._values:
            if name in build_args:
                self._values[name] = Value(build_args[name])

    def declare(self, instruction: Instruction) -> None:
        """Take an ``ARG`` that stands before the first ``FROM``.

        Raises:
            DockerfileError: It has no name, or a value that BuildKit refuses.
        """
        words = _argument_words(instruction.arguments.text, self._escape)
        if not words:
            raise DockerfileError("ARG has no name", line=instruction.line)
        for word in words:
            name, equals, default = word.partition("=")
            if not name:
                raise DockerfileError("ARG has no name", line=instruction.line)
            self._mentioned.setdefault(name, set()).update(_MENTIONED.findall(default))
            if name in self._given:
                self._values[name] = Value(self._given[name])
            elif name.upper() in _BY_ITSELF:
                self._values[name] = Value("", (name,))
            elif equals:
                self._values[name] = self._value(default, instruction.line)

    def image(self, word: str, *, line: int) -> str:
        """The name of an image, with all variables replaced.

        Raises:
            DockerfileError: It is empty, or rests on something that is not known.
        """
        self._used.update(_MENTIONED.findall(word))
        value = self._value(word, line)
        if value.doubts:
            raise DockerfileError(_doubt(word, value.doubts), line=line)
        if not value.text:
            raise DockerfileError(f"the image {word[:80]!r} has an empty name", line=line)
        return value.text

    def arguments(self) -> dict[str, str | None]:
        """Those that the images which were asked for rest on, with their values.

        None is for those without one, or with one that the builder knows by itself.
        """
        found: dict[str, str | None] = {}
        wanted = sorted(self._used)
        while wanted:
            name = wanted.pop()
            if name in found or not (name in self._mentioned or name in self._values):
                continue
            value = self._values.get(name)
            by_itself = name not in self._mentioned and name not in self._given
            is_known = value is not None and not value.doubts and not by_itself
            found[name] = value.text if value is not None and is_known else None
            wanted += sorted(self._mentioned.get(name, ()))
        return found

    def platform(self, word: str) -> str | None:
        """A platform, with all variables replaced; None where it is not known."""
        try:
            value = self._value(word, 0)
        except DockerfileError:
            return None
        return None if value.doubts else value.text or None

    def _value(self, word: str, line: int) -> Value:
        try:
            return Words(self._values, escape=self._escape).word(word)
        except WordError as error:
            raise DockerfileError(f"{word[:80]!r}: {error}", line=line) from None
        except DockerfileError as error:
            raise DockerfileError(error.reason, line=line) from None


def _doubt(word: str, names: tuple[str, ...]) -> str:
    name = names[0]
    start = f"the image {word[:80]!r} depends on {name[:80]!r}"
    if name in {f"TARGET{part}" for part in _OF_PLATFORM}:
        return f"{start}, which is not known: say --platform, one of os/arch"
    if name in {f"BUILD{part}" for part in _OF_PLATFORM}:
        return f"{start}, which only the builder knows: say --build-arg {name}=…"
    if name.upper() in _BY_ITSELF:
        return f"{start}, which docker may give it by itself: say --build-arg {name}=…"
    return (
        f"{start}, which has no value: give it a default in an ARG before the first FROM, or "
        f"say --build-arg {name[:80]}=…"
    )


def _platform_values(platform: str) -> dict[str, str]:
    match = _PLATFORM.fullmatch(platform)
    if match is None:
        return {}
    system, architecture, arm, variant = match.groups()
    return {
        "PLATFORM": platform,
        "OS": system,
        "OSVERSION": "",
        "ARCH": architecture or arm,
        "VARIANT": variant or "",
    }


def _argument_words(text: str, escape: str) -> list[str]:
    """Words between spaces, with their quotes and escapes.

    Source: BuildKit 0.25 `parser/line_parsers.go` ``parseWords``.
    """
    found: list[str] = []
    word, quote, in_word, was_quoted = "", "", False, False
    chars = iter(text)
    for char in chars:
        if not quote and char in SPACES:
            if word or was_quoted:
                found.append(word)
            word, in_word, was_quoted = "", False, False
            continue
        in_word = True
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote, was_quoted = char, True
        elif char == escape and quote != "'":
            following = next(chars, "")
            if not following:
                break
            word += char
            char = following  # noqa: PLW2901 - the escaped one, whatever it is
        word += char
    if in_word and (word or was_quoted):
        found.append(word)
    return found
