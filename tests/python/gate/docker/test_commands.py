"""Every command of docker is checked here, harmless, or named as not covered."""

from __future__ import annotations

import pytest

from contenttrust.gate.docker import commands


@pytest.mark.parametrize(
    ("words", "name", "count"),
    [
        ("pull x", "pull", 1),
        ("image pull x", "pull", 2),
        ("push x", "push", 1),
        ("image push x", "push", 2),
        ("run x", "run", 1),
        ("container run x", "run", 2),
        ("create x", "create", 1),
        ("container create x", "create", 2),
        ("build .", "build", 1),
        ("image build .", "build", 2),
        ("builder build .", "build", 2),
        ("buildx build .", "build", 2),
        ("buildx b .", "build", 2),
    ],
)
def test_short_and_long_forms_are_checked(words: str, name: str, count: int) -> None:
    command = commands.classified(words.split())
    assert (command.kind, command.name, command.words) == ("checked", name, count)


@pytest.mark.parametrize(
    "words",
    [
        "load", "import", "image load -i x", "image import", "compose up", "compose run ps", "bake",
        "buildx bake", "buildx f", "builder bake", "buildx create", "buildx imagetools create",
        "service create x", "service update", "stack deploy", "stack up", "plugin install x",
        "plugin upgrade", "swarm join", "commit", "container commit", "manifest push",
        "system dial-stdio", "buildx dial-stdio", "buildx inspect --bootstrap x",
        "builder inspect x --bootstrap=true", "buildx dap build", "builder debug build",
        "node demote x", "node promote x", "node update --availability active x", "swarm unlock",
        "plugin enable x", "volume update --availability active x", "compose start web",
        "compose bridge convert", "compose up --pull missing", "compose pull --policy always",
    ],
)  # fmt: skip
def test_t097_what_is_not_covered_is_named(words: str) -> None:
    command = commands.classified(words.split())
    assert command.kind == "not covered"
    assert command.remark != commands.UNKNOWN


@pytest.mark.parametrize("family", ["builder", "buildx"])
@pytest.mark.parametrize(
    "word", ["ls", "inspect", "inspect attachment", "logs", "open", "rm", "trace", "export"]
)
def test_t097_a_look_at_past_builds_starts_the_builder(family: str, word: str) -> None:
    command = commands.classified([family, "history", *word.split(), "x"])
    assert (command.kind, command.name) == ("not covered", f"{family} history")
    assert "starts a builder" in command.remark


@pytest.mark.parametrize(
    "words",
    ["scout cves x", "model run", "image frobnicate", "buildx policy eval", "PULL x", "", "pul"],
)
def test_t097_what_nobody_knows_is_not_covered(words: str) -> None:
    assert commands.classified(words.split(" ")).remark == commands.UNKNOWN


@pytest.mark.parametrize(
    "words",
    [
        "ps", "logs x", "image ls", "buildx imagetools inspect x", "buildx inspect x", "compose ps",
        "compose logs up", "compose restart", "compose exec web start", "node ls", "node inspect x",
        "volume create", "volume ls",
        "start x", "restart x", "exec x y",
        "plugin disable x", "swarm leave", "buildx history import -f x", "buildx du",
    ],
)  # fmt: skip
def test_what_neither_fetches_nor_starts_is_harmless(words: str) -> None:
    assert commands.classified(words.split()).kind == "harmless"


@pytest.mark.parametrize(
    "words",
    ["image", "container", "buildx", "compose", "buildx imagetools", "buildx history", "node"],
)
def test_the_words_of_a_family_alone_ask_for_help(words: str) -> None:
    assert commands.classified(words.split()).kind == "family"


def test_one_word_with_a_space_in_it_is_no_command_of_two() -> None:
    assert commands.classified(["image ls"]).kind == "not covered"


def test_no_command_is_two_things() -> None:
    harmless = set(commands.HARMLESS) | {
        f"{family} {word}" for family, words in commands.HARMLESS_BELOW.items() for word in words
    }
    assert not harmless & set(commands.CHECKED)
    assert not harmless & set(commands.NOT_COVERED)
    assert not set(commands.CHECKED) & set(commands.NOT_COVERED)
