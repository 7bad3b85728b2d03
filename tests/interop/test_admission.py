"""At a real API server: what is unsigned is refused, what is signed is stored by its digest."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.service.json_patch import ANNOTATION, value_at
from interop.cluster import Answer
from interop.gated_cluster import (
    PATCH,
    PODS,
    GatedCluster,
    assert_denied,
    gated_cluster,
    pod,
    shipped,
)
from interop.images import image
from interop.trust_stack import TrustStack

CORE = "/api/v1/namespaces/default"
BATCH = "/apis/batch/v1/namespaces/default"
APPS = "/apis/apps/v1/namespaces/default"


@pytest.fixture(scope="module")
def at(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[GatedCluster]:
    """A cluster as the guide makes it."""
    with gated_cluster(place("admission"), docker_stack) as made:
        yield made


def workload(kind: str, name: str, image: str) -> tuple[str, dict[str, Any], str]:
    """Path, object, and the pointer of its image."""
    template = {"metadata": {"labels": {"app": name}}, "spec": pod(name, image)["spec"]}
    document: dict[str, Any] = {"kind": kind, "metadata": {"name": name}}
    if kind == "PodTemplate":
        document |= {"apiVersion": "v1", "template": template}
        return f"{CORE}/podtemplates", document, "/template/spec/containers/0/image"
    if kind in {"Job", "CronJob"}:
        template["spec"]["restartPolicy"] = "Never"
        job = {"template": template}
        spec = job if kind == "Job" else {"schedule": "@daily", "jobTemplate": {"spec": job}}
        inner = "" if kind == "Job" else "/jobTemplate/spec"
        document |= {"apiVersion": "batch/v1", "spec": spec}
        pointer = f"/spec{inner}/template/spec/containers/0/image"
        return f"{BATCH}/{kind.lower()}s", document, pointer
    labels = {"app": name}
    core = kind == "ReplicationController"
    spec = {"selector": labels if core else {"matchLabels": labels}, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    document |= {"apiVersion": "v1" if core else "apps/v1", "spec": spec}
    place = CORE if core else APPS
    return f"{place}/{kind.lower()}s", document, "/spec/template/spec/containers/0/image"


def test_unsigned_pod_is_denied_with_the_reason(at: GatedCluster) -> None:
    answer = at.cluster.post(PODS, pod("unsigned", at.bad))
    assert_denied(answer, "not_signed", at.bad, "/spec/containers/0/image")
    assert at.cluster.ask("GET", f"{PODS}/unsigned").status == 404


def test_signed_pod_is_stored_by_the_signed_digest_with_the_original_beside_it(
    at: GatedCluster,
) -> None:
    answer = at.cluster.post(PODS, pod("signed", at.good))
    assert answer.status == 201, str(answer)
    stored = at.cluster.ask("GET", f"{PODS}/signed").document
    assert stored["spec"]["containers"][0]["image"] == at.pinned
    kept = json.loads(stored["metadata"]["annotations"][ANNOTATION])
    assert kept == {"/spec/containers/0/image": at.good}


def test_t089_registry_that_moves_the_tag_never_wins(at: GatedCluster) -> None:
    for number in range(6):
        label = ("evil", "first")[number % 2]
        at.registry.push("admission/web", image(label), tag="1")
        answer = at.cluster.post(PODS, pod(f"moved-{number}", at.good))
        assert answer.status == 201, str(answer)
        assert answer.document["spec"]["containers"][0]["image"] == at.pinned


def test_digest_that_is_not_signed_is_denied(at: GatedCluster) -> None:
    evil = f"{at.signed.gun}@{image('evil').digest}"
    assert_denied(at.cluster.post(PODS, pod("digest", evil)), "not_signed")
    both = f"{at.signed.gun}:1@{image('evil').digest}"
    assert_denied(at.cluster.post(PODS, pod("both", both)), "digest_mismatch")


def test_one_unsigned_container_among_signed_ones_is_enough(at: GatedCluster) -> None:
    assert_denied(at.cluster.post(PODS, pod("mixed", at.good, at.bad)), "/spec/containers/1/image")


@pytest.mark.parametrize("kind", [
    "Job", "CronJob", "Deployment", "StatefulSet", "DaemonSet",
    "ReplicaSet", "ReplicationController", "PodTemplate",
])  # fmt: skip
def test_t107_workloads_are_denied_or_pinned(at: GatedCluster, kind: str) -> None:
    path, document, pointer = workload(kind, f"bad-{kind.lower()}", at.bad)
    assert_denied(at.cluster.post(path, document), pointer)
    path, document, pointer = workload(kind, f"good-{kind.lower()}", at.good)
    answer = at.cluster.post(path, document)
    assert answer.status == 201, str(answer)
    assert value_at(answer.document, pointer) == at.pinned


def test_t107_init_containers_and_image_volumes_count(at: GatedCluster) -> None:
    document = pod("init", at.good)
    document["spec"]["initContainers"] = [{"name": "i", "image": at.bad}]
    assert_denied(at.cluster.post(PODS, document), "/spec/initContainers/0/image")
    document = pod("volume", at.good)
    document["spec"]["volumes"] = [{"name": "v", "image": {"reference": at.bad}}]
    assert_denied(at.cluster.post(PODS, document), "/spec/volumes/0/image/reference")
    document["spec"]["volumes"][0]["image"]["reference"] = at.good
    answer = at.cluster.post(PODS, document)
    assert answer.status == 201, str(answer)
    assert answer.document["spec"]["volumes"][0]["image"]["reference"] == at.pinned


def test_t107_ephemeral_containers_count(at: GatedCluster) -> None:
    at.cluster.post(PODS, pod("debugged", at.good))

    def debug(image: str) -> Answer:
        added = {"name": f"d-{len(image)}", "image": image}
        patch = {"spec": {"ephemeralContainers": [added]}}
        path = f"{PODS}/debugged/ephemeralcontainers"
        return at.cluster.ask("PATCH", path, patch, PATCH)

    assert_denied(debug(at.bad), "/spec/ephemeralContainers/0/image")
    answer = debug(at.good)
    assert answer.status == 200, str(answer)
    assert answer.document["spec"]["ephemeralContainers"][0]["image"] == at.pinned


def test_t108_update_of_the_image_alone_is_checked_and_other_updates_pass(at: GatedCluster) -> None:
    at.cluster.post(PODS, pod("updated", at.good))

    def update(patch: dict[str, Any]) -> Answer:
        return at.cluster.ask("PATCH", f"{PODS}/updated", patch, PATCH)

    changed = {"spec": {"containers": [{"name": "c0", "image": at.bad}]}}
    assert_denied(update(changed), "not_signed")
    assert update({"metadata": {"labels": {"a": "b"}}}).status == 200
    same = copy.deepcopy(changed)
    same["spec"]["containers"][0]["image"] = at.good
    assert update(same).document["spec"]["containers"][0]["image"] == at.pinned


def test_t108_scaling_and_deleting_pass(at: GatedCluster) -> None:
    path, document, _ = workload("Deployment", "scaled", at.good)
    at.cluster.post(path, document)
    scale = {"spec": {"replicas": 3}}
    answer = at.cluster.ask("PATCH", f"{path}/scaled/scale", scale, "application/merge-patch+json")
    assert answer.status == 200, str(answer)
    assert at.cluster.ask("DELETE", f"{path}/scaled").status == 200


def test_t108_image_that_is_signed_no_more_can_be_rolled_away_from(at: GatedCluster) -> None:
    at.signed.tag("leaving", "leaving")
    at.signed.publish("targets")
    at.registry.push("admission/web", image("leaving"), tag="leaving")
    leaving = f"{at.signed.gun}:leaving"
    kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "CronJob", "PodTemplate"]
    made = [workload(kind, f"leaving-{kind.lower()}", leaving) for kind in kinds]
    stored = [at.cluster.post(path, document).document for path, document, _ in made]
    at.signed.tag("leaving", "first")
    at.signed.publish("targets")
    assert_denied(at.cluster.post(PODS, pod("seen", at.bad)))  # the gate sees what was published
    gone = value_at(stored[0], made[0][2])
    assert_denied(at.cluster.post(PODS, pod("again", str(gone))), "not_signed")
    for (path, document, pointer), was in zip(made, stored, strict=True):
        where = f"{path}/{document['metadata']['name']}"
        now = at.cluster.ask("GET", where).document
        now["metadata"]["labels"] = {"a": "b"}
        if "replicas" in now.get("spec", {}):
            now["spec"]["replicas"] = 0  # by an update, as controllers do it
        answer = at.cluster.ask("PUT", where, now)
        assert answer.status == 200, str(answer)
        assert value_at(answer.document, pointer) == value_at(was, pointer)
    path, document, pointer = made[0]
    where = f"{path}/{document['metadata']['name']}"

    def patched(**spec: Any) -> Answer:
        return at.cluster.ask("PATCH", where, {"spec": spec}, PATCH)

    def rolled(image: str) -> Answer:
        return patched(template={"spec": {"containers": [{"name": "c0", "image": image}]}})

    restart = {"template": {"metadata": {"annotations": {"restartedAt": "now"}}}}
    assert patched(paused=True).status == 200
    assert_denied(patched(paused=False), "not_signed", str(gone))
    assert_denied(patched(**restart), "not_signed", str(gone))
    assert_denied(rolled(at.bad), "not_signed", at.bad)
    for answer in (rolled(at.good), patched(paused=False), patched(**restart)):
        assert answer.status == 200, str(answer)
        assert value_at(answer.document, pointer) == at.pinned


def test_t108_dry_run_is_checked_and_stores_nothing(at: GatedCluster) -> None:
    assert_denied(at.cluster.post(f"{PODS}?dryRun=All", pod("dry", at.bad)))
    answer = at.cluster.post(f"{PODS}?dryRun=All", pod("dry", at.good))
    assert answer.document["spec"]["containers"][0]["image"] == at.pinned
    assert at.cluster.ask("GET", f"{PODS}/dry").status == 404
    doors = {one["door"] for one in at.service.decisions()}
    assert {"mutate", "mutate dry-run", "validate", "validate dry-run"} <= doors


def test_t109_owner_that_somebody_wrote_into_a_pod_is_no_approval(at: GatedCluster) -> None:
    path, document, _ = workload("Deployment", "owner", at.good)
    owner = at.cluster.post(path, document).document
    child = pod("child", at.bad)
    child["metadata"]["ownerReferences"] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "owner", "controller": True,
         "uid": owner["metadata"]["uid"]}
    ]  # fmt: skip
    assert_denied(at.cluster.post(PODS, child))


def test_t111_labels_and_annotations_switch_nothing_off(at: GatedCluster) -> None:
    document = pod("labelled", at.bad)
    document["metadata"]["labels"] = {"kubernetes.io/metadata.name": "contenttrust"}
    document["metadata"]["annotations"] = {ANNOTATION: "{}"}
    assert_denied(at.cluster.post(PODS, document))
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "own"}}
    made["metadata"]["labels"] = {"kubernetes.io/metadata.name": "contenttrust"}  # type: ignore[index]
    at.cluster.post("/api/v1/namespaces", made)
    assert_denied(at.cluster.post("/api/v1/namespaces/own/pods", pod("x", at.bad)))


def test_t115_what_is_only_warned_of_is_stored_with_a_warning(at: GatedCluster) -> None:
    image = f"{at.registry.host}/warned/web:1"
    answer = at.cluster.post(PODS, pod("warned", image))
    assert answer.status == 201, str(answer)
    assert "NOT ENFORCED (warn)" in "".join(answer.warnings)
    assert at.cluster.post(PODS, pod("quiet", at.good)).warnings == []
    decisions = [one for one in at.service.decisions() if one["image"] == image]
    assert {(one["verdict"], one["mode"]) for one in decisions} == {("warn", "warn")}
    assert all(one["although"] for one in decisions)


def test_t111_manifests_of_the_gate_are_taken_in_its_own_namespace(at: GatedCluster) -> None:
    paths = {
        "Namespace": "/api/v1/namespaces",
        "ServiceAccount": "/api/v1/namespaces/contenttrust/serviceaccounts",
        "ConfigMap": "/api/v1/namespaces/contenttrust/configmaps",
        "Service": "/api/v1/namespaces/contenttrust/services",
        "Deployment": "/apis/apps/v1/namespaces/contenttrust/deployments",
        "PodDisruptionBudget": "/apis/policy/v1/namespaces/contenttrust/poddisruptionbudgets",
    }
    for document in shipped("gate.yaml"):
        answer = at.cluster.post(f"{paths[document['kind']]}?fieldValidation=Strict", document)
        assert answer.status == 201, str(answer)


def test_t111_in_the_gate_s_own_namespace_nothing_is_checked(at: GatedCluster) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contenttrust"}}
    assert at.cluster.post("/api/v1/namespaces", namespace).status in {201, 409}
    document = pod("unasked", at.bad)
    document["spec"]["securityContext"] = {
        "runAsNonRoot": True, "runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    document["spec"]["containers"][0]["securityContext"] = {
        "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    answer = at.cluster.post("/api/v1/namespaces/contenttrust/pods", document)
    assert answer.status == 201, str(answer)
    assert answer.document["spec"]["containers"][0]["image"] == at.bad


def test_what_a_kubelet_says_of_a_restarted_container_is_no_question(at: GatedCluster) -> None:
    at.cluster.post(PODS, pod("restarted", at.good))
    asked = len(at.service.decisions())
    container = {
        "name": "c0", "image": at.pinned, "imageID": "", "ready": True, "restartCount": 1,
        "state": {"running": {"startedAt": "2026-11-01T00:00:00Z"}},
    }  # fmt: skip
    told = {"status": {"phase": "Running", "containerStatuses": [container]}}
    answer = at.cluster.ask("PATCH", f"{PODS}/restarted/status", told, PATCH)
    assert answer.document["status"]["containerStatuses"][0]["restartCount"] == 1
    assert len(at.service.decisions()) == asked


def test_mirror_of_a_static_pod_is_denied_when_the_pod_runs_already(at: GatedCluster) -> None:
    mirror = pod("static-node", at.bad)
    mirror["metadata"]["annotations"] = {
        "kubernetes.io/config.mirror": "1", "kubernetes.io/config.source": "file",
    }  # fmt: skip
    mirror["spec"]["nodeName"] = "node"
    assert_denied(at.cluster.post(PODS, mirror), at.bad)


def test_t110_trust_server_that_is_silent_is_a_refusal_that_says_so(at: GatedCluster) -> None:
    answer = at.cluster.post(PODS, pod("silent", f"{at.silent}team/web:1"))
    assert_denied(answer, "deadline")


def test_t110_without_the_service_nothing_is_stored(at: GatedCluster) -> None:
    at.service.process.terminate()
    at.service.process.wait()
    answer = at.cluster.post(PODS, pod("orphan", at.pinned))
    assert answer.status == 500, str(answer)
    assert "failed calling webhook" in answer.message
    assert at.cluster.ask("GET", f"{PODS}/orphan").status == 404
