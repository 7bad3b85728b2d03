"""Reviews are read strictly, or refused."""

from __future__ import annotations

import json

import pytest

from contenttrust.gate.service.admission_review import ReviewError, parse


def document(**changed):
    request = {
        "uid": "u-1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": "CREATE",
        "namespace": "default",
        "object": {"apiVersion": "v1", "kind": "Pod", "spec": {}},
        "oldObject": None,
        "dryRun": False,
        **changed,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def body(**changed):
    return json.dumps(document(**changed)).encode()


def test_review_says_what_is_asked():
    review = parse(body(dryRun=True, subResource="ephemeralcontainers"))
    assert (review.uid, review.operation, review.kind, review.api_version) == (
        "u-1",
        "CREATE",
        "Pod",
        "v1",
    )
    assert (review.namespace, review.subresource, review.dry_run) == (
        "default",
        "ephemeralcontainers",
        True,
    )
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    made = {"apiVersion": "apps/v1", "kind": "Deployment"}
    assert parse(body(kind=kind, object=made)).api_version == "apps/v1"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}',
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": null}',
        b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": []}',
        json.dumps({**document(), "apiVersion": "admission.k8s.io/v1beta1"}).encode(),
        json.dumps({**document(), "kind": "Pod"}).encode(),
        body(uid=None),
        body(uid=""),
        body(uid=7),
        body(uid="x" * 1000),
        body().replace(b'"uid"', b'"UID"'),
        body().replace(b'"namespace"', b'"uid"'),
        body().replace(b'"spec": {}', b'"spec": {"a": 1, "a": 2}'),
        body() + b"{}",
        body().replace(b"false", b"NaN"),
    ],
)
def test_t113_what_is_no_review_is_not_answered_as_one(text):
    with pytest.raises(ReviewError) as caught:
        parse(text)
    assert caught.value.uid == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"operation": "PATCH"},
        {"operation": None},
        {"operation": 1},
        {"kind": None, "object": {}},
        {"kind": "Pod"},
        {"kind": {"kind": ["Pod"]}},
        {"object": None},
        {"object": []},
        {"object": {"apiVersion": "v1", "kind": "ConfigMap"}},
        {"object": {"apiVersion": "v2", "kind": "Pod"}},
        {"object": {"spec": {}}},
        {"oldObject": "x"},
        {"dryRun": "false"},
        {"dryRun": []},
        {"namespace": 4},
        {"subResource": {}},
    ],
)
def test_t113_what_is_wrong_with_a_request_is_a_refusal_of_that_request(changed):
    with pytest.raises(ReviewError) as caught:
        parse(body(**changed))
    assert caught.value.uid == "u-1"


def test_request_to_delete_needs_no_object():
    assert parse(body(operation="DELETE", object=None)).document == {}
