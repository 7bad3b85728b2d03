"""The kinds of Kubernetes: which of them start images, and where these stand in them.

Source: Kubernetes API reference 1.34, and the groups that it had before.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.yaml_nodes import Path

_TEMPLATE = ("spec", "template", "spec")
_WORKLOADS: dict[str, Path] = {
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
}

POD_SPECS: dict[tuple[str, str], Path] = {
    ("", "Pod"): ("spec",),
    ("", "PodTemplate"): ("template", "spec"),
    ("", "ReplicationController"): _TEMPLATE,
    # What pods/ephemeralcontainers took before Kubernetes 1.22.
    ("", "EphemeralContainers"): (),
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
    ("batch", "JobTemplate"): ("template", *_TEMPLATE),
    # The templates that a rollback restores.
    ("apps", "ControllerRevision"): ("data", *_TEMPLATE),
    **{("apps", kind): path for kind, path in _WORKLOADS.items()},
    **{("extensions", kind): path for kind, path in _WORKLOADS.items()},
}
"""Where the pod specification of a kind is, by group and kind."""

_WITHOUT_GROUPS = frozenset({
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
    "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "certificates.k8s.io",
    "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    "storagemigration.k8s.io",
})  # fmt: skip
_WITHOUT = frozenset({
    ("", "Binding"), ("", "ComponentStatus"), ("", "ConfigMap"), ("", "Endpoints"), ("", "Event"),
    ("", "LimitRange"), ("", "List"), ("", "Namespace"), ("", "Node"), ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"), ("", "ResourceQuota"), ("", "Secret"), ("", "Service"),
    ("", "ServiceAccount"), ("extensions", "Ingress"), ("extensions", "NetworkPolicy"),
})  # fmt: skip

_CONTAINERS = frozenset({"containers", "initcontainers", "ephemeralcontainers"})


def starts_nothing(group: str, kind: str) -> bool:
    """Whether a kind is one of Kubernetes' own that no image stands in."""
    base = kind.removesuffix("List") or kind
    return group in _WITHOUT_GROUPS or (group, kind) in _WITHOUT or (group, base) in _WITHOUT


def is_about_pulling(name: str, value: object) -> bool:
    """Whether a member says how images are pulled, and none of them stands in it."""
    if name == "imagePullPolicy":
        return value in ("Always", "IfNotPresent", "Never", "", None)
    if name == "imagePullSecrets" and isinstance(value, list):
        return all(isinstance(one, dict) and one.keys() <= {"name"} for one in value)
    return False


def may_name_an_image(name: str) -> bool:
    """Whether a member of an unknown kind sounds as if an image stood in it."""
    name = name.casefold()  # as readers of JSON in Go may compare it
    return "image" in name or name in _CONTAINERS
