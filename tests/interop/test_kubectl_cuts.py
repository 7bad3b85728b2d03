"""Where kubectl cuts a stream of manifests: no object that it finds is hidden from the gate."""

from __future__ import annotations

import os
from itertools import product

import pytest

from contenttrust.gate.kubernetes.files import manifest
from interop import parts
from interop.processes import run

_SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
_POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: evil}\n"
    "spec: {containers: [{name: a, image: evil:1}]}\n"
)
_INDENTED = "".join(f"  {line}\n" for line in _POD.splitlines())
_BEHIND = (
    *("", " ", "\t", "\r", " \r", "#x:", "#x: |", "# x", " #x:", " # x", "\t#x:", "x:", " x:"),
    *("-", "-#x:", "\v", "\f#x:", "\xa0", "\xa0#x:", "\u3000#x:", "\x85", "\u2028#x:", "\r#x:"),
    *("\ufeff", "\ufeff#x:", " |", ' "', " {}", " &a", " !!map", " ---", "#" * 5000 + "x:"),
)
"""What stands behind the three dashes; the last is longer than what kubectl reads at once."""
_BEFORE = {
    "mapping": _SETTINGS,
    "block": f"{_SETTINGS}data:\n  x: |\n    y\n",
    "plain": f"{_SETTINGS}data:\n  x: y\n   z\n",
    "quoted": f'{_SETTINGS}data:\n  x: "y\n',
    "flow": f"{_SETTINGS}data: {{\n",
    "json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}\n',
    "nothing": "",
    "mark": "\ufeff",
    "root": "|\ny\n",
}
_MARKED = [
    (
        f"{_SETTINGS}---\n\ufeffspec: {{containers: [{{name: a, image: evil:1}}]}}\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: evil}\n"
    ),
    f"\ufeff\ufeff{_POD}",
    f"{_SETTINGS}\ufeff---\n{_POD}",
]


def _found_by_kubectl(text: str) -> str:
    if parts.missing("kubectl"):
        parts.skip("not on PATH: kubectl")
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = ["kubectl", "annotate", "--local", "-f", "-", "a=b", "-o", "yaml"]
    return run(command, env, stdin=text).out


def _hidden(text: str) -> bool:
    """Whether the gate lets an image through that it does not name, and that kubectl finds."""
    found = manifest(text.encode(), file="f")
    if any(finding.refused for finding in found.findings) or found.uses:
        return False
    return "evil:1" in _found_by_kubectl(text)


@pytest.mark.parametrize("before", _BEFORE)
def test_t107_no_line_of_dashes_hides_an_object_that_kubectl_finds(before: str) -> None:
    texts = [
        f"{_BEFORE[before]}---{behind}{line_end}{pod}"
        for behind, line_end, pod in product(_BEHIND, ("\n", "\r\n"), (_POD, _INDENTED))
    ]
    assert [text for text in texts if _hidden(text)] == []


@pytest.mark.parametrize("text", _MARKED)
def test_t107_no_byte_order_mark_hides_an_image_that_kubectl_finds(text: str) -> None:
    assert not _hidden(text)


def test_what_kubectl_finds_behind_a_line_that_the_gate_refuses() -> None:
    """What happens without the gate."""
    for text in (f"{_SETTINGS}---#x:\n{_INDENTED}", _MARKED[0]):
        assert "evil:1" in _found_by_kubectl(text)
        assert any(finding.refused for finding in manifest(text.encode(), file="f").findings)
