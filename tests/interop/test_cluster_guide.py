"""The guide for a cluster, step by step, with kubectl and a real API server."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import textwrap
from pathlib import Path

from ruamel.yaml import YAML

from interop.cluster import Cluster, cluster

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
BLOCKS = [
    textwrap.dedent(text)
    for text in re.findall(
        r"^ *```(?:sh|yaml)\n(.*?)^ *```$",
        (HOW_TO / "gate_kubernetes.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
]


def commands() -> list[list[str]]:
    """What the guide has one do to install the gate."""
    found = "".join(text for text in BLOCKS if "apply" in text or "create secret" in text)
    return [shlex.split(line) for line in found.replace("\\\n", " ").splitlines()]


def test_the_steps_of_the_guide_can_be_taken_one_after_the_other(tmp_path: Path) -> None:
    place = tmp_path / "how-to"
    shutil.copytree(HOW_TO, place)
    with cluster() as made:
        for program, *arguments in commands():
            if program == "openssl":
                subprocess.run([program, *arguments], check=True, capture_output=True, cwd=place)
            elif program == "kubectl" and "rollout" not in arguments:  # there are no nodes
                made.kubectl(*arguments, cwd=place).succeeded()
        _credentials_fit_the_deployment(made, place)
        # The webhooks are in force, and no gate answers.
        refused = made.kubectl(
            "run", "web", "--image", "registry.example.com/team/web:1.4", cwd=place
        )
        assert refused.code != 0
        assert "failed calling webhook" in refused.said
        opened = (
            "delete validatingwebhookconfiguration,mutatingwebhookconfiguration contenttrust-gate"
        )
        made.kubectl(*opened.split(), cwd=place).succeeded()


def _credentials_fit_the_deployment(made: Cluster, place: Path) -> None:
    [text] = [text for text in BLOCKS if "DOCKER_CONFIG" in text]
    patch = {"spec": {"template": {"spec": YAML(typ="safe").load(text)}}}
    words = ("-n", "contenttrust", "patch", "deployment", "gate", "--patch", json.dumps(patch))
    made.kubectl(*words, cwd=place).succeeded()
    stored = made.ask("GET", "/apis/apps/v1/namespaces/contenttrust/deployments/gate").document
    pod = stored["spec"]["template"]["spec"]
    assert {one["name"] for one in pod["volumes"]} == {"configuration", "tls", "memory", "docker"}
    [container] = pod["containers"]
    assert len(container["volumeMounts"]) == 4
