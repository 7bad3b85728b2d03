"""No image is hidden by a text that kubectl or docker read otherwise than the gates do."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.kubernetes.files import manifest
from contenttrust.yaml_nodes import YamlError, read
from go_program import NotBuiltError, built
from interop.parts import skip

_SOURCE = Path(__file__).parent / "yaml_oracle"
_CASES = int(os.environ.get("CONTENTTRUST_YAML_CASES", "4000"))

MANIFESTS = [
    """apiVersion: v1
kind: Pod
metadata:
  name: x
spec:
  containers:
  - name: a
    image: web:1
    command: [a, b]
  - {name: b, image: "web:2"}
  initContainers:
    - image: 'web:3'
      name: c
""",
    """# comment
apiVersion: apps/v1
kind: Deployment
x: &a {image: web:9, name: q}
spec:
  template:
    spec:
      containers:
      - <<: *a
        args: |
          some text
          more: text
      - name: z
        image: >-
          web:4
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  spec: {containers: [{image: web:5}]}
""",
    '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"web:6","name":"x"}]}}',
]
PIECES = [
    *":#-{}[],&*!|>'\"%@` \n\t?~<=\\/0a\u00e9", "\n---\n", "\n--- ", "\n...\n", " #", "# ", "\r",
    "\r\n", "\x85", "\u2028", "\ufeff", "\xa0", "&a ", "&a:", "*a", "!!", "! ", "!!null ",
    "!!str ", "!!!null ", "!foo ", "| ", "|\n", ">-\n", "? ", "- ", "<<: ", "<<: *a", "null", "~",
    "\n  ", "\n    ", "  ", "image: evil:1\n", "    image: evil:1\n", "\nimage: evil:1",
    ", image: evil:1", "\\x41", "\\\n", "''", '""', "{", "}", "%YAML 1.1\n", "%TAG ! tag:x\n",
    "---", "\n---x\n", "\0", "{{ x }}", "!<tag:yaml.org,2002:null> ", "&x\n", "*a : b\n",
    "items:\n- {apiVersion: v1, kind: Pod, spec: {containers: [{image: evil:2}]}}\n", "true: ",
    ", <<: {image: evil:3}", "\n        <<: {image: evil:3}", "<<: [*a, {image: evil:4}]",
    "&b:c <<: *a",
]  # fmt: skip
# Found by such changes: each hid something from the gates once.
HIDDEN = [
    "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: &web:1 }]}\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: !!!null web:1\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: ! web:1\n",
    (
        "apiVersion: v1\nkind: ConfigMap\n---x:\n  apiVersion: v1\n  kind: Pod\n"
        "  spec: {containers: [{image: web:1}]}\n"
    ),
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a\n    <<: {image: b}\n",
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n"
        "    <<: {image: a}\n    <<: {image: b}\n"
    ),
    *(
        f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{<<: {{image: b}}, image{tab}:a}}]}}\n"
        for tab in ("\t", " \t", "\t ")
    ),
]


def oracle() -> Path:
    """The readers in Go; the test is skipped where they cannot be built."""
    try:
        return built(_SOURCE)
    except NotBuiltError as reason:
        skip(str(reason))


def answers(texts: Sequence[str]) -> list[dict[str, Any]]:
    """What each reader makes of each text; nothing where it fails."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    ran = subprocess.run([oracle()], input=lines.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def as_kubectl_cuts(text: str) -> list[str]:
    """The documents of a stream, as `splitYAMLDocument` of apimachinery cuts it."""
    found = []
    while (at := text.find("\n---")) >= 0:
        found.append(text[:at])
        _, line_end, text = text[at + 4 :].partition("\n")
        if not line_end:
            return found
    return [*found, text]


def images(value: Any) -> Iterator[str]:
    """The images of pods and deployments, as they are or in the items of anything."""
    if not isinstance(value, dict):
        return
    items = value.get("items")
    for item in items if isinstance(items, list) else []:
        yield from images(item)
    way = {"Pod": ["spec"], "Deployment": ["spec", "template", "spec"]}.get(str(value.get("kind")))
    for step in way or []:
        value = value.get(step) if isinstance(value, dict) else None
    if way and isinstance(value, dict):
        for member in ("containers", "initContainers", "ephemeralContainers"):
            listed = value.get(member)
            for one in listed if isinstance(listed, list) else []:
                if isinstance(one, dict) and isinstance(one.get("image"), str):
                    yield one["image"]


