"""The manifests that are shipped: closed on failure, and right in all that they configure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from contenttrust.gate.kubernetes import images
from contenttrust.gate.service import configuration
from contenttrust.policy import load
from contenttrust.reference import Reference

FOLDER = Path(__file__).parents[4] / "docs" / "how-to" / "kubernetes"


def documents(name: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(FOLDER / name))


def of_kind(name: str, kind: str) -> Any:
    [found] = [one for one in documents(name) if one["kind"] == kind]
    return found


WEBHOOKS = [webhook for one in documents("webhooks.yaml") for webhook in one["webhooks"]]


@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda one: one["name"])
def test_t110_no_answer_means_no(webhook):
    assert webhook["failurePolicy"] == "Fail"
    assert webhook["sideEffects"] == "None"
    assert webhook["matchPolicy"] == "Equivalent"
    deadline = configuration.loads(
        of_kind("gate.yaml", "ConfigMap")["data"]["gate.yaml"].encode(), name="", folder="/"
    ).deadline
    assert deadline < webhook["timeoutSeconds"] <= 10


@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda one: one["name"])
def test_t111_only_the_namespace_of_the_gate_is_left_out(webhook):
    own = of_kind("gate.yaml", "Namespace")["metadata"]["name"]
    assert webhook["namespaceSelector"] == {
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [own]}
        ]
    }
    assert "objectSelector" not in webhook
    assert "matchConditions" not in webhook


@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda one: one["name"])
def test_t107_every_workload_is_asked_about(webhook):
    asked = {
        f"{group}/{resource}"
        for rule in webhook["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if rule["operations"] == ["CREATE", "UPDATE"] and rule["apiVersions"] == ["*"]
    }
    assert asked == {
        "/pods", "/pods/ephemeralcontainers", "/podtemplates", "/replicationcontrollers",
        "apps/deployments", "apps/statefulsets", "apps/daemonsets", "apps/replicasets",
        "batch/jobs", "batch/cronjobs",
    }  # fmt: skip


def test_both_webhooks_ask_the_service_that_is_there():
    service = of_kind("gate.yaml", "Service")
    [port] = service["spec"]["ports"]
    assert [one["clientConfig"]["service"] for one in WEBHOOKS] == [
        {**service["metadata"], "path": path, "port": port["port"]}
        for path in ("/mutate", "/validate")
    ]
    certificate = of_kind("certificate.yaml", "Certificate")
    name = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc"
    assert name in certificate["spec"]["dnsNames"]


def test_configuration_and_policy_are_understood():
    data = of_kind("gate.yaml", "ConfigMap")["data"]
    found = configuration.loads(data["gate.yaml"].encode(), name="gate.yaml", folder="/etc")
    assert found.policy == "/etc/trust-policy.yaml"
    assert (found.unpinned, found.unknown_kinds) == ("deny", "deny")
    policy = load.loads(data["trust-policy.yaml"], name="trust-policy.yaml", folder="/etc")
    assert policy.default.verdict == "deny"
    assert {rule.mode for rule in policy.rules} == {"enforce"}


def test_gate_runs_without_rights_and_by_digest():
    deployment = of_kind("gate.yaml", "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    assert deployment["spec"]["replicas"] >= 2
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert all(Reference.parse(place.image).digest for place in images(deployment))
    kinds = {one["kind"] for one in documents("gate.yaml")}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
