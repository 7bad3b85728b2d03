"""A value of another type, wherever dockerd or an API server could send one, is a typed refusal."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from contenttrust.gate.service import admission_images, admission_review, json_patch
from contenttrust.gate.service.docker_request import DockerRequestError, parse
from contenttrust.gate.service.docker_rules import kind_of, questions

WRONG: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, "", "x", "\ud800", "\u00e9", [], ["x"], [None], [[]], [{}], {},
    {"x": 1}, {"type": ["x"]}, [{"type": {}}], [{"image": ["x"]}],
]  # fmt: skip
MOUNTS = [{"Type": "image", "Source": "web:2"}]
CONTAINER = {"Image": "web:1", "HostConfig": {"Mounts": MOUNTS}}
SERVICE = {
    "TaskTemplate": {
        "ContainerSpec": {"Image": "web:1", "Mounts": MOUNTS},
        "PluginSpec": None,
        "NetworkAttachmentSpec": None,
    }
}
POD = {
    "metadata": {"name": "p", "deletionTimestamp": None, "annotations": {}},
    "spec": {
        **{name: [{"name": name.lower(), "image": "web:1"}] for name in (
            "containers", "initContainers", "ephemeralContainers",
        )},
        "volumes": [{"name": "v", "image": {"reference": "web:2"}}],
    },
}  # fmt: skip
CRON_JOB = {"spec": {"jobTemplate": {"spec": {"template": POD}}}}
LIST = {"items": [{"apiVersion": "v1", "kind": "Pod", **POD}]}


def variants(document: Any) -> Iterator[Any]:
    """The document with one value of it replaced, each by each wrong one."""
    yield from copy.deepcopy(WRONG)
    below = document if isinstance(document, dict) else dict(enumerate(document))
    for key, value in below.items():
        found = variants(value) if isinstance(value, dict | list) else iter(WRONG)
        for other in found:
            changed = copy.copy(document)
            changed[key] = other
            yield changed


def told(uri: str, body: object) -> dict[str, Any]:
    return {
        "RequestMethod": "POST",
        "RequestUri": uri,
        "RequestHeaders": {"Content-Type": "application/json"},
        "RequestBody": base64.b64encode(json.dumps(body).encode()).decode(),
    }


def review(api_version: str, kind: str, members: dict[str, Any]) -> dict[str, Any]:
    group, _, version = api_version.rpartition("/")
    found = {"apiVersion": api_version, "kind": kind, **members}
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": "UPDATE", "namespace": "n", "subResource": None,
            "kind": {"group": group, "version": version, "kind": kind}, "dryRun": False,
            "object": found, "oldObject": found,
        },
    }  # fmt: skip


def understood_by_dockerd_rules(message: Any) -> bool:
    try:
        request = parse(message)
        found = questions(request) if kind_of(request) == "covered" else []
    except DockerRequestError:
        return False
    return all(isinstance(one.image, str) for one in found)


def understood_as_review(document: Any) -> bool:
    custom = {"Thing.x.example": ["spec.image", "spec.more[*].image"]}
    try:
        read = admission_review.parse(json.dumps(document).encode())
        found = admission_images.asked_about(read, custom=custom)
    except admission_review.ReviewError:
        return False
    changes = [(one.pointer, one.image, "web@sha256:0") for one in found.places]
    json_patch.pinning(read.document, changes)
    return True


@pytest.mark.parametrize(
    ("uri", "body"), [("/containers/create", CONTAINER), ("/services/create", SERVICE)]
)
def test_t045_no_request_to_dockerd_is_an_error_of_ours(uri: str, body: dict[str, Any]) -> None:
    assert understood_by_dockerd_rules(told(uri, body))
    messages = [*(told(uri, one) for one in variants(body)), *variants(told(uri, body))]
    outcomes = [understood_by_dockerd_rules(message) for message in messages]
    assert outcomes.count(False) > len(WRONG)


@pytest.mark.parametrize(
    ("api_version", "kind", "members"),
    [
        ("v1", "Pod", POD),
        ("apps/v1", "Deployment", {"spec": {"template": POD}}),
        ("batch/v1", "CronJob", CRON_JOB),
        ("v1", "List", LIST),
        ("x.example/v1", "Thing", {"spec": {"image": "web", "more": [{"image": "web:1"}]}}),
    ],
)
def test_t045_no_review_is_an_error_of_ours(
    api_version: str, kind: str, members: dict[str, Any]
) -> None:
    document = review(api_version, kind, members)
    assert understood_as_review(document)
    outcomes = [understood_as_review(one) for one in variants(document)]
    assert outcomes.count(False) > len(WRONG)
