"""Texts that docker compose takes for numbers, and the gate's reader of YAML does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interop.compose_files import PIN, environment, images, project, told_by_docker

NUMBERS = [
    "0B1", "0X1F", "0O7", "6e_3", "1E_3", "1e5_", "0_x1F", "0_B1", "0B_1", "0X_F", "0b+1", "0b-1",
    "-0B1", "+0X1", "+0O7", "1__.5", ".5_e1", "1e+_3", "010", "1.0", "1_", "-.5_", "0x1F", "1E3",
]  # fmt: skip
TEXTS = ["1:30", "0x1p2", ".5p1", "0X", "0XG", "0B", "1e", "_1", "1.2.3", "e5", "yes", "1-1"]
OTHERS = [
    "true", "~", "null", "", " x ", "2001-12-14", ".inf", "<<", "a: b", "# x", "'", '"', "\\n",
    "a\x85b", "a\u2028b", "a\u00a0b", "a\tb", "a\nb", "\U0001f600", "$$V", "*a", "-", "%", "@",
]  # fmt: skip


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose, and of nothing else."""
    return environment(tmp_path, monkeypatch)


def test_t099_every_text_of_an_override_is_that_text_to_docker_compose(env) -> None:
    table = [*NUMBERS, *TEXTS, *OTHERS]
    services = {
        f"s{number}": {
            "image": "web:1",
            "build": {
                "dockerfile_inline": 'ARG V=1\nFROM "x${V:+}"'.replace("$", "$$"),
                "args": {"V": text},
            },
        }
        for number, text in enumerate(table)
    }
    services |= {name: {"image": "web:1"} for name in ("0B1", "1e3", "010", "1.0", "null", "yes")}
    text = json.dumps({"services": services}).replace("\\ud83d\\ude00", "\U0001f600")
    made = project(env, compose=text)
    Path("trust.yaml").write_bytes(made.override({"web:1": PIN, "x": PIN}))

    files = ["--file=compose.yaml", "--file=trust.yaml"]
    told = json.loads(told_by_docker(env, "compose", *files, "config", "--format=json"))["services"]
    read = [told[f"s{number}"]["build"]["args"]["V"] for number in range(len(table))]
    assert Path("trust.yaml").read_bytes().count(b'"V": ') == len(table)
    assert read == table
    assert {service["image"] for service in told.values()} == {PIN}
    assert told.keys() == services.keys()


@pytest.mark.parametrize("text", [*NUMBERS, *TEXTS])
def test_t099_an_argument_without_quotes_is_what_docker_compose_reads_or_refused(
    env, text: str
) -> None:
    inline = 'dockerfile_inline: "ARG V\\nFROM x:a$$V"'
    compose = f"services: {{a: {{build: {{args: {{V: {text}}}, {inline}}}}}}}"
    [told] = images(project(env, compose=compose.replace("a$$V", "a")))
    services = json.loads(told_by_docker(env, "compose", "config", "--format=json"))["services"]
    assert told == ("x:a", "compose.yaml")

    made = project(env, program=None, compose=compose)
    assert any(finding.refused for finding in made.findings) == (text in NUMBERS)
    if text in TEXTS:
        assert services["a"]["build"]["args"]["V"] == text
        assert [use.image for use in made.uses] == [f"x:a{text}"]
