"""The images of Dockerfiles as BuildKit's parser finds them, in the corpus and in changed files."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from contenttrust.gate.dockerfile import Dockerfile, DockerfileError, parse
from dockerfile_cases import CASES, Case
from interop.buildkit_parser import answers
from refused_dockerfiles import REFUSED

_CHANGED = 1500
_SEED = 20261129
# What is refused here although BuildKit reads it; docs/how-to/gate_builds.md says why.
_STRICTER = (
    "which has no value",  # of an argument: BuildKit makes it empty
    "has an empty name",  # BuildKit's parser takes it, its build does not
    "there is no FROM",  # likewise
    "is this stage's or a later one's",  # likewise
    "no stage before has the number",  # likewise
    "the classic builder",  # takes it for an image
    "takes no variables, quotes or escapes",  # likewise
    "older builders read this file otherwise",
    "older builders take this line",
    "begins no comment",
    "JSON is no Dockerfile",
    "meaning of its own",
    "fits nothing",
    "outside ASCII",
    "part of a variable's name",
    "continued within a character",
    "too long",
    "say --platform",
    "say --build-arg",
)
_PIECES = (
    *(
        "FROM ",
        "COPY ",
        "RUN ",
        "ARG ",
        "ONBUILD ",
        "--from=",
        "--mount=",
        "from=",
        "alpine",
        "base",
    ),
    *(
        "0",
        "scratch",
        " AS ",
        "\n",
        "\n",
        "\r\n",
        "\\\n",
        "`\n",
        "# escape=`\n",
        "# syntax=s\n",
        "#",
    ),
    *('"', "'", "$A", "${A", "}", ":-", ":+", "%%", "/", "*", "?", "\\", "`", " ", "\t", "<<EOF"),
    *("EOF\n", "<<-EOF", "<<", '["x"]', "[", ",", "--", "=", "\u00e9", "\u00a0", "\u3000", "\x0b"),
)


def comparable(case: Case) -> bool:
    """Whether the program can be asked: it knows no platforms."""
    return not case.platform and b"$TARGET" not in case.text and b"$BUILDARCH" not in case.text


def ours(dockerfile: Dockerfile) -> dict[str, Any]:
    """What we find, as the program says it."""
    images = [(use.what, use.name) for use in dockerfile.images if use.what != "# syntax"]
    syntax = [use.name for use in dockerfile.images if use.what == "# syntax"]
    return {
        "images": Counter((what, _as_go(name)) for what, name in images),
        "stages": [stage.name for stage in dockerfile.stages],
        "syntax": _as_go("".join(syntax)),
    }


def theirs(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "images": Counter((use["what"], use["name"]) for use in answer["images"]),
        "stages": answer["stages"],
        "syntax": answer["syntax"],
    }


def _as_go(name: str) -> str:
    """A byte that is not UTF-8 is one character for Go; such a name is no image's in any case."""
    return "".join("\ufffd" if "\udc80" <= char <= "\udcff" else char for char in name)


def changed(chance: random.Random) -> bytes:
    """A file of the corpus with some changes."""
    text = chance.choice([case for case in CASES if comparable(case)]).text.decode("latin-1")
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(text) + 1)
        drop = chance.choice((0, 0, 0, 1, 2, 5))
        piece = chance.choice(_PIECES).encode().decode("latin-1")
        text = text[:at] + piece + text[at + drop :]
    return text.encode("latin-1")


def test_t098_buildkit_finds_the_same_images_in_the_corpus() -> None:
    cases = [case for case in CASES if comparable(case)]
    assert len(cases) > 150
    for case, answer in zip(
        cases, answers([(case.text, case.args) for case in cases]), strict=True
    ):
        assert "error" not in answer, case.name
        mine = ours(parse(case.text, build_args=case.args))
        if "BUILDKIT_SYNTAX" in case.args:
            mine["syntax"] = answer["syntax"]
        assert mine == theirs(answer), case.name


def test_t098_what_is_refused_buildkit_refuses_or_it_is_known_to_be_stricter() -> None:
    questions = [(text.encode(), {}) for text, _ in REFUSED]
    for (text, reason), answer in zip(REFUSED, answers(questions), strict=True):
        if "error" not in answer and reason not in {"nested too deeply", "longer than 65536"}:
            assert is_stricter(text.encode()), text


def is_stricter(text: bytes) -> bool:
    """Whether the file is refused for a reason that is ours alone."""
    try:
        parse(text)
    except DockerfileError as error:
        return any(reason in error.reason for reason in _STRICTER)
    return False


def test_t098_changed_files_have_the_same_images_or_are_refused() -> None:
    chance = random.Random(_SEED)
    files = [changed(chance) for _ in range(_CHANGED)]
    counts: Counter[str] = Counter()
    for text, answer in zip(files, answers([(text, {}) for text in files]), strict=True):
        try:
            dockerfile = parse(text)
        except DockerfileError:
            counts["refused"] += 1
            assert "error" in answer or is_stricter(text), text
            continue
        if "error" not in answer:
            counts["same"] += 1
            assert ours(dockerfile) == theirs(answer), text
    # The changes must leave enough of both.
    assert counts["same"] > _CHANGED / 5
    assert counts["refused"] > _CHANGED / 10
