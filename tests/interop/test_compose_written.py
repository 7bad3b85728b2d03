"""Files of compose projects that the gate wrote: docker compose starts what stands there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contenttrust.yaml_nodes import YamlError
from interop.compose_files import PIN, environment, images, project, there, told_by_docker


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose, and of nothing else."""
    return environment(tmp_path, monkeypatch)


TAGS = """\
services:
  web:
    image: web:1
    volumes: [{type: image, source: "data:1", target: /data}]
    build: {dockerfile_inline: FROM evil}
  db: {image: db:1}
"""
TAKEN_BACK = """\
services:
  web:
    image: !override web:2
    volumes: !override
      - {type: image, source: "data:2", target: /other}
    build: !reset null
  db: !override {image: 'db:2'}
"""


def test_tags_of_docker_compose_are_left_to_it(env) -> None:
    made = project(env, compose=TAGS, second=TAKEN_BACK)

    assert [finding.message for finding in made.findings] == []
    assert sorted((use.image, use.spot.file, use.spot.line) for use in made.uses) == [
        ("data:2", "second.yaml", 5), ("db:2", "second.yaml", 7), ("web:2", "second.yaml", 3),
    ]  # fmt: skip
    with pytest.raises(YamlError, match=r"!override.*--override-out pins") as caught:
        made.pinned({"web:2": PIN})
    assert (caught.value.file, caught.value.line, caught.value.column) == ("second.yaml", 3, 12)
    Path("trust.yaml").write_bytes(made.override(dict.fromkeys(("web:2", "data:2", "db:2"), PIN)))
    files = ["--file=compose.yaml", "--file=second.yaml", "--file=trust.yaml"]
    told = json.loads(told_by_docker(env, "compose", *files, "config", "--format", "json"))
    assert [told["services"][name].get("image") for name in ("web", "db")] == [PIN, PIN]
    assert [volume["source"] for volume in told["services"]["web"]["volumes"]] == [PIN]

    [finding] = project(env, program=None, compose=TAGS, second=TAKEN_BACK).findings
    assert (finding.spot.file, finding.spot.line, finding.spot.column) == ("second.yaml", 3, 12)
    twice = "services:\n  a: {image: x, image: y}\n"
    assert [finding.spot.line for finding in project(env, compose=twice).findings] == [1, 2]


def test_what_only_docker_compose_reads_has_the_file_for_its_place(env) -> None:
    made = project(env, compose="--- {services: {a: {image: 'x:1'}}}\n")

    assert [(use.image, use.spot.file) for use in made.uses] == [("x:1", "compose.yaml")]
    for write in (made.pinned, made.override):  # what variables are in it is not known
        with pytest.raises(YamlError, match="begins with ---"):
            write({"x:1": PIN})


HIDDEN = {
    "image: web:1": ["extends: {file: base.yaml, service: web}", "image: web:1", "environment: []"],
    "volumes: [{type: image, source: 'web:1', target: /d}]": [
        "extends: {file: base.yaml, service: volume}",
        "volumes: [{type: image, source: 'web:1', target: /e}]",
        "volumes: [{type: image, source: 'web:${NONE:-1}', target: /d}]",
    ],
    "build: {dockerfile_inline: FROM b, additional_contexts: {b: 'docker-image://web:1'}}": [
        "extends: {file: base.yaml, service: built}",
        "build: {additional_contexts: ['b=docker-image://web:1']}",
        "build: {additional_contexts: {b: 'docker-image://web:1'}}",
        "build: .",
    ],
}


@pytest.mark.parametrize(
    ("first", "second"), [(first, second) for first, others in HIDDEN.items() for second in others]
)
def test_what_is_written_is_what_docker_compose_starts(env, first: str, second: str) -> None:
    more = "image: mine, pull_policy: build, " if "build:" in first else ""
    more = "image: other, " if "volumes:" in first else more
    Path("base.yaml").write_text(f"""services:
  web: {{image: web:1}}
  volume: {{image: other, {next(one for one in HIDDEN if "volumes" in one)}}}
  built: {{{next(one for one in HIDDEN if "build" in one)}}}
""")
    made = project(env, compose=f"services: {{a: {{{more}{first}}}}}",
                   second=f"services: {{a: {{{second}}}}}")  # fmt: skip
    assert "web:1" in [image for image, _ in images(made)]
    try:
        pinned = made.pinned({"web:1": PIN})
    except YamlError:
        assert second not in {"image: web:1", "environment: []"}
        return
    for name, text in pinned.items():
        Path(name).write_bytes(text)
    files = ["--file=compose.yaml", "--file=second.yaml"]
    assert "web:1" not in told_by_docker(env, "compose", *files, "config")


