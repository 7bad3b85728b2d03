from __future__ import annotations

import errno
import json
import os
import pwd
import stat

import pytest

from contenttrust import Requirements
from contenttrust.cli.options import LIMITS
from contenttrust.cli.parser import parse, parser
from contenttrust.transport import docker_cache, remark

_ID = "ab" * 32


def test_global_options_mean_the_same_before_and_after_the_verb():
    options = ["--metadata", "m", "--at", "2026-11-24T00:00:00Z", "--json", "--no-tofu", "-q"]
    options += ["--pin-key", _ID, "--limit", "keys=3", "--offline", "--compatible", "--remember"]
    before, after = parse([*options, "verify", "x"]), parse(["verify", *options, "x"])
    assert vars(before) == {k: v for k, v in vars(after).items() if not k.endswith("_after")}
    assert (before.metadata, before.output, before.limit) == ("m", "json", (("keys", 3),))
    assert parse(["verify", "x"]).metadata is None


def test_repeated_pins_are_gathered_from_both_sides_of_the_verb():
    other = "CD" * 32
    options = parse(["--pin-key", _ID, "verify", "--pin-key", other, "x"])
    assert options.pin_key == (_ID, other.lower())


def test_options_may_stand_between_images():
    assert parse(["verify", "a", "--json", "b"]).images == ["a", "b"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nosuchverb"],
        ["verify"],
        ["verify", ""],
        ["verify", "x", "--bogus"],
        ["verify", "x", "--meta", "m"],
        ["lookup", "gun"],
        ["lookup", "gun", "tag", "more"],
        ["verify", "--at", "yesterday", "x"],
        ["verify", "--at", "2026-11-24", "x"],
        ["verify", "--at", "2026-11-24T00:00:00", "x"],
        ["verify", "--at", "", "x"],
        ["verify", "--pin-key", "ab", "x"],
        ["verify", "--pin-key", "", "x"],
        ["verify", "--pin-cert", "z" * 64, "x"],
        ["verify", "--limit", "keys", "x"],
        ["verify", "--limit", "keys=0", "x"],
        ["verify", "--limit", "keys=-1", "x"],
        ["verify", "--limit", "keys=1e3", "x"],
        ["verify", "--limit", "keys=" + "9" * 5000, "x"],
        ["verify", "--limit", "nosuch=1", "x"],
        ["verify", "-o", "yaml", "x"],
        ["verify", "--offline", "bad\udcffname"],
        ["verify", "--offline", "UPPER"],
        ["list", "--offline", "../../etc"],
        ["list", "--offline", "a\x1b[31mb"],
        ["lookup", "--offline", "a//b", "1.0"],
    ],
)
def test_bad_usage_is_exit_2_with_a_sentence(run, arguments):
    ran = run(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err if arguments else "usage:" in ran.out


def test_a_usage_error_is_a_document_too_once_json_was_asked_for(run):
    for arguments in (
        ["verify", "--json"],
        ["-o", "json"],
        ["verify", "-o", "json", "--bogus", "x"],
    ):
        ran = run(*arguments)
        assert ran.code == 2
        assert ran.document["schema"] == "contenttrust.error/1"
        assert ran.document["error"]["code"] == "usage"


@pytest.mark.parametrize("where", [["--offline"], ["--server", "https://127.0.0.1:1"]])
def test_without_a_source_it_could_not_tell_and_says_what_to_pass(run, tmp_path, where):
    ran = run("verify", *where, "--trust-dir", str(tmp_path), "alpine")
    assert ran.code == 3
    assert "'--metadata'" in ran.err
    ran = run("list", "--json", *where, "--trust-dir", str(tmp_path), "docker.io/library/alpine")
    assert ran.code == 3
    assert ran.document["error"]["code"] == "unreachable"


def test_offline_names_the_directory_that_has_nothing_cached_and_no_server(run, tmp_path):
    ran = run("verify", "--offline", "--trust-dir", str(tmp_path), "alpine")
    assert f"the trust directory {tmp_path} has not cached root" in ran.err
    assert "notary server" not in ran.err


def test_missing_directories_and_files_are_bad_usage(case, run, tmp_path):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    file, empty = tmp_path / "file", tmp_path / "empty"
    file.write_text("x")
    empty.touch()
    missing = str(tmp_path / "missing")
    for options in (
        ["--metadata", missing],
        ["--metadata", str(file)],
        ["--metadata", ""],
        [*repository.options, "--trust-dir", str(file)],
        [*repository.options, "--anchor-root", missing],
        [*repository.options, "--anchor-root", str(empty)],
        [*repository.options, "--anchor-root", str(tmp_path)],
        [*repository.options, "--anchor-root", ""],
        [*repository.options, "--pin-ca", missing],
        [*repository.options, "--pin-ca", str(empty)],
        [*repository.options, "--pin-ca", str(file)],
        [*repository.options, "--notary-config", missing],
        [*repository.options, "--notary-config", str(file)],
    ):
        ran = run("verify", *options, image)
        assert (ran.code, ran.out) == (2, ""), options
        assert ran.err.startswith("contenttrust: --")


def test_an_empty_metadata_directory_is_no_trust_data(run, tmp_path):
    ran = run("verify", "--json", "--metadata", str(tmp_path), "alpine")
    assert ran.code == 1
    assert ran.document["results"][0]["error"]["code"] == "no_trust_data"


@pytest.mark.parametrize("verb", ["verify", "explain"])
def test_what_is_cached_does_not_stand_in_for_a_directory_that_is_the_wrong_one(
    case, run, tmp_path, verb
):
    good = case("good-one-tag")
    image = f"{good.gun}:1.0"
    assert run("verify", *good.options, "--remember", image).code == 0
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    ran = run(verb, "--metadata", str(wrong), *good.options[2:], image)
    assert ran.code == 1
    assert f"{wrong} holds no trust data of {good.gun}" in " ".join(ran.err.split())


@pytest.mark.parametrize(
    "words",
    [("verify", "alpine"), ("explain", "alpine"), ("list", "alpine"), ("inspect", "alpine")],
)
def test_a_directory_without_a_root_is_named_and_escaped(run, tmp_path, words):
    directory = tmp_path / "a\u202eb\x1b[31m"
    directory.mkdir()
    verb, name = words
    ran = run(verb, "--metadata", str(directory), name)
    assert ran.code == 1
    assert f"{tmp_path}/a\\u202eb\\u001b[31m holds no trust data" in ran.err.replace("\n    ", " ")


def test_offline_and_a_directory_contradict_each_other(case, run):
    repository = case("good-one-tag")
    ran = run("verify", "--offline", *repository.options, f"{repository.gun}:1.0")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("contenttrust: --offline")
    assert "--metadata" in ran.err


def test_without_a_home_it_could_not_tell(case, run, monkeypatch, tmp_path):
    repository = case("good-one-tag")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    before = sorted(tmp_path.rglob("*"))
    ran = run("verify", "--remember", *repository.options[:4], f"{repository.gun}:1.0")
    assert (ran.code, ran.out) == (3, "")
    assert "no home directory" in ran.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_trust_directory_that_others_may_write_could_not_tell(case, run, tmp_path):
    repository = case("bad-rollback-targets-smaller")
    (cached,) = tmp_path.rglob("metadata/root.json")
    cached.chmod(0o666)
    ran = run("verify", *repository.options, f"{repository.gun}:2.0")
    assert ran.code == 3
    assert "writable by others" in ran.err


def test_offline_judges_what_is_remembered_and_nothing_else(case, run):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    offline = ["--offline", *repository.options[2:]]
    assert run("verify", *offline, image).code == 3
    assert run("verify", *repository.options, image).code == 0
    assert run("verify", *offline, image).code == 3  # --metadata alone remembers nothing
    assert run("verify", "--remember", *repository.options, image).code == 0
    assert run("verify", *offline, image).code == 0


def test_what_is_remembered_is_for_the_owner_only(case, run, tmp_path):
    repository = case("good-one-tag")
    assert run("list", "--remember", *repository.options, repository.gun).code == 0
    trust = tmp_path / "good-one-tag" / "trust"
    modes = {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in [trust, *trust.rglob("*")]}
    assert modes == {0}


def test_pins_must_all_hold(case, run):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    root = str(repository.path / "tuf" / "root.json")
    (certificate,) = repository.description["role_keys"]["root"]
    other = str(case("good-releases-precedence").path / "tuf" / "root.json")

    def code(*options):
        return run("verify", *options, *repository.options, image).code

    assert code("--anchor-root", root) == 0
    assert code("--pin-cert", certificate) == 0
    assert code("--pin-cert", certificate.upper()) == 0
    assert code("--pin-cert", _ID, "--pin-cert", certificate) == 0
    assert code("--anchor-root", root, "--pin-cert", certificate) == 0
    assert code("--pin-cert", _ID) == 1
    assert code("--pin-key", _ID) == 1
    assert code("--anchor-root", other) == 1
    assert code("--anchor-root", root, "--pin-cert", _ID) == 1


def test_no_tofu_refuses_a_first_contact_unless_something_is_pinned(case, run):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    (certificate,) = repository.description["role_keys"]["root"]
    pinned = ["--no-tofu", "--pin-cert", certificate, *repository.options]
    assert run("verify", "--no-tofu", *repository.options, image).code == 1
    assert run("verify", *pinned, image).code == 0
    assert run("verify", "--remember", *pinned, image).code == 0
    assert run("verify", "--no-tofu", *repository.options, image).code == 0


def test_a_notary_config_pins_and_no_tofu_takes_its_first_use_away(case, run, tmp_path):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    config = tmp_path / "config.json"

    def code(pinning, *options):
        config.write_text(json.dumps({"trust_pinning": pinning}))
        ran = run("verify", "--notary-config", str(config), *options, *repository.options, image)
        return ran.code

    ids = repository.description["role_keys"]["root"]
    assert code({"certs": {repository.gun: ids}}) == 0
    assert code({"certs": {repository.gun: [_ID]}}) == 1
    assert code({"disable_tofu": True}) == 1
    assert code({}) == 0
    assert code({}, "--no-tofu") == 1
    assert code({"certs": {repository.gun: ids}}, "--no-tofu") == 0
    assert code({"certs": {repository.gun: []}}) == 2


def test_every_limit_of_the_engine_can_be_set(case, run):
    for name in LIMITS:
        Requirements(**{name: 1000})
    repository = case("good-one-tag")
    ran = run("list", "--json", "--limit", "root_length=10", *repository.options, repository.gun)
    assert ran.code == 1
    assert ran.document["error"]["code"] == "limit_exceeded"


def test_trust_on_first_use_is_said_unless_quiet(case, run):
    repository = case("good-one-tag")
    arguments = ["verify", *repository.options, f"{repository.gun}:1.0"]
    assert "the first one seen" in run(*arguments).err
    assert run("-q", *arguments).err == ""


def test_help_has_one_width_and_shows_every_verb(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    text = parser().format_help()
    monkeypatch.setenv("COLUMNS", "200")
    assert parser().format_help() == text
    assert max(map(len, text.splitlines())) <= 100
    for verb in ("verify", "list", "lookup", "inspect", "explain"):
        ran = run(verb, "-h")
        assert ran.code == 0
        assert "examples:" in ran.out
        assert "--pin-key ID" in ran.out
    bare = run()
    assert (bare.code, bare.out) == (2, text)


def test_version_is_printed(run):
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.split()[0] == "contenttrust"


@pytest.mark.parametrize("option", ["--anchor-root", "--pin-ca", "--notary-config", "--metadata"])
@pytest.mark.parametrize("before", [True, False])
def test_an_option_that_names_one_thing_is_refused_twice(run, option, before):
    ahead, behind = ([option, "a"], [option, "b"]) if before else ([], [option, "a", option, "b"])
    ran = run(*ahead, "verify", *behind, "alpine")
    assert ran.code == 2
    assert f"{option} is given twice" in ran.err


@pytest.mark.parametrize(
    ("twice", "named"),
    [
        (["--at", "2026-11-24T00:00:00Z", "--at", "2026-11-24T00:00:00Z"], "--at"),
        (["-o", "json", "-o", "text"], "--output"),
        (["-o", "text", "--json"], "--output"),
    ],
)
def test_a_moment_and_a_form_of_output_are_refused_twice(run, twice, named):
    for arguments in (["verify", *twice, "alpine"], [*twice[:2], "verify", *twice[2:], "alpine"]):
        ran = run(*arguments)
        assert ran.code == 2
        assert f"{named} is given twice" in ran.err


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (["verify", "-x"], "contenttrust verify [OPTION ...] IMAGE"),
        (["verify", "alpine", "-x"], "contenttrust verify [OPTION ...] IMAGE"),
        (["list", "-x", "gun"], "contenttrust list [OPTION ...] GUN"),
        (["-x"], "contenttrust [OPTION ...] VERB"),
    ],
)
def test_an_unknown_option_is_named_beside_the_usage_of_its_verb(run, arguments, usage):
    ran = run(*arguments)
    assert ran.code == 2
    assert "unknown option -x" in ran.err
    assert f"usage: {usage}" in ran.err


