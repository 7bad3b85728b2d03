"""The guide for a cluster: its Dockerfile, commands and pieces of YAML fit what is shipped."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import textwrap
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import contenttrust
from contenttrust.cli import parser
from contenttrust.gate.dockerfile import parse
from contenttrust.policy import load
from servers.certificates import Authority

HOW_TO = Path(__file__).parents[4] / "docs" / "how-to"
GUIDE = (HOW_TO / "gate_kubernetes.md").read_text()
BLOCKS = [
    (kind, textwrap.dedent(text))
    for kind, text in re.findall(r"^ *```(\w+)\n(.*?)^ *```$", GUIDE, re.DOTALL | re.MULTILINE)
]


def block(kind: str, word: str) -> str:
    """The one block of that kind with a word in it."""
    [found] = [text for one, text in BLOCKS if one == kind and word in text]
    return found


def shipped(kind: str) -> Any:
    """The one document of that kind in gate.yaml."""
    documents = YAML(typ="safe").load_all(HOW_TO / "kubernetes" / "gate.yaml")
    [found] = [one for one in documents if one["kind"] == kind]
    return found


def test_the_dockerfile_installs_the_wheel_for_its_python() -> None:
    text = block("dockerfile", "FROM")
    [base] = [one.name for one in parse(text).images]
    wheels = set(re.findall(r"contenttrust-[\w.]+-cp\w+-cp\w+-\w+\.whl", text))
    [wheel] = wheels
    assert wheel in (HOW_TO.parent / "reference" / "installation.md").read_text()
    _, version, tag, abi, platform = wheel.removesuffix(".whl").split("-")
    assert (version, tag) == (contenttrust.__version__, abi)
    assert base == f"python:3.{tag.removeprefix('cp3')}-slim-bookworm"
    assert platform == "manylinux_2_34_x86_64"  # Debian 12, which is bookworm, has glibc 2.36
    assert f"{wheel}[gate]'" in text


def test_the_image_starts_as_the_deployment_wants_it() -> None:
    words = dict(line.split(" ", 1) for line in block("dockerfile", "FROM").splitlines())
    pod = shipped("Deployment")["spec"]["template"]["spec"]
    assert int(words["USER"]) == pod["securityContext"]["runAsUser"]
    [container] = pod["containers"]
    assert json.loads(words["ENTRYPOINT"]) == ["contenttrust"]
    assert "command" not in container
    options = parser.parse(container["args"])
    assert options.verb == "serve gate"
    mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    [configuration] = [one for one in pod["volumes"] if "configMap" in one]
    assert mounted[str(Path(options.config).parent)] == configuration["name"]
    assert Path(options.config).name in shipped("ConfigMap")["data"]


def test_the_certificate_by_hand_is_one_for_the_service(tmp_path: Path) -> None:
    text = block("sh", "openssl req").replace("\\\n", " ")
    [make] = [line for line in text.splitlines() if line.startswith("openssl")]
    subprocess.run(["sh", "-c", make], check=True, capture_output=True, cwd=tmp_path)
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    service = shipped("Service")["metadata"]
    name = f"{service['name']}.{service['namespace']}.svc"
    told = subprocess.run(
        ["openssl", "verify", "-CAfile", certificate, "-verify_hostname", name, certificate],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout == f"{certificate}: OK\n", told.stderr


def test_what_needs_the_namespace_comes_after_it() -> None:
    commands = "".join(text for kind, text in BLOCKS if kind == "sh").splitlines()
    made = commands.index("kubectl apply -f kubernetes/gate.yaml")
    inside = [number for number, line in enumerate(commands) if "-n contenttrust" in line]
    assert min(inside) > made
    namespace = shipped("Namespace")["metadata"]["name"]
    assert all(f"-n {namespace}" in commands[number] for number in inside)
    assert commands.index("kubectl apply -f kubernetes/webhooks.yaml") > max(inside[:2])


def test_a_trust_server_of_ones_own_is_understood(tmp_path: Path) -> None:
    data = YAML(typ="safe").load(block("yaml", "trust-policy.yaml"))
    [named] = set(data) - {"trust-policy.yaml"}
    (tmp_path / named).write_bytes(Authority(tmp_path).pem)
    rest = shipped("ConfigMap")["data"]["trust-policy.yaml"]
    (tmp_path / "trust-policy.yaml").write_text(data["trust-policy.yaml"] + rest)
    policy = load.load(tmp_path / "trust-policy.yaml")
    [server] = policy.servers.values()
    assert server.ca == str(tmp_path / named)


def test_the_pieces_for_credentials_belong_to_the_deployment() -> None:
    piece = YAML(typ="safe").load(block("yaml", "DOCKER_CONFIG"))
    [added] = piece["containers"]
    [container] = shipped("Deployment")["spec"]["template"]["spec"]["containers"]
    assert added["name"] == container["name"]
    [mount] = added["volumeMounts"]
    [volume] = piece["volumes"]
    assert mount["name"] == volume["name"]
    assert added["env"] == [{"name": "DOCKER_CONFIG", "value": mount["mountPath"]}]
    assert f"docker-registry {volume['secret']['secretName']}" in " ".join(GUIDE.split())


def test_the_look_from_a_pod_is_a_command_of_ours() -> None:
    [line] = block("sh", "policy explain").replace("\\\n", " ").splitlines()
    words = line.split(" -- ")[1].split()
    assert words[0] == "contenttrust"
    options = parser.parse(words[1:])
    settings = shipped("ConfigMap")["data"]
    assert Path(str(options.policy)).name in settings
    assert f"trust-dir: {options.trust_dir}\n" in settings["gate.yaml"]
