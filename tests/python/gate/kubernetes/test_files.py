"""Manifests are read with line and column, judged, and written with their images pinned."""

from __future__ import annotations

import pytest

from contenttrust.gate.judged import judge
from contenttrust.gate.kubernetes.files import manifest
from contenttrust.policy.decision import Decision
from contenttrust.reference import Reference
from contenttrust.yaml_nodes import YamlError

PINNED = "docker.io/library/web@sha256:" + "a" * 64
# As helm prints it: a comment that names the source, documents without content, notes at the end.
HELM = b"""---
# Source: web/templates/empty.yaml
---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "release-web"
  labels: {image: 'web:1'}
spec:
  template:
    spec:
      initContainers: [{name: init, image: 'web:1'}]
      containers:
        - name: web
          image: "web:1"   # the image
          command: ["web:1"]
---
# Source: web/templates/config.yaml
apiVersion: v1
kind: ConfigMap
data:
  image: web:1
"""


def test_what_helm_prints_is_read() -> None:
    found = manifest(HELM, file="-")

    assert found.findings == ()
    assert [(use.image, use.spot.line, use.spot.column, use.spot.what) for use in found.uses] == [
        ("web:1", 13, 44, "/spec/template/spec/initContainers/0/image"),
        ("web:1", 16, 18, "/spec/template/spec/containers/0/image"),
    ]
    assert (found.uses[1].spot.end_line, found.uses[1].spot.end_column) == (16, 25)


def test_a_template_is_to_be_rendered_first() -> None:
    text = b'kind: Pod\nmetadata: {{ include "x" . }}\n'
    [finding] = manifest(text, file="pod.yaml").findings
    assert finding.refused
    assert "render it first" in finding.message
    [other] = manifest(b"a: b: c\n", file="pod.yaml").findings
    assert "render" not in other.message


@pytest.mark.parametrize("text", [b"", b"\n", b"---\n# Source: web/templates/empty.yaml\n---\n"])
def test_a_stream_without_a_manifest_is_told(text: bytes) -> None:
    """A pipe whose first half has failed must not look like a cluster in which all is signed."""
    [note] = manifest(text, file="-").findings
    assert (note.level, note.message) == ("note", "there is no manifest in it")


def test_written_are_the_images_and_no_other_byte() -> None:
    written = manifest(HELM, file="-").pinned({"web:1": PINNED})

    assert written == HELM.replace(b'image: "web:1"', f'image: "{PINNED}"'.encode()).replace(
        b"init, image: 'web:1'", f"init, image: '{PINNED}'".encode()
    )
    assert manifest(written, file="-").pinned({"web:1": PINNED}) == written
    assert manifest(HELM, file="-").pinned({"web:1": ""}) == HELM


def test_json_is_read_and_written_too() -> None:
    text = b'{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "web:1"}]}}\n'

    assert manifest(text, file="f").pinned({"web:1": PINNED}) == text.replace(
        b"web:1", PINNED.encode()
    )


def test_one_broken_document_does_not_hide_the_others() -> None:
    text = b"""apiVersion: v1
kind: Pod
spec: {containers: [{name: a, image: 1.1}]}
---
apiVersion: v1
kind: Pod
spec: {containers: [{name: a, image: web:1}]}
---
apiVersion: example.com/v1
kind: Thing
spec:
  image: web:1
---
apiVersion: example.com/v1
kind: Other
---
just: text
"""
    found = manifest(text, file="f")

    assert [use.spot.line for use in found.uses] == [7]
    assert [(f.level, f.code, f.spot.line, f.spot.column) for f in found.findings] == [
        ("error", "malformed", 3, 38),
        ("error", "not_covered", 12, 10),
        ("note", "unknown_kind", 15, 7),
        ("error", "malformed", 17, 1),
    ]


@pytest.mark.parametrize(("kind", "line", "column"), [(b"", 4, 3), (b"kind: Foo, ", 4, 10)])
def test_items_that_no_path_leads_into_are_refused_where_they_are(
    kind: bytes, line: int, column: int
) -> None:
    text = b"apiVersion: e.com/v1\nkind: FooList\nitems:\n- {" + kind + b"spec: {x: 1}}\n"

    [finding] = manifest(text, file="f", custom={"Foo.e.com": ("spec.image",)}).findings

    assert (finding.level, finding.code) == ("error", "not_covered")
    assert (finding.spot.line, finding.spot.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (b"apiVersion: v1\nkind: Pod\nkind: ConfigMap\n", 3, 1),
        (b"apiVersion: v1\nkind: [\n", 3, 1),
        (b"{{ .Values.image }}\n", 1, 2),
        (b"apiVersion: v1\nkind: Pod\n---image: {{ x }}\n", 3, 1),
    ],
)
def test_what_is_no_yaml_is_refused_where_it_is(text: bytes, line: int, column: int) -> None:
    [finding] = manifest(text, file="f").findings

    assert finding.refused
    assert (finding.spot.line, finding.spot.column) == (line, column)


def test_a_kustomization_that_was_not_built_is_refused() -> None:
    text = b"""apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [web.yaml]
images:
- name: web
  newTag: "2"
"""
    [finding] = manifest(text, file="kustomization.yaml").findings

    assert (finding.code, finding.spot.line) == ("not_covered", 5)


def test_a_template_of_helm_is_no_yaml_or_no_image_name() -> None:
    text = b'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "{{ .Values.image }}"}]}\n'
    [finding] = manifest(text, file="f").findings

    assert "no image name" in finding.message


def test_an_image_in_several_lines_is_judged_and_not_written() -> None:
    text = b"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: >-\n      web:1\n"
    found = manifest(text, file="f")

    assert [use.image for use in found.uses] == ["web:1"]
    with pytest.raises(YamlError, match="one line"):
        found.pinned({"web:1": PINNED})


def test_every_image_is_asked_for_once_and_told_at_every_place() -> None:
    class Asked:
        def __init__(self) -> None:
            self.images: list[str] = []

        def check_many(self, images, *, pulled=()):
            self.images += images
            return [
                Decision(image=image, reference=Reference.parse(image), verdict="deny", code="x")
                for image in images
            ]

    gate = Asked()
    findings = judge(gate, manifest(HELM, file="-").uses)

    assert gate.images == ["web:1"]
    assert [finding.spot.line for finding in findings] == [13, 16]
