"""The images of compose projects are found, with their places, and pinned there or beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import YamlError, read

PIN = "docker.io/library/web@sha256:" + "a" * 64


def project(*texts: str, profiles=("*",), env=None, folder="", **_) -> Composition:
    names = ["compose.yaml", "compose.prod.yaml", "third.yaml"]
    named = {f"{folder}{name}": text.encode() for name, text in zip(names, texts, strict=False)}
    return composition(named, profiles=profiles, env=env or {}, program=None)


def found(*texts: str, **settings) -> list[tuple[str, str, int]]:
    made = project(*texts, **settings)
    assert [f for f in made.findings if f.refused] == []
    return [(use.image, use.spot.file, use.spot.line) for use in made.uses]


def refused(*texts: str, **settings) -> tuple[str, int, str]:
    [finding] = [f for f in project(*texts, **settings).findings if f.refused]
    return finding.spot.file, finding.spot.line, finding.message


def test_images_of_services_are_found_with_their_places() -> None:
    text = "services:\n  web:\n    image: web:1\n  db: {image: 'db:2'}\n"

    assert found(text) == [("web:1", "compose.yaml", 3), ("db:2", "compose.yaml", 4)]


def test_the_last_file_that_names_an_image_holds() -> None:
    first = "services:\n  web: {image: web:1}\n  db: {image: db:1}\n"
    second = "services:\n  web:\n    image: web:2\n  new: {image: new:1}\n"

    assert found(first, second) == [
        ("web:2", "compose.prod.yaml", 3),
        ("db:1", "compose.yaml", 3),
        ("new:1", "compose.prod.yaml", 4),
    ]


def test_anchors_and_merges_of_yaml_are_followed() -> None:
    text = "x-base: &base\n  image: web:1\nservices:\n  web: {<<: *base, ports: ['80']}\n"

    assert found(text) == [("web:1", "compose.yaml", 2)]


def test_variables_are_replaced_from_the_environment_then_the_file_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TAG=7\nREPO=web\n")
    text = "services:\n  web: {image: '${REPO}:${TAG:-1}'}\n"

    folder = f"{tmp_path}/"
    assert [image for image, _, _ in found(text, folder=folder)] == ["web:7"]
    assert [i for i, _, _ in found(text, folder=folder, env={"TAG": "8"})] == ["web:8"]


def test_a_file_env_that_is_not_simple_is_refused_only_where_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TAG=$(id)\n")
    folder = f"{tmp_path}/"

    assert found("services: {web: {image: web:1}}", folder=folder)
    _, line, message = refused("services:\n  web: {image: 'web:$TAG'}", folder=folder)
    assert line == 2
    assert "docker compose must read it" in message


def test_a_variable_that_is_not_set_is_refused_and_elsewhere_is_not_looked_at() -> None:
    text = "services:\n  web: {image: 'web:${TAG}', environment: {A: '${SECRET}'}}\n"

    assert refused(text) == ("compose.yaml", 2, "the variable TAG is not set")
    assert found(text, env={"TAG": "1"}) == [("web:1", "compose.yaml", 2)]


def test_profiles() -> None:
    text = """services:
  web: {image: web:1}
  debug: {image: debug:1, profiles: [debug]}
  test: {image: test:1, profiles: [test, ci]}
"""

    def images(*profiles: str) -> list[str]:
        return [image for image, _, _ in found(text, profiles=profiles)]

    assert images("*") == ["web:1", "debug:1", "test:1"]
    assert images("ci") == ["web:1", "test:1"]
    assert images("other") == ["web:1"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("services:\n  web:\n    extends: {service: x}\n  x: {image: a}", 3, "extends"),
        ("services: {web: {image: a}}\ninclude: [other.yaml]", 2, "include"),
        ("services:\n  web: {image: !reset null}", 2, "the tag !reset"),
        ("services:\n  web: {image: a, image: b}", 2, "twice"),
        ("services:\n  web: web:1", 2, "no service"),
        ("services:\n  web: {image: 1.1}", 2, "no text"),
        ("services:\n  web: {build: [x]}", 2, "neither a folder nor a mapping"),
        ("services:\n  web: {}", 2, "neither image nor build"),
        ("services:\n  web: {image: a, volumes: x}", 2, "no list"),
        ("services:\n  web: {image: a, volumes: [{type: image}]}", 2, "without source"),
        ("services: [web]", 1, "no compose file"),
        ("services:", 1, "no compose file"),
        ("# nothing", 1, "no compose file"),
        ("---\n---\n", 1, "no compose file"),
        ("name: x\nx-a: {image: a}", 1, "no compose file"),
        ("services: {a: {image: a}}\nweb: {image: evil}", 2, "web is no part of a compose file"),
        ("x-a: 1\nservice: {web: {image: evil}}", 2, "service is no part of a compose file"),
        ("- services", 1, "no compose file"),
        ("services:\n  web: {image: '$'}", 2, "write $$"),
        ("services:\n  web: {build: {args: 3}}", 2, "neither a mapping nor a list"),
    ],
)
def test_what_only_docker_compose_can_tell_is_refused(text: str, line: int, words: str) -> None:
    file, at, message = refused(text)

    assert (file, at) == ("compose.yaml", line)
    assert words in message


def test_one_of_several_files_may_have_no_services() -> None:
    top = "version: '3'\nname: x\nvolumes: {v: }\nnetworks: {n: }\nconfigs: {}\nsecrets: {}"
    files = {"compose.yaml": b"services: {a: {image: a}}", "b.yaml": top.encode(), "c.yaml": b"#"}

    for names in (list(files), list(files)[::-1]):
        made = composition({name: files[name] for name in names}, env={}, program=None)
        assert ([use.image for use in made.uses], made.findings) == (["a"], ())


def test_image_volumes_and_build_contexts_are_images() -> None:
    text = """services:
  web:
    image: web:1
    volumes:
    - /tmp:/tmp
    - {type: volume, source: web, target: /v}
    - {type: image, source: data:1, target: /data}
  built:
    build:
      dockerfile_inline: |
        FROM base
        FROM other:1
      additional_contexts: {base: 'docker-image://base:1'}
