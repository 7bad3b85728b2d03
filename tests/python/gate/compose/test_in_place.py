"""Files whose images are written where they stand: what anchors and open policies do to that."""

from __future__ import annotations

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import YamlError

PIN = "docker.io/library/web@sha256:" + "a" * 64
BUILD = "build: {dockerfile_inline: FROM scratch}"


def project(text: str, *others: str, **env: str) -> Composition:
    more = {f"{number}.yaml": other.encode() for number, other in enumerate(others)}
    made = composition({"compose.yaml": text.encode(), **more}, env=env, program=None)
    assert [one.message for one in made.findings if one.refused] == []
    return made


@pytest.mark.parametrize(
    "text",
    [
        "x-app: &app {image: web:1}\nservices: {a: {<<: *app}, b: {<<: *app, tty: true}}\n",
        "x-img: &img web:1\nservices: {a: {image: *img}, b: {image: *img}}\n",
        "x-a: {b: [&img web:1]}\nservices: {a: {image: *img}}\n",
        "services: {a: {x-img: &img web:1, image: *img}}\n",
        "services: {x-a: {image: web:1}}\n",
    ],
)
def test_an_image_that_extensions_name_too_is_written(text: str) -> None:
    assert project(text).pinned({"web:1": PIN}) == {
        "compose.yaml": text.replace("web:1", PIN).encode()
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            "services: {a: {image: &i web:1, labels: {of: *i}}}",
            "something else, too: services.a.labels.of",
        ),
        ("services: {x-a: {image: &i web:1, labels: [*i]}}", "too: services.x-a.labels.0"),
        ('services: {a: {image: "web\\\n:1"}}', "not written in one line: cannot be replaced"),
    ],
)
def test_an_image_that_stands_for_more_is_refused_with_the_other_way(text: str, where) -> None:
    with pytest.raises(YamlError) as caught:
        project(text).pinned({"web:1": PIN})

    assert caught.value.problem.endswith(f"{where}: --override-out pins it")


def test_t099_what_is_not_pulled_by_a_variable_and_has_no_digest_is_not_written() -> None:
    text = "services: {{a: {{image: mine:1, pull_policy: {}}}, b: {{image: web:1}}}}"
    values = {"web:1": PIN}

    with pytest.raises(YamlError, match="pull_policy has variables"):
        project(text.format("'${P:-never}'")).pinned(values)
    with_digest = {**values, "mine:1": PIN}  # may be pulled, then
    assert project(text.format("'${P:-never}'")).pinned(with_digest)
    for policy in ("never", "'${P:-missing}'"):
        assert project(text.format(policy)).pinned(values)


def test_an_image_volume_is_written_where_later_files_have_other_volumes() -> None:
    text = "services: {a: {image: a, volumes: [{type: image, source: web:1, target: /d}]}}"
    other = "services: {a: {volumes: ['./x:/y', {type: bind, source: ., target: /z}]}}"

    assert project(text, other).pinned({"web:1": PIN}) == {
        "compose.yaml": text.replace("web:1", PIN).encode()
    }
    twice = text.replace("]", ", {type: image, source: web:2, target: /d}]")
    with pytest.raises(YamlError, match="--override-out pins it"):
        project(twice).pinned({"web:1": PIN})


def test_a_context_that_stands_in_a_list_is_refused_with_what_to_write() -> None:
    build = "build: {dockerfile_inline: FROM foo, additional_contexts: "
    listed, written = "[foo=docker-image://foo:1]", "{foo: docker-image://foo:1}"

    with pytest.raises(YamlError, match="foo stands in a list: write foo: docker-image://foo:1 in"):
        project(f"services: {{a: {{{build}{listed}}}}}}}").pinned({"foo:1": PIN})
    text = f"services: {{a: {{{build}{written}}}}}}}"
    assert project(text).pinned({"foo:1": PIN}) == {
        "compose.yaml": text.replace("foo:1", PIN).encode()
    }
    varying = listed.replace("foo:1", "${F:-foo:1}").replace("[", "['").replace("]", "']")
    with pytest.raises(YamlError, match="has variables, or comes from another file"):
        project(f"services: {{a: {{{build}{varying}}}}}}}").pinned({"foo:1": PIN})


def test_a_volume_that_is_called_as_a_service_is_told_as_that() -> None:
    volume = "volumes: [{type: image, source: a, target: /d}]"
    made = project(f"services: {{a: {{image: x}}, b: {{image: x, {volume}}}}}")

    assert [use.advice for use in made.uses] == [
        "", "", "it is a service too: if that is meant, write its image",
    ]  # fmt: skip
    assert project(f"services: {{c: {{image: x, {volume}}}}}").uses[1].advice == ""
