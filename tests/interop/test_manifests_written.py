"""What Helm and Kustomize print, pinned by `gate kubernetes`: what is pulled is what was signed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from interop import built_parts
from interop.alternating_registry import AlternatingRegistry
from interop.cluster import Cluster, cluster
from interop.environment import client_env, docker_config
from interop.images import Registry, image
from interop.parts import docker
from interop.processes import Ran, run
from interop.simulated import Simulated
from interop.trust_stack import TrustStack, TufServer

_PROGRAM = str(Path(sys.executable).parent / "contenttrust")
PATH = "manifests/web"
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "chart/values.yaml": 'image: {repository: nobody/nothing, tag: "0"}\n',
    "chart/templates/_names.tpl": """\
{{- define "web.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}
""",
    "chart/templates/deployment.yaml": """\
# {{ .Chart.Name }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: {{ include "web.image" . | quote }}
""",
    "chart/templates/tests/hook.yaml": """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test}
spec:
  restartPolicy: Never
  containers:
    - name: test
      image: {{ include "web.image" . }}
""",
}
"""A chart with a template that others include, and a pod that `helm test` starts."""
KUSTOMIZATION = {
    "base/kustomization.yaml": "resources: [cron.yaml]\nconfigMapGenerator:\n- name: settings\n"
    "  literals: [image=nobody/nothing]\n",
    "base/cron.yaml": """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "@daily"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: job, image: placeholder}]
""",
}

TOOLS = {"helm": 2, "kustomize": 1}
"""Each with the number of images in what it prints."""


class Rendering:
    """A folder with sources of manifests, and the gate that is asked about what they become."""

    def __init__(self, folder: Path, stack: TrustStack, server: TufServer) -> None:
        folder.mkdir()
        self.folder = folder
        config = docker_config(folder / "docker", stack, stack, server.host)
        self.env = client_env(config, stack, server.url)

    def write(self, files: dict[str, str]) -> None:
        """Write files, which may be in folders."""
        for name, text in files.items():
            self.folder.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
            self.folder.joinpath(name).write_text(text)

    def render(self, tool: str, name: str) -> str:
        """What a tool prints, where the image has that name and tag."""
        repository, _, tag = name.rpartition(":")
        if tool == "helm":
            self.write(CHART)
            chosen = f"image.repository={repository},image.tag={tag}"
            command = [built_parts.helm(), "template", "web", "./chart", "--set-string", chosen]
        else:
            self.write(KUSTOMIZATION)
            overlay = f"images: [{{name: placeholder, newName: '{repository}', newTag: '{tag}'}}]\n"
            self.write({"overlay/kustomization.yaml": f"resources: [../base]\n{overlay}"})
            command = [built_parts.kustomize(), "build", "overlay"]
        return run([str(word) for word in command], self.env, cwd=self.folder).succeeded().out

    def pinned(self, text: str) -> Ran:
        """What comes out of the gate."""
        command = [_PROGRAM, "gate", "kubernetes", "--write", "-"]
        return run(command, self.env, stdin=text, cwd=self.folder)

    def docker(self, *arguments: str) -> Ran:
        """The daemon, which asks nobody about trust; it takes what it is told, like a node."""
        return run([str(docker()), *arguments], {**self.env, "DOCKER_CONTENT_TRUST": "0"})


@pytest.fixture(scope="module")
def liar(docker_stack: TrustStack) -> Iterator[AlternatingRegistry]:
    """A registry that begins to lie when it is told to, with a signed and an unsigned image."""
    uploads = Registry(docker_stack.registry)
    uploads.push(PATH, image("first"), tag="1")
    uploads.push(PATH, image("evil"), tag="unsigned")
    with AlternatingRegistry(docker_stack.registry).running() as made:
        yield made


@pytest.fixture(scope="module")
def server(
    docker_stack: TrustStack, place: Callable[[str], Path], liar: AlternatingRegistry
) -> Iterator[TufServer]:
    """A trust server that speaks of one tag."""
    folder = place("manifests")
    folder.mkdir()
    served = TufServer(docker_stack, folder)
    signed = Simulated(served, Registry(liar.host), PATH, folder / "signed")
    signed.list_tag("1", "first")
    signed.publish()
    yield served
    served.close()


@pytest.fixture
def rendering(
    docker_stack: TrustStack, place: Callable[[str], Path], server: TufServer
) -> Rendering:
    """A machine that has not seen anything."""
    return Rendering(place("rendering"), docker_stack, server)


@pytest.fixture(scope="module")
def api_server() -> Iterator[Cluster]:
    """A cluster that asks no gate."""
    with cluster() as made:
        yield made


@pytest.mark.parametrize("tool", TOOLS)
def test_what_helm_and_kustomize_print_is_pinned_and_nothing_else_in_it_changes(
    rendering: Rendering, liar: AlternatingRegistry, tool: str
) -> None:
    name = f"{liar.host}/{PATH}:1"
    text = rendering.render(tool, name)
    assert text.count(name) == TOOLS[tool]
    pin = f"{liar.host}/{PATH}@{image('first').digest}"
    assert rendering.pinned(text).succeeded().out == text.replace(name, pin)


@pytest.mark.parametrize("tool", TOOLS)
def test_nothing_comes_out_where_helm_or_kustomize_prints_an_unsigned_image(
    rendering: Rendering, liar: AlternatingRegistry, tool: str
) -> None:
    name = f"{liar.host}/{PATH}:unsigned"
    refused = rendering.pinned(rendering.render(tool, name))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.count(name) >= TOOLS[tool]


COLLECTIONS = {
    "Pod": "/api/v1/namespaces/default/pods",
    "ConfigMap": "/api/v1/namespaces/default/configmaps",
    "Deployment": "/apis/apps/v1/namespaces/default/deployments",
    "CronJob": "/apis/batch/v1/namespaces/default/cronjobs",
}


@pytest.mark.parametrize("tool", TOOLS)
def test_t089_a_registry_that_swaps_the_tag_does_not_win_with_written_manifests(
    rendering: Rendering, liar: AlternatingRegistry, api_server: Cluster, tool: str
) -> None:
    name = f"{liar.host}/{PATH}:1"
    right, wrong = image("first").digest, image("evil").digest
    text = rendering.render(tool, name)
    liar.alternate(PATH, "1", wrong, right)
    told = rendering.docker("pull", name).succeeded().out
    assert wrong in told  # what a node would have without the gate

    pin = f"{liar.host}/{PATH}@{right}"
    places = 0
    for document in YAML(typ="safe").load_all(rendering.pinned(text).succeeded().out):
        answer = api_server.post(COLLECTIONS[document["kind"]], document)
        assert answer.status == 201, str(answer)
        for stored in images_of(answer.document["spec"] if "spec" in document else {}):
            places += 1
            assert stored == pin
            assert right in rendering.docker("pull", stored).succeeded().out
    assert places == TOOLS[tool]


def images_of(spec: Any) -> Iterator[str]:
    """The images of all containers, wherever they are."""
    for key, value in spec.items():
        if key == "containers":
            yield from (container["image"] for container in value)
        elif isinstance(value, dict):
            yield from images_of(value)