"""
    assert found(text) == [
        ("web:1", "compose.yaml", 3),
        ("data:1", "compose.yaml", 7),
        ("base:1", "compose.yaml", 13),
        ("other:1", "compose.yaml", 10),
    ]


def test_lists_of_pairs_are_as_good_as_mappings() -> None:
    text = """services:
  built:
    build:
      dockerfile_inline: "ARG B\\nFROM $$B\\nFROM base"
      args: ["B=from:1"]
      additional_contexts: ["base=docker-image://base:1"]
"""
    assert [image for image, _, _ in found(text)] == ["base:1", "from:1"]


def test_dockerfiles_are_read_with_the_arguments_of_the_build(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("ARG V\nFROM base:$V AS one\nFROM two:1\n")
    text = "services:\n  built: {build: {context: ./app, args: {V: 3}, target: one}}\n"
    short = "services:\n  built: {build: ./app}\n"

    file = f"{tmp_path}/app/Dockerfile"
    assert found(text, folder=f"{tmp_path}/") == [("base:3", file, 2)]
    given = text.replace("{V: 3}", "{V: }")
    assert found(given, folder=f"{tmp_path}/", env={"V": "4"}) == [("base:4", file, 2)]
    assert refused(short, folder=f"{tmp_path}/")[:2] == (file, 2)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        ("https://example.com/x.git", "is not here"),
        ("git@example.com:x.git", "is not here"),
        ("./missing", "No such file"),
    ],
)
def test_a_build_that_cannot_be_read_is_refused(build: str, words: str, tmp_path: Path) -> None:
    text = f"services:\n  built:\n    build: '{build}'\n"

    _, line, message = refused(text, folder=f"{tmp_path}/")
    assert line == 3
    assert words in message


def test_a_dockerfile_that_cannot_be_understood_is_refused_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nFROM\n")

    assert refused("services: {a: {build: .}}", folder=f"{tmp_path}/")[:2] == (
        f"{tmp_path}/Dockerfile",
        2,
    )


@pytest.mark.parametrize(
    ("more", "checked"),
    [
        ("", True),
        (", pull_policy: missing", True),
        (", pull_policy: always", True),
        (", pull_policy: build", False),
        (", pull_policy: never", False),
    ],
)
def test_what_is_built_is_pulled_first_unless_that_is_switched_off(
    more: str, checked: bool
) -> None:
    text = f"services: {{a: {{image: mine:1, build: {{dockerfile_inline: FROM x}}{more}}}}}"

    assert [image for image, _, _ in found(text)] == ["mine:1"] * checked + ["x"]


def test_a_service_may_use_what_another_builds_if_it_never_pulls() -> None:
    text = """services:
  a: {image: mine:1, pull_policy: build, build: {dockerfile_inline: FROM x}}
  b: {image: mine:1, pull_policy: never}
  c: {image: mine:1}
  d: {image: other:1, pull_policy: never}
"""
    assert [image for image, _, _ in found(text)] == ["mine:1", "other:1", "x"]


def test_providers_and_models_are_told_as_not_covered() -> None:
    text = """services:
  db: {provider: {type: awesomecloud}}
  app: {image: app:1, models: [llm]}
models:
  llm: {model: ai/smollm2}
