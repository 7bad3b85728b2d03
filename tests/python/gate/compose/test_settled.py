"""What is written holds wherever it is read: with other variables, and by docker stack (threat 99).

Docker stack reads no file of variables, and of a file the first document only.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import YamlError, read
from refused_writing import refusals

PIN = "docker.io/library/web@sha256:" + "a" * 64


def project(*texts: str, **env: str) -> Composition:
    names = ["compose.yaml", "compose.prod.yaml"]
    files = {name: text.encode() for name, text in zip(names, texts, strict=False)}
    made = composition(files, env=env, program=None)
    assert [one.message for one in made.findings if one.refused] == []
    return made


def beside(made: Composition, **values: str) -> dict:
    [document] = read(made.override(values), file="trust.yaml")
    return document.value["services"]


def test_t099_a_file_of_two_documents_is_not_written() -> None:
    text = "services: {a: {image: web:1}}\n---\nservices: {a: {image: web:2}}\n"
    for other in ("", "---\n", "# only a comment\n---\n"):
        in_place, override = refusals(project(f"{other}{text}"))
        assert "docker stack deploy reads the first one only" in in_place
        assert override == ""
    plain = "---\nservices: {a: {image: web:1}}\n---\n"
    assert project(plain).pinned({"web:1": PIN}) == {
        "compose.yaml": plain.replace("web:1", PIN).encode()
    }
    one, other = "services: {a: {image: web:1}}", "services: {b: {image: web:1}}"
    assert len(project(one, other).pinned({"web:1": PIN})) == 2


@pytest.mark.parametrize("image", ["''", "'${X-}'"])
def test_t099_an_image_that_is_empty_here_is_refused(image: str) -> None:
    first = "services: {a: {image: web:1, build: {dockerfile_inline: FROM scratch}}}"
    made = project(first, f"services: {{a: {{image: {image}}}}}")

    for told in refusals(made):
        assert told.startswith("compose.prod.yaml:1: the image is empty here")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{a: {image: x, volumes: [{type: '${T-bind}', source: x, target: /d}]}}", "the type"),
        (
            "{a: {build: {dockerfile_inline: FROM x, additional_contexts: ['${N-n}=./x']}}}",
            "${N-n} has variables",
        ),
    ],
)
def test_t099_what_variables_may_make_an_image_elsewhere_is_refused(text, problem) -> None:
    for told in refusals(project(f"services: {text}")):
        assert told.startswith(f"compose.yaml:1: {problem}")


def test_t099_a_variable_that_means_a_digest_is_no_digest() -> None:
    made = project("services: {a: {image: '${IMG:-evil:1}'}}", IMG=PIN)

    with pytest.raises(YamlError, match="--override-out pins it"):
        made.pinned({PIN: PIN})
    assert beside(made, **{PIN: PIN}) == {"a": {"image": PIN}}
    literal = project(f"services: {{a: {{image: '{PIN}'}}}}")
    assert literal.pinned({PIN: PIN}) == {}
    assert beside(literal, **{PIN: PIN}) == {"a": {"image": PIN}}


def test_t099_a_variable_that_means_a_name_without_a_digest_is_written_beside_only() -> None:
    text = (
        "{a: {image: '${IMG:-evil:1}', volumes: [{type: image, source: '${V}', target: /d}], "
        "build: {dockerfile_inline: FROM b, additional_contexts: {b: 'docker-image://${B}'}}}}"
    )
    made = project(f"services: {text}", IMG="mine:1", V="mine:2", B="mine:3")

    with pytest.raises(YamlError, match="--override-out pins it"):
        made.pinned({})
    [service] = beside(made).values()
    assert service["image"] == "mine:1"
    assert service["volumes"] == [{"type": "image", "source": "mine:2", "target": "/d"}]
    assert service["build"]["additional_contexts"] == {"b": "docker-image://mine:3"}
    assert project("services: {a: {image: mine:1}}").pinned({}) == {}


def test_t099_what_is_built_only_here_is_not_pulled_elsewhere() -> None:
    build = "build: {dockerfile_inline: FROM scratch}"
    text = f"{{a: {{image: mine:1, pull_policy: '${{P:-always}}', {build}}}}}"
    made = project(f"services: {text}", P="build")

    with pytest.raises(YamlError, match="pull_policy has variables"):
        made.pinned({})
    assert beside(made)["a"]["pull_policy"] == "build"
    assert beside(project(f"services: {text}".replace("'${P:-always}'", "build"))) == {}


def test_t099_the_override_holds_what_names_of_dockerfiles_rest_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good").mkdir()
    Path("good/Df").write_text(
        "ARG TAG=1\nARG BASE=evil:${TAG}\nARG TOKEN\nARG LATER\nFROM ${BASE} AS good\n"
        "FROM --platform=$BUILDPLATFORM evil\n"
    )
    Path("good/Dockerfile").write_text("FROM evil")
    made = project(
        """services:
  a:
    platform: ${P:-linux/arm64}
    build:
      context: ${C:-evil}
      dockerfile: ${D:-Dockerfile}
      target: ${T:-evil}
      sbom: ${S:-true}
      args: ['BASE=${B:-evil}', 'TOKEN=${SECRET}', LATER]
      additional_contexts: {folder: '${F:-docker-image://evil}'}
