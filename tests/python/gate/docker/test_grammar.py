"""Docker's flag grammar, case by case, and the one form in which a command line is handed on."""

from __future__ import annotations

import pytest

from contenttrust.gate.docker import flags
from contenttrust.gate.docker.grammar import CommandLine, CommandLineError, Flags, parse

FLAGS = Flags("a/attach= d/detach i/inter t/tty name= p/publish= h/host= sbom?min")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", []),
        ("-d", [("detach", "true")]),
        ("--detach", [("detach", "true")]),
        ("--detach=false", [("detach", "false")]),
        ("--detach=", [("detach", "")]),
        ("-d=false", [("detach", "false")]),
        ("-dit", [("detach", "true"), ("inter", "true"), ("tty", "true")]),
        ("-it=0", [("inter", "true"), ("tty", "0")]),
        ("-itp80:80", [("inter", "true"), ("tty", "true"), ("publish", "80:80")]),
        ("-itp=80", [("inter", "true"), ("tty", "true"), ("publish", "80")]),
        ("-p=", [("publish", "=")]),
        ("-pd", [("publish", "d")]),
        ("-p -d", [("publish", "-d")]),
        ("-p --", [("publish", "--")]),
        ("--name x", [("name", "x")]),
        ("--name=x", [("name", "x")]),
        ("--name=", [("name", "")]),
        ("--name=a=b", [("name", "a=b")]),
        ("--name --detach", [("name", "--detach")]),
        ("--name -- ", [("name", "--")]),
        ("--sbom", [("sbom", "min")]),
        ("--sbom=max", [("sbom", "max")]),
        ("--name a --name b", [("name", "a"), ("name", "b")]),
    ],
)
def test_flags_are_read_as_pflag_reads_them(words: str, found: list[tuple[str, str]]) -> None:
    assert parse(words.split(), FLAGS).flags == found


@pytest.mark.parametrize("words", ["--policy filename=x.rego .", "--policy=disabled=true ."])
def test_t100_a_policy_of_buildx_is_no_flag_that_is_known(words: str) -> None:
    with pytest.raises(CommandLineError, match=r"^unknown flag: --policy$"):
        parse(words.split(), flags.BUILD)


@pytest.mark.parametrize(
    ("words", "operands"),
    [
        ("image", ["image"]),
        ("image -d other", ["image", "other"]),
        ("-d image", ["image"]),
        ("-- -d image", ["-d", "image"]),
        ("-d -- -d", ["-d"]),
        ("a -- b -- c", ["a", "b", "--", "c"]),
        ("-", ["-"]),
        ("- -d", ["-"]),
    ],
)
def test_what_is_no_flag_is_an_operand(words: str, operands: list[str]) -> None:
    assert parse(words.split(), FLAGS).operands == operands


@pytest.mark.parametrize(
    ("words", "operands"),
    [
        ("image -d", ["image", "-d"]),
        ("-d image -d --name", ["image", "-d", "--name"]),
        ("-- image --", ["image", "--"]),
        ("image -- x", ["image", "--", "x"]),
        ("--name x image --unknown", ["image", "--unknown"]),
        ("-p 80 image", ["image"]),
    ],
)
def test_run_takes_no_flags_behind_the_image(words: str, operands: list[str]) -> None:
    assert parse(words.split(), FLAGS, interspersed=False).operands == operands


def test_an_empty_word_is_an_operand() -> None:
    assert parse(["", "-d"], FLAGS).operands == [""]


@pytest.mark.parametrize(
    "words",
    ["--unknown", "--unknown=x", "--nam=x", "-x", "-dx", "-d=", "-t=", "--", "--name", "-p", "-itp",
     "--=x", "---name", "--=", "-é"],
)  # fmt: skip
def test_what_docker_would_not_understand_is_refused(words: str) -> None:
    if words == "--":
        assert parse([words], FLAGS).operands == []
        return
    with pytest.raises(CommandLineError):
        parse([words], FLAGS)


@pytest.mark.parametrize("value", ["1", "t", "T", "true", "TRUE", "True"])
def test_a_switch_is_on_as_go_reads_it(value: str) -> None:
    assert parse([f"--detach={value}"], FLAGS).switch("detach") is True


@pytest.mark.parametrize("value", ["0", "f", "F", "false", "FALSE", "False"])
def test_a_switch_is_off_as_go_reads_it(value: str) -> None:
    assert parse([f"--detach={value}"], FLAGS).switch("detach", default=True) is False


@pytest.mark.parametrize("value", ["", "yes", "no", "tRUE", " true", "2"])
def test_no_other_value_is_one(value: str) -> None:
    with pytest.raises(CommandLineError, match="no truth value"):
        parse([f"--detach={value}"], FLAGS).switch("detach")


def test_one_wrong_value_is_enough_because_docker_sets_one_after_the_other() -> None:
    with pytest.raises(CommandLineError):
        parse(["--detach=no", "--detach=false"], FLAGS).switch("detach")


def test_the_last_value_counts() -> None:
    line = parse(["--detach", "--detach=false", "--name=a", "--name=b"], FLAGS)
    assert not line.switch("detach")
    assert line.last("name") == "b"
    assert line.last("publish", "none") == "none"


@pytest.mark.parametrize(
    "words", ["-dit -p 80:80 --name x", "-p --", "-p=", "--sbom", "--name --detach -dp-", "-a -a"]
)
def test_the_form_handed_on_means_the_same_and_no_word_of_it_needs_the_next(words: str) -> None:
    line = parse(words.split(), FLAGS)
    assert all(word.startswith("--") and "=" in word for word in line.words())
    again = [parse([word], FLAGS).flags for word in line.words()]
    assert [flag for found in again for flag in found] == line.flags


def test_flags_can_be_left_out() -> None:
    line = parse(["-d", "--name=x", "image"], FLAGS).without("name")
    assert line.flags == [("detach", "true")]
    assert line.operands == ["image"]


@pytest.mark.parametrize(
    ("table", "words", "image"),
    [
        ("RUN", "--rm -it alpine sh", "alpine"),
        ("RUN", "-e A=b -v /a:/b --network host alpine --rm", "alpine"),
        ("RUN", "--restart always --pull never -h name alpine", "alpine"),
        ("RUN", "-dp 80:80 --entrypoint sh alpine", "alpine"),
        ("RUN", "--gpus all --mount type=bind,src=/a,dst=/b alpine", "alpine"),
        ("RUN", "--health-cmd x --no-healthcheck --init alpine", "alpine"),
        ("RUN", "--sig-proxy=false --detach-keys ctrl-x alpine", "alpine"),
        ("CREATE", "--name x -l a=b alpine cmd", "alpine"),
        ("CREATE", "-P --privileged --ulimit nofile=1 alpine", "alpine"),
        ("PULL", "alpine --platform linux/arm64 -q", "alpine"),
        ("PULL", "-aq alpine", "alpine"),
        ("PUSH", "--all-tags alpine", "alpine"),
        ("BUILD", "-t a -f D --build-arg A=b --pull --no-cache .", "."),
        ("BUILD", ". -q --progress plain --load --provenance false", "."),
    ],
)
def test_the_operand_is_found_in_command_lines_that_people_write(
    table: str, words: str, image: str
) -> None:
    stops = table in {"RUN", "CREATE"}
    line: CommandLine = parse(words.split(), getattr(flags, table), interspersed=not stops)
    assert line.operands[0] == image
