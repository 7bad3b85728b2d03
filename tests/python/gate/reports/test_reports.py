"""Reports say what was found and where, and nobody's text can add a line or a command to them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.gate.reports import FORMATS, Finding, Spot, render
from contenttrust.policy.decision import Decision
from contenttrust.reference import Reference

DIGEST = "sha256:" + "a" * 64
SPOT = Spot(file="k8s/web.yaml", line=7, column=12, end_line=7, end_column=22, what="/spec/image")

# What the log has of the schema of SARIF 2.1.0, and nothing else.
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"enum": ["2.1.0"]},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "message": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string"}},
        },
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "additionalProperties": False,
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "invocations": {"type": "array", "items": {"$ref": "#/$defs/invocation"}},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "invocation": {
            "type": "object",
            "required": ["executionSuccessful"],
            "additionalProperties": False,
            "properties": {
                "executionSuccessful": {"type": "boolean"},
                "toolExecutionNotifications": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["message"],
                        "additionalProperties": False,
                        "properties": {
                            "level": {"enum": ["none", "note", "warning", "error"]},
                            "message": {"$ref": "#/$defs/message"},
                            "descriptor": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {"id": {"type": "string"}},
                            },
                        },
                    },
                },
            },
        },
        "driver": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "version": {"type": "string"},
                "rules": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {
                        "type": "object",
                        "required": ["id"],
                        "additionalProperties": False,
                        "properties": {
                            "id": {"type": "string"},
                            "shortDescription": {"$ref": "#/$defs/message"},
                        },
                    },
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": -1},
                "kind": {"enum": ["notApplicable", "pass", "fail", "review", "open"]},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                },
                "properties": {"type": "object"},
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {"uri": {"type": "string", "format": "uri-reference"}},
                        },
                        "region": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                name: {"type": "integer", "minimum": 1}
                                for name in ("startLine", "startColumn", "endLine", "endColumn")
                            },
                        },
                    },
                },
            },
        },
    },
}


def decision(**facts: Any) -> Decision:
    reference = Reference.parse("example.com/web:1")
    given: dict[str, Any] = {"image": "example.com/web:1", "reference": reference}
    return Decision(**{**given, "verdict": "allow", **facts})


ALLOWED = decision(digest=DIGEST, pinned=f"example.com/web@{DIGEST}", signers=("alice", "bob"))
DENIED = decision(verdict="deny", code="not_signed", reasons=("it is not signed", "ask alice"))
AUDITED = decision(
    verdict="warn", code="not_signed", reasons=("it is not signed",), although="the rule watches"
)
FINDINGS = [
    Finding.decided(ALLOWED, SPOT),
    Finding.decided(DENIED, SPOT),
    Finding.decided(AUDITED, SPOT),
    Finding.fault("the key 'a' is there twice", Spot(file="-", line=3, column=1)),
    Finding.note("the kind is not known", Spot(file="/abs/a b.yaml", line=9)),
]


def test_a_decision_becomes_a_finding_of_its_weight() -> None:
    assert [finding.level for finding in FINDINGS] == ["pass", "error", "warning", "error", "note"]
    assert [finding.refused for finding in FINDINGS] == [False, True, False, True, False]
    assert FINDINGS[0].message == "signed by alice, bob"
    assert FINDINGS[1].message == "it is not signed; ask alice"


def test_text_has_one_line_a_finding() -> None:
    assert render(FINDINGS, form="text").splitlines() == [
        (
            "ok: k8s/web.yaml:7:12: example.com/web:1: signed by alice, bob"
            f" -> example.com/web@{DIGEST}"
        ),
        "refused: k8s/web.yaml:7:12: example.com/web:1: it is not signed; ask alice",
        "warning: k8s/web.yaml:7:12: example.com/web:1: it is not signed",
        "refused: -:3:1: the key 'a' is there twice",
        "note: /abs/a b.yaml:9: the kind is not known",
    ]


def test_json_has_the_decisions() -> None:
    document = json.loads(render(FINDINGS, form="json"))

    assert document["schema"] == "contenttrust.gate/1"
    assert document["allowed"] is False
    assert [result["level"] for result in document["results"]] == [f.level for f in FINDINGS]
    assert document["results"][1]["decision"] == DENIED.to_json()
    assert document["results"][3]["decision"] is None


def test_sarif_is_valid_and_names_line_and_column() -> None:
    log = json.loads(render(FINDINGS, form="sarif"))
    jsonschema.validate(log, SARIF)
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]

    assert [result["level"] for result in results] == ["error", "warning", "error", "note"]
    assert {result["kind"] for result in results} == {"fail"}
    assert results[0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "k8s/web.yaml"},
        "region": {"startLine": 7, "startColumn": 12, "endLine": 7, "endColumn": 22},
    }
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in results)
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert [place["uri"] for place in places[2:]] == ["stdin", "file:///abs/a%20b.yaml"]


def test_sarif_texts_have_no_links_and_no_placeholders() -> None:
    finding = Finding.fault("[click](https://evil.example) {0} \\[", SPOT)
    [result] = json.loads(render([finding], form="sarif"))["runs"][0]["results"]

    assert result["message"]["text"] == "\\[click\\](https://evil.example) {{0}} \\\\\\["


def test_junit_has_a_case_for_each_image() -> None:
    root = ET.fromstring(render(FINDINGS, form="junit"))

    assert root.attrib == {"name": "contenttrust", "tests": "5", "failures": "2", "errors": "0"}
    assert [suite.get("name") for suite in root] == ["k8s/web.yaml", "-", "/abs/a b.yaml"]
    passed, refused, warned = root[0]
    assert passed.get("name") == "example.com/web:1 /spec/image line 7"
    assert len(passed) == 0
    assert refused[0].attrib == {"message": "it is not signed; ask alice", "type": "not_signed"}
    assert refused[0].text == "k8s/web.yaml:7:12: it is not signed; ask alice"
    assert warned[0].text == "warning: it is not signed"


def test_github_has_a_command_for_each_thing_to_look_at() -> None:
    assert render(FINDINGS, form="github").splitlines() == [
        (
            "::error file=k8s/web.yaml,line=7,col=12,endLine=7,endColumn=22,"
            "title=contenttrust%3A not_signed::example.com/web:1: it is not signed; ask alice"
        ),
        (
            "::warning file=k8s/web.yaml,line=7,col=12,endLine=7,endColumn=22,"
            "title=contenttrust%3A not_signed::example.com/web:1: it is not signed"
        ),
        "::error file=-,line=3,col=1,title=contenttrust%3A malformed::the key 'a' is there twice",
        "::notice file=/abs/a b.yaml,line=9,title=contenttrust%3A note::the kind is not known",
    ]


def test_a_report_of_nothing_is_one_too() -> None:
    assert render([], form="text") == ""
    assert render([], form="github") == ""
    assert json.loads(render([], form="json"))["allowed"] is True
    jsonschema.validate(json.loads(render([], form="sarif")), SARIF)
    assert ET.fromstring(render([], form="junit")).get("tests") == "0"


HOSTILE = [
    "a\n::set-output name=x::y",
    "a\r\n::stop-commands::t",
    "##[stop-commands]t",
    "x,line=1::y%0A::error::z",
    "\x1b[2J\x1b]0;title\x07",
    "]]>\"'/><!-- &amp; </testsuites>",
    "\u202egnp.exe\ufffe\udc80\x00",
    '","level":"none',
    "\u2028\u2029\x85",
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", HOSTILE)
def test_t144_nobody_s_text_breaks_out_of_a_report(form: str, text: str) -> None:
    spot = Spot(file=text, line=1, column=2, what=text)
    refusal = decision(
        image=text, reference=None, verdict="deny", code="malformed", reasons=(text,)
    )
    findings = [
        Finding.decided(refusal, spot),
        Finding.fault(text, spot, image=text),
        Finding.note(text, spot),
        Finding.decided(decision(image=text, signers=(text,), digest=DIGEST, pinned=text), spot),
    ]
    written = render(findings, form=form)

    assert written.replace("\n", "").replace("\ufffe", "").isprintable()
    if form == "text":
        assert len(written.splitlines()) == 4
        assert "##[" not in written
    elif form == "github":
        lines = written.splitlines()
        assert len(lines) == 3
        assert [line.count("::") - line.partition("::")[2].partition("::")[2].count("::")
                for line in lines] == [2, 2, 2]  # fmt: skip
        assert all(",line=1,col=2,title=contenttrust%3A" in line for line in lines)
    elif form == "junit":
        assert ET.fromstring(written).get("tests") == "4"
    else:
        json.loads(written)


@given(st.text(max_size=20), st.text(max_size=20))
def test_t144_any_name_and_any_image_give_a_report_that_can_be_read(file: str, image: str) -> None:
    finding = Finding.fault(image, Spot(file=file, line=1, what=image), image=image)

    jsonschema.validate(json.loads(render([finding], form="sarif")), SARIF)
    assert ET.fromstring(render([finding], form="junit")).get("failures") == "1"
    assert len(render([finding], form="github").splitlines()) == 1
    assert len(render([finding], form="text").splitlines()) == 1


def test_a_report_loads_no_other_form(tmp_path: Path) -> None:
    code = (
        "import sys; from contenttrust.gate.reports import render; render([], form='text');"
        "assert 'contenttrust.gate.reports.junit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