"""
    made = project(text)

    assert [(f.level, f.code, f.spot.line) for f in made.findings] == [
        ("note", "not_covered", 2),
        ("note", "not_covered", 5),
    ]
    assert [use.image for use in made.uses] == ["app:1"]


def test_a_cache_of_a_build_is_told_as_not_covered() -> None:
    build = "{dockerfile_inline: FROM x, cache_from: ['type=registry,ref=y']}"
    made = project(f"services:\n  a:\n    build: {build}\n")

    assert [(f.level, f.code, f.spot.line) for f in made.findings] == [("note", "not_covered", 3)]


TEXT = """# comment
services:
  web:
    image: "web:1" # keep
    volumes:
    - {type: image, source: web:1, target: /data}
    labels: {image: web:1}
  built:
    build:
      dockerfile_inline: FROM base
      additional_contexts: {base: 'docker-image://web:1'}
"""


def test_written_are_the_images_and_no_other_byte() -> None:
    made = project(TEXT).pinned({"web:1": PIN})

    assert made == {
        "compose.yaml": TEXT.replace('"web:1"', f'"{PIN}"')
        .replace("source: web:1", f"source: {PIN}")
        .replace("docker-image://web:1", f"docker-image://{PIN}")
        .encode()
    }
    assert project(TEXT).pinned({}) == {}


def test_an_override_pins_what_is_started_and_nothing_else() -> None:
    [document] = read(project(TEXT).override({"web:1": PIN, "other": PIN}), file="f")

    assert document.value == {
        "services": {
            "web": {
                "image": PIN,
                "volumes": [{"type": "image", "source": PIN, "target": "/data"}],
            },
            "built": {"build": {"additional_contexts": {"base": f"docker-image://{PIN}"}}},
        }
    }


PINNED = {f"{name}:1": f"docker.io/library/{name}@sha256:{'a' * 64}" for name in "abcde"}


def pinned_by(dockerfile: str, more: str = "") -> dict[str, str]:
    """The contexts by which an override pins what a Dockerfile names."""
    inline = "".join(f"        {line}\n" for line in dockerfile.replace("$", "$$").splitlines())
    text = f"services:\n  s:\n    build:\n      dockerfile_inline: |\n{inline}{more}"
    [document] = read(project(text).override(PINNED), file="f")
    return document.value["services"].get("s", {"build": {"additional_contexts": {}}})["build"][
        "additional_contexts"
    ]


def test_an_override_pins_what_dockerfiles_name_by_contexts() -> None:
    text = "ARG V=1\nFROM docker.io/library/a:$V AS x\nFROM x\nCOPY --from=b:1 / /\n"
    more = "      additional_contexts: {d: 'docker-image://d:1'}\n      args: {V: '1'}\n"

    assert pinned_by(f"{text}RUN --mount=from=c:1 x\nCOPY --from=d / /", more) == {
        name: f"docker-image://{PINNED[f'{name[0]}:1']}" for name in ("b:1", "c:1", "d")
    }
    triggers = "ONBUILD COPY --from=a:1 / /\nONBUILD RUN --mount=from=b:1 x"
    assert pinned_by(f"FROM c:1 AS mid\n{triggers}\nFROM mid") == {
        name: f"docker-image://{PINNED[name]}" for name in ("a:1", "b:1", "c:1")
    }
    assert pinned_by("FROM a:1 AS a") == {"a:1": f"docker-image://{PINNED['a:1']}"}
    assert pinned_by("FROM a:1@sha256:" + "b" * 64) == {}


def test_an_override_leaves_front_ends_and_makers_of_an_sbom_as_they_are() -> None:
    assert pinned_by("# syntax=a:1\nFROM scratch", "      sbom: generator=b:1\n") == {}


def test_an_override_refuses_a_context_that_a_stage_would_give_way_to() -> None:
    text = "services: {s: {build: {dockerfile_inline: 'FROM a AS a'}}}"

    with pytest.raises(YamlError, match="cannot be pinned beside this file, because a stage is"):
        project(text).override({"a": PIN})
    assert project(text).override({}).endswith(b'\n"services": {}\n')


def test_an_override_with_names_that_mean_something_in_yaml_is_read_as_it_was_meant() -> None:
    text = "services: {'yes': {image: web:1}, '1': {image: web:1}, 'a: b': {image: web:1}}"
    [document] = read(project(text).override({"web:1": PIN}), file="f")

    assert list(document.value["services"]) == ["1", "a: b", "yes"]


def test_the_file_that_holds_is_written() -> None:
    first = "services: {web: {image: web:1}}\n"
    second = "services: {web: {image: web:1}, db: {image: db:1}}\n"

    assert project(first, second).pinned({"web:1": PIN}) == {
        "compose.prod.yaml": second.replace("web:1", PIN).encode()
    }


@pytest.mark.parametrize(
    "second", ["services: {web: {image: '${X}'}}", "services: {web: {image: 'web:$T'}}"]
)
def test_an_image_with_variables_is_not_written(second: str) -> None:
    made = project("services: {web: {image: web:1}}", second, env={"X": "web:1", "T": "1"})

    with pytest.raises(YamlError, match="--override-out pins it") as caught:
        made.pinned({"web:1": PIN})
    assert (caught.value.file, caught.value.line) == ("compose.prod.yaml", 1)