def test_a_wrong_verb_is_what_is_named_whatever_stands_behind_it(run):
    ran = run("nosuch", "-x")
    assert ran.code == 2
    assert "'nosuch'" in ran.err


def test_an_argument_too_many_is_named_beside_the_usage_of_its_verb(run):
    ran = run("lookup", "gun", "tag", "more")
    assert ran.code == 2
    assert "one argument too many: more" in ran.err
    assert "usage: contenttrust lookup [OPTION ...] GUN TAG" in ran.err


@pytest.mark.parametrize("option", ["--anchor-root", "--pin-ca", "--notary-config"])
def test_a_named_file_is_read_to_its_limit_and_must_be_a_regular_one(run, tmp_path, option):
    large, pipe = tmp_path / "large", tmp_path / "pipe"
    large.write_bytes(b" " * (1024 * 1024) + b"{}")
    os.mkfifo(pipe)
    for path, cause in ((large, "larger than"), (pipe, "no regular file"), ("/dev/zero", "no reg")):
        ran = run("verify", "--metadata", str(tmp_path), option, str(path), "alpine")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"contenttrust: {option}: ")
        assert cause in ran.err


def test_a_cache_of_docker_s_that_cannot_be_written_is_a_warning_like_others(
    case, run, tmp_path, monkeypatch
):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(docker_cache, "_write_role", full)
    repository = case("good-one-tag")

    def warned(*options):
        trust = ["--remember", "--trust-dir", str(tmp_path / "-".join(["new", *options]))]
        ran = run("verify", *repository.options[:4], *trust, *options, f"{repository.gun}:1.0")
        assert ran.code == 0
        return [line for line in ran.err.splitlines() if "was not updated" in line]

    (line,) = warned()
    assert line.startswith("warning: the cache that Docker reads was not updated for ")
    assert line.endswith(f": {os.strerror(errno.ENOSPC)}")
    assert warned("-o", "json") == [line]  # which no document holds
    assert warned("-q") == warned("-q", "-o", "json") == []
    assert remark.tell is None
