"""Builds whose texts mean something else to compose, bake or BuildKit than they say are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.gate.docker.program import SET_BY_DOCKER


def project(build: str, *others: str) -> Composition:
    text = f"services:\n  web:\n    build:\n      {build}\n"
    texts = {"compose.yaml": text, **{f"{n}.yaml": other for n, other in enumerate(others)}}
    named = {name: text.encode() for name, text in texts.items()}
    return composition(named, env={"A": "1"}, program=None)


def refusals(made: Composition) -> list[tuple[int, str]]:
    return [(f.spot.line, f.message) for f in made.findings if f.refused]


def images(made: Composition) -> list[str]:
    assert refusals(made) == []
    return [use.image for use in made.uses]


INLINE = "dockerfile_inline: FROM x"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("docker.io/evil/app:1", "evil/app:1"),
        ("index.docker.io/evil/app", "evil/app"),
        ("docker.io/library/alpine", "alpine"),
        ("library/alpine:3", "alpine:3"),
        ("alpine:latest", "alpine"),
        ("evil/tool:latest", "evil/tool"),
        ("base:latest", "base"),
    ],
)
def test_t098_a_context_whose_name_finds_nothing_hides_no_image(name: str, key: str) -> None:
    context = f'additional_contexts: {{"{name}": "docker-image://good:1"}}'
    made = project(f"dockerfile_inline: FROM {name}\n      {context}")

    assert [(line, message.endswith(f"write {key}")) for line, message in refusals(made)] == [
        (5, True)
    ]
    right = project(f"dockerfile_inline: FROM {name}\n      {context.replace(name, key, 1)}")
    assert images(right) == ["good:1"]


@pytest.mark.parametrize("name", ["base::linux/amd64", "BASE", "a b", "a%b"])
def test_a_context_of_a_name_that_is_none_is_refused(name: str) -> None:
    made = project(f"{INLINE}\n      additional_contexts: ['{name}=docker-image://good:1']")

    assert [line for line, _ in refusals(made)] == [5]
    assert "can be no name of a build context" in refusals(made)[0][1]


@pytest.mark.parametrize(
    "build",
    [
        "dockerfile_inline: 'RUN %{ if false }'",
        "dockerfile_inline: 'RUN %%{ if false }'",
        "args: {V: '1%{ if true }-evil%{ endif }'}",
        "args: ['V=%{ if true }-evil%{ endif }']",
        "args: {'%{ if true }V%{ endif }': '1'}",
        "args: ['$${\"V\"}=1']",
        "context: '%{ if true }evil%{ endif }'",
        "context: './$${\"evil\"}'",
        "dockerfile: '$${\"Dockerfile.evil\"}'",
        "dockerfile: 'x%{ if true }y%{ endif }'",
        "target: '$${\"evil\"}'",
        "target: '%{ if true }evil%{ endif }'",
        "additional_contexts: {base: 'docker-image://good$${\":evil\"}'}",
        "additional_contexts: {base: './%{ if true }evil%{ endif }'}",
        "additional_contexts: {'a$${\"\"}': 'docker-image://good'}",
        "sbom: 'generator=good$${\":evil\"}'",
        "provenance: 'type=sbom,generator=%{ if true }evil%{ endif }'",
        "tags: ['$${\"signed:1\"}']",
        "labels: {a: '%{ if true }'}",
        "cache_from: ['type=registry,ref=$${\"evil\"}']",
        "secrets: [{source: '$${\"x\"}'}]",
    ],
)
def test_t100_what_bake_takes_for_a_template_is_refused(build: str) -> None:
    refused = refusals(project(build))

    assert [line for line, _ in refused][:1] == [4]
    assert "bake takes" in refused[0][1]


@pytest.mark.parametrize(
    "platform",
    [
        "linux/$${trimspace('amd64')}",
        "linux/amd64,linux/arm64",
        "linux/%{ if true }",
        " linux",
        "a/",
    ],
)
@pytest.mark.parametrize("member", ["platforms: [{}]", "tags: []\n    platform: {}"])
def test_t100_a_platform_is_plainly_one(platform: str, member: str) -> None:
    def read(one: str) -> Composition:
        return project(f"{INLINE}\n      " + member.format(f'"{one}"'))

    assert images(read("linux/arm/v7")) == ["x"]
    [(line, message)] = refusals(read(platform))
    assert line == (5 if member.startswith("platforms") else 6)
    assert message.endswith("is not plainly one platform: write one, such as linux/amd64")


def test_t100_the_name_of_what_is_built_is_no_template() -> None:
    more = "\n    pull_policy: build\n    image: "
    assert images(project(f"{INLINE}{more}me/web")) == ["x"]
    [(line, message)] = refusals(project(f"{INLINE}{more}'me/web$${{\":1\"}}'"))
    assert (line, "bake takes what follows ${ for a template" in message) == (6, True)


@pytest.mark.parametrize("text", ['"a\\0b"', '"\\ud83d"'])
@pytest.mark.parametrize(
    "build",
    ["context: {}", "dockerfile: {}", "dockerfile_inline: {}", "args: {{X: {}}}",
     "dockerfile_inline: FROM x\n      context: {}", "labels: {{{}: x}}"],
)  # fmt: skip
def test_a_text_that_no_file_and_no_builder_has_is_refused(build: str, text: str) -> None:
    [(line, message), *_] = refusals(project(build.format(text)))

    assert line == 4 + build.count("\n")
    assert "no builder can have" in message


@pytest.mark.parametrize(("one", "other"), [("a.b", "a_b"), ("a_b.c", "a.b_c")])
def test_t100_two_services_are_not_one_target_to_bake(one: str, other: str) -> None:
    def read(of_other: str) -> Composition:
        text = f"services:\n  {one}: {{build: {{{INLINE}}}}}\n  {other}: {{{of_other}}}\n"
        return composition({"f": text.encode()}, env={}, program=None)

    assert refusals(read("image: y")) == []
    told = f"{one} and {other} are one target to bake: rename one of them"
    assert refusals(read(f"build: {{{INLINE}}}")) == [(3, told)]


DECOMPOSED = "cafe\\u0301"
KELVIN = "\\u212a"
MARK = "\\ufeff"


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (f'context: "./{DECOMPOSED}"', "form NFC"),
        (f'dockerfile: "{DECOMPOSED}"', "form NFC"),
        (f'dockerfile_inline: "ARG {KELVIN}=evil:1"', "form NFC"),
        (f'target: "{DECOMPOSED}"', "form NFC"),
        (f'args: {{V: "{DECOMPOSED}"}}', "form NFC"),
        (f'args: {{"{KELVIN}": evil:1}}', "form NFC"),
        (f'args: ["BUILD{KELVIN}IT_SYNTAX=evil:1"]', "form NFC"),
        (f'labels: {{"{DECOMPOSED}": x}}', "form NFC"),
        (f'additional_contexts: {{base: "./{DECOMPOSED}"}}', "form NFC"),
        ('args: {V: "\\U0001fbff"}', "no such letters"),
        (f'args: {{V: "{MARK}"}}', "byte order mark"),
        (f'args: {{"{MARK}V": evil:1}}', "byte order mark"),
        (f'dockerfile_inline: "{MARK}FROM x"', "byte order mark"),
        (f'additional_contexts: {{base: "{MARK}docker-image://evil:1"}}', "byte order mark"),
    ],
)
def test_t100_what_bake_writes_otherwise_is_refused(build: str, told: str) -> None:
    refused = refusals(project(build))

    assert [line for line, _ in refused][:1] == [4]
    assert told in refused[0][1]


def test_t100_letters_that_bake_leaves_as_they_are_are_read() -> None:
    made = project('args: {"é": "\\u017f 漢 🐳"}\n      dockerfile_inline: "FROM x\\n# caf\\u00e9"')

    assert images(made) == ["x"]


def test_variables_in_arguments_and_in_an_inline_dockerfile_are_escaped_by_compose() -> None:
    made = project("args: {V: '1', W: '$${V}'}\n      dockerfile_inline: \"ARG V\\nFROM x:$${V}\"")

    assert images(made) == ["x:1"]


@pytest.mark.parametrize("value", ["1.0", "010", "0x1F", "0o7", "+5", "1_000", "true", "1e3", ".5",
                                   "[a]", "{a: b}", "12345678901234567890", "&a 5"])  # fmt: skip
def test_an_argument_that_compose_writes_otherwise_is_refused(value: str) -> None:
    made = project(f'args: {{V: {value}}}\n      dockerfile_inline: "ARG V\\nFROM x:$$V"')

    [(line, message)] = refusals(made)
    assert (line, message) == (4, "the value of V is no text: put it in quotes")


@pytest.mark.parametrize("value", ["0", "7", "8080", "'1.0'", '"010"', "2024-01-01"])
def test_an_argument_that_every_reader_writes_alike_is_read(value: str) -> None:
    made = project(f'args: {{V: {value}}}\n      dockerfile_inline: "ARG V\\nFROM x:a$$V"')

    assert images(made) == ["x:a" + value.strip("'\"")]


def test_a_list_with_a_number_is_refused() -> None:
    for member in ("args", "additional_contexts"):
        [(line, message)] = refusals(project(f"{INLINE}\n      {member}: [3]"))
        assert (line, member in message) == (5, True)


def test_each_platform_of_a_build_is_read() -> None:
    inline = "dockerfile_inline: 'FROM x:$${TARGETARCH}'"
    platforms = "platforms: [linux/amd64, linux/arm64]"
    made = project(f"{inline}\n      {platforms}\n    platform: linux/amd64")

    assert images(made) == ["x:amd64", "x:arm64"]
    assert [list(built.platforms) for built in made.builds] == [["linux/amd64"], ["linux/arm64"]]
    assert images(project(f"{inline}\n      platforms: [linux/amd64]")) == ["x:amd64"]
    assert images(project(f"{inline}\n    platform: linux/arm64")) == ["x:arm64"]


def test_platforms_that_make_no_difference_are_of_one_build() -> None:
    platforms = "platforms: [linux/amd64, linux/arm64, linux/s390x]"
    made = project(f"{INLINE}\n      {platforms}\n    platform: linux/arm64")

    assert images(made) == ["x"]
    [built] = made.builds
    assert list(built.platforms) == ["linux/amd64", "linux/arm64", "linux/s390x"]
    [built] = project(INLINE).builds
    assert list(built.platforms) == []


@pytest.mark.parametrize("more", ["", "\n      platforms: [linux/amd64, linux/arm64]"])
def test_a_platform_that_the_builder_chooses_is_not_known(more: str) -> None:
    made = project(f"dockerfile_inline: 'FROM x:$${{TARGETARCH}}'{more}")

    [(_, message)] = refusals(made)
    assert "say platform of the service" in message
    [built] = project(f"{INLINE}{more}").builds
    assert list(built.platforms) == []


@pytest.mark.parametrize("more", ["", "\n      dockerfile_inline: FROM x"])
def test_a_context_on_a_server_is_refused_whatever_the_dockerfile_is(more: str) -> None:
    for context in ("https://github.com/evil/repo.git", "git@example.com:a/b", "github.com/a/b"):
        [(_, message)] = refusals(project(f"context: {context}{more}"))
        assert "is not here" in message


def test_a_folder_that_looks_like_an_image_is_refused() -> None:
    context = "additional_contexts: {base: 'docker-image:evil'}"
    [(line, message)] = refusals(project(f"dockerfile_inline: FROM base\n      {context}"))

    assert line == 5
    assert "docker-image://evil" in message


def test_a_null_in_a_later_file_takes_nothing_back(tmp_path: Path) -> None:
    later = "services: {web: {build: {dockerfile_inline: , args: , additional_contexts: }}}"
    first = 'dockerfile_inline: "ARG V\\nFROM x:$$V"\n      args: {V: "1"}'

    assert images(project(first, later)) == ["x:1"]
    later = "services: {web: {build: {args: {V: }}}}"  # but for this, which the environment has
    [(_, message)] = refusals(project(first, later))
    assert "which has no value" in message
    assert "say build.args V=" in message


def test_a_home_is_no_folder_that_can_be_told() -> None:
    for build in ("context: ~/x", f"{INLINE}\n      additional_contexts: {{base: ~x/y}}"):
        assert "in place of ~" in refusals(project(build))[0][1]


def test_a_service_of_a_profile_that_is_off_is_built_all_the_same() -> None:
    text = """services:
  a: {build: {dockerfile_inline: FROM base, additional_contexts: {base: 'service:b'}}}
  b: {build: {dockerfile_inline: FROM evil}, profiles: [p]}