""",
        P="linux/amd64", C="good", D="Df", T="good", S="generator=scan", B="web:1", F="./$$here",
        SECRET="secret",
    )  # fmt: skip

    assert beside(made, **{"web:1": PIN, "scan": PIN}) == {
        "a": {
            "platform": "linux/amd64",
            "build": {
                "context": "good", "dockerfile": "Df", "target": "good", "sbom": "generator=scan",
                "args": {"BASE": "web:1", "TAG": "1"},
                "additional_contexts": {
                    "folder": "./$$$$here", "web:1": f"docker-image://{PIN}",
                },
            },
        }
    }  # fmt: skip


@pytest.mark.parametrize("args", ["[BASE]", "{BASE: }"])
def test_t099_an_argument_without_a_value_has_the_default_that_was_checked(args: str) -> None:
    build = f'{{dockerfile_inline: "ARG BASE=web:1\\nFROM $$BASE", args: {args}}}'
    made = project(f"services: {{a: {{build: {build}}}}}")
    assert beside(made, **{"web:1": PIN})["a"]["build"] == {
        "args": {"BASE": "web:1"}, "additional_contexts": {"web:1": f"docker-image://{PIN}"},
    }  # fmt: skip

    made = project(f"services: {{a: {{build: {build}}}}}".replace("=web:1", "").replace(
        "$$BASE", "$${BASE:-web:1}"))  # fmt: skip
    with pytest.raises(YamlError, match="BASE: names of images rest on it"):
        made.override({"web:1": PIN})


def test_t099_members_that_are_empty_here_are_written_as_such() -> None:
    text = "{context: ., target: '${T-}', sbom: '${S-}', dockerfile_inline: '${I-FROM $$x}'}"
    made = project(f"services: {{a: {{build: {text}}}}}".replace("$$x", "x"))

    assert beside(made, x=PIN)["a"]["build"] == {
        "target": "", "sbom": "", "dockerfile_inline": "FROM x",
        "additional_contexts": {"x": f"docker-image://{PIN}"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ("[BUILDKIT_SYNTAX]", "BUILDKIT_SYNTAX has no value in a"),
        ("{BUILDKIT_SYNTAX: }", "BUILDKIT_SYNTAX has no value in a"),
        ("[BUILDKIT_ATTEST_SbOM]", "BUILDKIT_ATTEST_SbOM has no value in a"),
        ("['${N-A=1}']", "${N-A has variables"),
    ],
)
def test_t099_what_may_choose_a_front_end_elsewhere_is_refused(args: str, problem: str) -> None:
    text = f"services: {{a: {{build: {{dockerfile_inline: FROM x, args: {args}}}}}}}"
    in_place, told = refusals(project(text))

    assert (in_place, told.startswith(f"compose.yaml:1: {problem}")) == ("", True)
    if "has no value" in problem and args.startswith("["):
        plain = f"services: {{a: {{build: {{args: {args[:-1]}=docker/x]}}}}}}"
        assert refusals(project(text, plain))[1] == ""


def test_t099_whether_a_registry_is_asked_is_written() -> None:
    text = "services: {a: {build: {dockerfile_inline: FROM x, pull: '${P:-false}'}}}"

    assert beside(project(text))["a"]["build"] == {"pull": "false"}


def test_t099_platforms_with_variables_are_not_settled() -> None:
    text = "{dockerfile_inline: FROM x, platforms: ['${P:-linux/arm64}']}"

    with pytest.raises(YamlError, match="platforms have variables"):
        project(f"services: {{a: {{build: {text}}}}}", P="linux/amd64").override({"x": PIN})


@pytest.mark.parametrize("target", ["/data/", "//data", "/a/../data", "/./data", "/data"])
def test_a_volume_is_pinned_by_its_target_as_it_is_written(target: str) -> None:
    text = f"services: {{a: {{image: a, volumes: [{{type: image, source: v, target: {target}}}]}}}}"
    made = project(text)

    assert beside(made, v=PIN)["a"]["volumes"] == [
        {"type": "image", "source": PIN, "target": target}
    ]
    assert made.pinned({"v": PIN}) == {
        "compose.yaml": text.replace("source: v", f"source: {PIN}").encode()
    }


def test_a_volume_is_written_as_a_whole() -> None:
    text = "{type: image, source: v, target: /d, read_only: true, image: {subpath: '${S:-$$a}'}}"

    assert beside(project(f"services: {{a: {{image: a, volumes: [{text}]}}}}"), v=PIN)["a"][
        "volumes"
    ] == [
        {
            "type": "image", "source": PIN, "target": "/d", "read_only": True,
            "image": {"subpath": "$$a"},
        }
    ]  # fmt: skip


@pytest.mark.parametrize("volume", ["./x:/d", "n:/./d:ro", "/d/", "{type: tmpfs, target: /d}"])
def test_a_volume_that_takes_the_place_of_an_image_is_not_pushed_away(volume: str) -> None:
    first = "services: {a: {image: a, volumes: [{type: image, source: v, target: /d}]}}"
    text = volume if volume.startswith("{") else f"'{volume}'"
    second = f"services: {{a: {{volumes: [{text}]}}}}"

    _, told = refusals(project(first, second))
    assert told.startswith("compose.prod.yaml:1: another volume of a takes the place of this image")
    image = {"type": "image", "source": PIN, "target": "/d"}
    assert beside(project(second.replace("{volumes", "{image: a, volumes"), first), v=PIN)["a"] == {
        "image": "a", "volumes": [image],
    }  # fmt: skip
    later = first.replace("source: v", "source: w")
    assert beside(project(first, later), v=PIN, w=PIN)["a"]["volumes"] == [image, image]


def test_a_target_with_variables_is_refused_beside() -> None:
    text = "{a: {image: a, volumes: [{type: image, source: v, target: '${T-/data}'}]}}"

    with pytest.raises(YamlError, match="the target of an image has variables"):
        project(f"services: {text}").override({"v": PIN})


@pytest.mark.parametrize(
    "volume",
    ["./data:${D:-/x}", "${S:-./data}:/x", "{type: bind, source: ./data, target: '${D:-/x}'}"],
)
def test_t099_a_volume_that_may_hide_an_image_is_refused(volume: str) -> None:
    text = volume if volume.startswith("{") else f"'{volume}'"
    image = "{type: image, source: v, target: /x}"
    services = (
        f"{{a: {{image: a, volumes: [{image}, {text}]}}, b: {{image: a, volumes: [{text}]}}}}"
    )

    for told in refusals(project(f"services: {services}")):
        assert told.startswith("compose.yaml:1: the volume has variables in its target")
    for plain in (services.replace(f"{image}, ", ""), services.replace(text, "'./$$d:/y'")):
        assert refusals(project(f"services: {plain}")) == ["", ""]
    bind = "{type: bind, source: '${S:-./data}', target: /y}"
    assert refusals(project(f"services: {services.replace(text, bind)}")) == ["", ""]


def test_t099_what_keeps_the_classic_builder_away_is_written() -> None:
    text = "services: {a: {build: {dockerfile_inline: FROM x, privileged: '${P:-true}'}}}"

    assert beside(project(text))["a"]["build"] == {"privileged": "true"}


def test_an_image_beside_a_provider_is_judged() -> None:
    made = project("services: {a: {image: web:1, provider: {type: x}}, b: {provider: {type: x}}}")

    assert [use.image for use in made.uses] == ["web:1"]
    assert [note.spot.what for note in made.findings] == [
        "services.a.provider", "services.b.provider",
    ]  # fmt: skip


def test_what_is_built_and_pinned_is_told() -> None:
    build = "build: {dockerfile_inline: FROM scratch}"
    made = project(f"services: {{a: {{image: web:1, {build}}}, b: {{image: web:1}}}}")

    [note] = made.built_and_pinned({"web:1": PIN})
    assert (note.level, note.spot.what) == ("note", "services.a.image")
    assert "say pull_policy: build" in note.message
    assert made.built_and_pinned({"web:1": ""}) == []


def test_what_a_build_says_by_variables_is_left_in_files_that_are_written() -> None:
    text = "services: {a: {image: web:1, build: {context: '${C-.}', dockerfile_inline: '${D}'}}}"
    made = project(text, D="FROM scratch")

    assert made.pinned({"web:1": PIN}) == {"compose.yaml": text.replace("web:1", PIN).encode()}


@pytest.mark.parametrize("member", ["extends: {file: '${F:-b.yaml}', service: x}", "include"])
def test_t099_files_that_variables_name_are_not_settled(member: str) -> None:
    text = f"services: {{a: {{image: x, {member}}}}}"
    if member == "include":
        text = "include: ['${F:-b.yaml}']\nservices: {}"
    made = composition({"compose.yaml": text.encode()}, env={}, program=None)

    for told in refusals(made):  # docker compose reads these; without, they are refused before
        assert "has variables" in told


def test_arguments_that_no_file_names_need_no_value() -> None:
    build = "{dockerfile_inline: \"ARG B=x-$$TARGETARCH\\nFROM $$B\", args: ['OTHER=${X}'],"
    build += " platforms: [linux/amd64, linux/arm64]}"
    service = "services: {a: {platform: linux/amd64, build: "
    made = project(f"{service}{build}}}}}", X="x")
    pins = {"x-amd64": PIN, "x-arm64": PIN}
    assert "args" not in beside(made, **pins)["a"]["build"]

    made = project(f"{service}{build.replace('OTHER=${X}', 'B')}}}}}")
    with pytest.raises(YamlError, match="B: names of images rest on it"):
        made.override(pins)