def changed(text: str, chance: random.Random) -> str:
    """The text with a few pieces put in, mostly where YAML is decided."""
    for _ in range(chance.choice([1, 1, 1, 1, 2, 3])):
        at = chance.randrange(len(text) + 1)
        if chance.random() < 0.6:
            signs = [found.start() for found in re.finditer(r"image|:|\n|-|kind|'|\"|\{|#", text)]
            at = max(0, chance.choice(signs) + chance.choice([-1, 0, 1, 2, 5, 6, 7]))
        text = text[:at] + chance.choice(PIECES) + text[at + chance.choice([0, 0, 0, 1, 2, 5]) :]
    return text


def mapping(chance: random.Random, anchors: Sequence[str], *, deep: int = 0) -> str:
    """A mapping with merges in it: none, one or several, of one mapping or of a list of them."""

    def merged() -> str:
        if anchors and chance.random() < 0.6:
            return f"*{chance.choice(anchors)}"
        return mapping(chance, anchors, deep=deep + 1) if deep < 2 else "{}"

    members = []
    for _ in range(chance.randrange(4)):
        if chance.random() < 0.45:
            several = f"[{', '.join(merged() for _ in range(chance.randrange(4)))}]"
            key = chance.choice(["<<", "<<", "<<", "&k <<", "&k:l <<", "? <<"])
            members.append(f"{key} : {merged() if chance.random() < 0.5 else several}")
        else:
            value = chance.choice(
                ["1", "null", "~", "{z: 1}", "[1]", "x", "", "{<<: {z: 2}, t: 1}"]
            )
            members.append(f"{chance.choice(['image', 'image', 'p', '&j q'])}: {value}")
    return f"{{{', '.join(members)}}}"


def merging(chance: random.Random) -> str:
    """A document of mappings that merge one another."""
    anchors: list[str] = []
    lines = []
    for number in range(chance.randrange(1, 5)):
        name = f"a{chance.randrange(3)}"
        lines.append(f"k{number}: &{name} {mapping(chance, anchors)}\n")
        anchors.append(name)
    return "".join(lines)


def missed(texts: Sequence[str]) -> tuple[list[str], int]:
    """The texts in which another reader finds an image that the gate neither finds nor refuses."""
    cut = [(number, part) for number, text in enumerate(texts) for part in as_kubectl_cuts(text)]
    seen: dict[tuple[str, int], Counter[str]] = {}
    for (number, _), told in zip(cut, answers([part for _, part in cut]), strict=True):
        for reader, value in told.items():
            seen.setdefault((reader, number), Counter()).update(images(value))
    wrong, read = [], 0
    for number, text in enumerate(texts):
        found = manifest(text.encode(errors="surrogatepass"), file="f")
        if any(finding.refused for finding in found.findings):
            continue
        read += 1
        ours = Counter(use.image for use in found.uses)
        if any(seen.get((r, number), Counter()) - ours for r in ("kubernetes", "docker")):
            wrong.append(text)
    return wrong, read


@pytest.mark.parametrize("text", HIDDEN)
def test_t107_what_once_hid_an_image_is_refused(text: str) -> None:
    assert any(finding.refused for finding in manifest(text.encode(), file="f").findings)


def test_t107_the_manifests_are_read_alike() -> None:
    assert missed(MANIFESTS) == ([], len(MANIFESTS))
    for told in answers(as_kubectl_cuts(MANIFESTS[1])):
        assert told["kubernetes"] == told["docker"]


def test_t107_no_change_of_a_manifest_hides_an_image() -> None:
    chance = random.Random(107)
    texts = [changed(chance.choice(MANIFESTS), chance) for _ in range(_CASES)]
    wrong, read = missed(texts)

    assert wrong == []
    assert read > _CASES / 20


def test_t107_merges_are_read_as_kubectl_and_docker_read_them() -> None:
    chance = random.Random(107)
    texts = [merging(chance) for _ in range(_CASES)]
    alike, otherwise = 0, []
    for text, told in zip(texts, answers(texts), strict=True):
        try:
            [document] = read(text, file="f")
        except YamlError:
            continue
        alike += 1
        otherwise += [text for value in told.values() if value != document.value]

    assert otherwise == []
    assert alike > _CASES / 4