"""

    def read(*profiles: str) -> Composition:
        env = {"COMPOSE_BAKE": "true"}
        return composition({"f": text.encode()}, profiles=profiles or ("*",), env=env, program=None)

    assert images(read()) == ["evil"]
    [(line, message)] = refusals(read("other"))
    assert (line, "no service b here" in message) == (2, True)


def test_the_name_of_the_project_is_left_to_docker_compose() -> None:
    text = b"services: {a: {image: 'x/${COMPOSE_PROJECT_NAME:-good}'}}"
    for env in ({}, {"COMPOSE_PROJECT_NAME": "good"}):
        [finding] = composition({"f": text}, env=env, program=None).findings
        assert finding.refused
        assert "docker's own" in finding.message


@pytest.mark.parametrize("name", sorted(SET_BY_DOCKER))
@pytest.mark.parametrize(
    "member",
    ["image: '${{{}:+evil/}}web'", "build: {{dockerfile_inline: {}, args: [{}]}}",
     "build: {{dockerfile_inline: {}, args: {{{}: }}}}",
     "build: {{dockerfile_inline: {}, args: {{B: '${{{}-}}'}}}}"],
)  # fmt: skip
def test_t100_what_docker_sets_itself_is_left_to_docker_compose(
    tmp_path: Path, name: str, member: str
) -> None:
    text = f"ARG B=${{{name}:+evil/x}}\nFROM ${{B:-scratch}}"
    inline = json.dumps(text.replace("$", "$$"))
    written = member.format(*[name] if "image" in member else [inline, name])
    for env in ({}, {name: ""}, {name: "x"}):
        made = composition(
            {f"{tmp_path}/f": f"services: {{a: {{{written}}}}}".encode()}, env=env, program=None
        )
        [(_, message)] = refusals(made)
        assert message == f"{name} is docker's own: docker compose must read this"


def test_t100_a_folder_whose_name_bake_takes_for_a_template_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "%{ if true }evil%{ endif }"
    odd.mkdir()
    (tmp_path / "link").symlink_to(odd)
    (tmp_path / "Dockerfile").write_text("FROM x")
    odd.joinpath("Dockerfile").write_text("FROM x")

    def read(folder: Path, build: str) -> Composition:
        text = f"services: {{a: {{build: {build}}}}}"
        return composition({f"{folder}/compose.yaml": text.encode()}, env={}, program=None)

    for made in (
        read(odd, "."),
        read(odd, "{dockerfile_inline: FROM x}"),
        read(odd, "{context: .., dockerfile_inline: FROM x}"),  # a secret is of that folder
        read(tmp_path, "{context: ., dockerfile: link/Dockerfile}"),
        read(tmp_path, "link"),
    ):
        [(_, message)] = refusals(made)
        assert "for a template" in message
    (tmp_path / "Dockerfile").unlink()
    assert images(read(tmp_path, "{dockerfile_inline: FROM x}")) == ["x"]


@pytest.mark.parametrize("build", [".", "below", "{context: below, dockerfile_inline: FROM x}"])
def test_t100_what_pwd_calls_the_folder_is_what_bake_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str
) -> None:
    plain, odd = tmp_path / "plain", tmp_path / "${evil}"
    (plain / "below").mkdir(parents=True)
    for folder in (plain, plain / "below"):
        (folder / "Dockerfile").write_text("FROM x")
    odd.symlink_to(plain)
    monkeypatch.chdir(plain)

    def read(called: Path) -> Composition:
        monkeypatch.setenv("PWD", str(called))
        text = f"services: {{a: {{build: {build}}}}}"
        return composition({"compose.yaml": text.encode()}, env={}, program=None)

    [(_, message)] = refusals(read(odd))
    assert message.startswith(f"the name {odd}")
    assert "bake takes" in message
    (tmp_path / "%{other}").mkdir()
    for called in (plain, tmp_path / "%{other}"):  # docker compose does not believe the second
        assert set(images(read(called))) == {"x"}