def test_the_override_holds_whatever_the_files_before_it_look_like(env) -> None:
    text = """services:
  a:
    image: web:1
    volumes: [{type: image, source: 'web:1', target: /d$$TAG}]
    build:
      dockerfile_inline: FROM b
      additional_contexts: ['b=docker-image://web:1']
  b: {build: .}
"""
    Path("Dockerfile").write_text("FROM web:1\n")
    Path("trust.yaml").write_bytes(project(env, compose=text).override({"web:1": PIN}))
    files = ["--file=compose.yaml", "--file=trust.yaml"]
    services = json.loads(told_by_docker(env, "compose", *files, "config", "--format=json"))[
        "services"
    ]

    assert 'web:1"' not in json.dumps(services).replace('"web:1": ', "")
    assert [(one["source"], one["target"]) for one in services["a"]["volumes"]] == [
        (PIN, "/d$$TAG")
    ]
    assert services["b"]["build"]["additional_contexts"] == {"web:1": f"docker-image://{PIN}"}


def test_what_another_file_says_of_a_build_is_written_beside(env) -> None:
    Path("base/right").mkdir(parents=True)
    for name in ("", "base/", "base/right/"):
        Path(f"{name}Dockerfile").write_text("ARG BASE=evil:1\nFROM ${BASE}\n")
    Path("base/base.yaml").write_text("""services:
  a:
    pull_policy: ${POLICY:-always}
    platform: ${PLATFORM:-linux/arm64}
    build:
      context: ${CONTEXT:-.}
      target: ${TARGET-}
      args: {BASE: '${BASE:-evil:1}', OTHER: '${OTHER:-other}'}
""")
    text = """services:
  a: {extends: {file: base/base.yaml, service: a}}
  b: {build: .}
"""
    files = ["compose", "--file=compose.yaml", "--file=trust.yaml", "config", "--format=json"]
    given = {"POLICY": "build", "PLATFORM": "linux/amd64", "CONTEXT": "right", "BASE": "web:1"}
    made = project({**env, **given}, compose=text)
    written = made.override({"web:1": PIN, "evil:1": PIN}).decode()
    Path("trust.yaml").write_text(written)

    assert '"context": "./base/right"\n' in written
    assert "other" not in written
    before = json.loads(told_by_docker({**env, **given}, *files))["services"]
    assert before["a"]["build"]["args"]["BASE"] == "web:1"
    assert json.loads(told_by_docker(env, *files))["services"] == before
    assert '"target": ""' in written
    made = project(env, compose=text.replace("a}}", "a}, build: {args: [NEW]}}"))
    Path("base/Dockerfile").write_text("ARG NEW\nFROM web:${NEW:-1}\n")
    with pytest.raises(YamlError, match="NEW: names of images rest on it"):
        project(env, compose=made.texts["compose.yaml"].decode()).override({"web:1": PIN})


EXTENSIONS = """x-img: &img web:1
x-app: &app {image: 'web:1', tty: true}
services:
  a: {<<: *app, tty: false}
  b: {image: *img}
  c: {x-own: &own "web:1", image: *own}
"""


def test_an_image_that_extensions_name_is_written_and_started_by_its_digest(env) -> None:
    made = project(env, compose=EXTENSIONS)
    Path("compose.yaml").write_bytes(made.pinned({"web:1": PIN})["compose.yaml"])
    told = json.loads(told_by_docker(env, "compose", "config", "--format=json"))["services"]

    assert [told[name]["image"] for name in "abc"] == [PIN] * 3
    assert Path("compose.yaml").read_text() == EXTENSIONS.replace("web:1", PIN)


FOLDERS = """services:
  api: {build: {context: "${CTX:-../services/api}", additional_contexts: {n: "${N:-../lib}"}}}
  here: {build: "${HERE:-.}"}
  above: {build: {context: "${ABOVE:-..}", dockerfile: services/api/Dockerfile}}
  whole: {build: {context: "${WHOLE:-/usr}", dockerfile_inline: FROM web:1}}
  brought: {extends: {file: ../services/api/base.yaml, service: api}}
"""


@pytest.mark.parametrize("name", ["plain", "link"])
def test_an_override_names_folders_as_the_files_do(
    env, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for folder in ("services/api", "lib", "deploy"):
        Path("deep/plain", folder).mkdir(parents=True)
    Path("link").symlink_to("deep/plain")
    called = Path.cwd() / ("link" if name == "link" else "deep/plain")
    monkeypatch.chdir(called)
    monkeypatch.setenv("PWD", str(called))
    env["PWD"] = str(called)
    for folder in ("services/api", "deploy"):
        Path(folder, "Dockerfile").write_text("FROM web:1\n")
    Path("services/api/base.yaml").write_text("services: {api: {build: {context: '${B:-.}'}}}\n")
    Path("deploy/compose.yaml").write_text(FOLDERS)
    made = there(["deploy/compose.yaml"], env)
    assert {image for image, _ in images(made)} == {"web:1"}

    written = made.override({"web:1": PIN}).decode()
    found = [line.split('": ')[1] for line in written.splitlines() if '"context"' in line]
    assert found == ['".."', '"../services/api"', '"../services/api"', '"."', '"/usr"']
    assert '"n": "../lib"\n' in written
    Path("deploy/trust.yaml").write_text(written)
    files = ["--file=deploy/compose.yaml", "--file=deploy/trust.yaml"]
    before = json.loads(told_by_docker(env, "compose", files[0], "config", "--format=json"))
    after = json.loads(told_by_docker(env, "compose", *files, "config", "--format=json"))
    for service, told in before["services"].items():
        assert after["services"][service]["build"]["context"] == told["build"]["context"]
