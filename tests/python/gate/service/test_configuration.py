"""The file of the service is understood as a whole, or the service does not start."""

from __future__ import annotations

import pytest

from contenttrust.gate.service.configuration import Configuration, ConfigurationError, load, loads

GOOD = """\
apiVersion: contenttrust/v1
kind: GateService
policy: trust-policy.yaml
listen: 0.0.0.0:8443
certificate: /tls/tls.crt
key: /tls/tls.key
client-ca: /tls/ca.crt
trust-dir: trust
audit-log: audit.jsonl
deadline: 8s
threads: 4
pending: 100
connections: 200
memory: 64MiB
body-limit: 8MiB
cache-lifetime: 500ms
cache-entries: 100
unknown-kinds: warn
unpinned: warn
custom:
  Workflow.argoproj.io: ["spec.templates[*].container.image"]
  Widget: []
warm-up:
  - alpine:3.19
docker-socket: /var/run/docker.sock
docker-allow: [build, swarm]
"""
HEAD = "apiVersion: contenttrust/v1\nkind: GateService\n"
TLS = f"{HEAD}certificate: a\nkey: b\n"


def read(text: str) -> Configuration:
    return loads(text.encode(), name="gate.yaml", folder="/etc/ct")


def test_everything_that_can_be_said():
    assert read(GOOD) == Configuration(
        policy="/etc/ct/trust-policy.yaml",
        listen="0.0.0.0:8443",
        certificate="/tls/tls.crt",
        key="/tls/tls.key",
        client_ca="/tls/ca.crt",
        trust_dir="/etc/ct/trust",
        audit_log="/etc/ct/audit.jsonl",
        deadline=8.0,
        threads=4,
        pending=100,
        connections=200,
        memory=64 * 1024**2,
        body_limit=8 * 1024**2,
        cache_lifetime=0.5,
        cache_entries=100,
        unknown_kinds="warn",
        unpinned="warn",
        custom={"Workflow.argoproj.io": ("spec.templates[*].container.image",), "Widget": ()},
        warm_up=("alpine:3.19",),
        docker_socket="/var/run/docker.sock",
        docker_allow=("build", "swarm"),
    )


def test_what_is_not_said_is_strict():
    found = read(TLS)
    assert (found.unknown_kinds, found.unpinned, found.docker_allow) == ("deny", "deny", ())


def test_file_is_read_with_its_folder(tmp_path):
    (tmp_path / "gate.yaml").write_text(f"{HEAD}plain-http: true\npolicy: p.yaml\n")
    assert load(tmp_path / "gate.yaml").policy == str(tmp_path / "p.yaml")
    with pytest.raises(ConfigurationError, match="No such file"):
        load(tmp_path / "absent.yaml")
    (tmp_path / "gate.yaml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(ConfigurationError, match="larger"):
        load(tmp_path / "gate.yaml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deadline: 8", "4:1: deadline: a span of time is wanted, such as 8s or 500ms"),
        ("memory: 8", "4:1: memory: a size is wanted, such as 8MiB"),
        ("policy: 1", "4:1: policy: a printable text is wanted"),
        ("warm-up: [1]", "4:11: warm-up[0]: a printable text is wanted"),
        (
            "body-limit: 999999GiB",
            "4:1: body-limit: more than memory, so nothing would be read",
        ),
        ("custom: {Widget: [7]}", "4:19: custom.Widget[0]: a printable text is wanted"),
    ],
)
def test_what_is_wrong_is_named_and_so_is_what_is_wanted(line, said):
    with pytest.raises(ConfigurationError) as refusal:
        read(f"{HEAD}plain-http: true\n{line}\n")
    assert str(refusal.value).endswith(said)


BAD_LINES = (
    # a word that is not known, or stands where another belongs
    "polcy: x", "Policy: x", "mode: audit", "unpined: warn", "unknown_kinds: warn",
    "enforce: false",
    "tls: {certificate: a}", "failurePolicy: Ignore", "null: 1", "1: 2", "plain_http: true",
    # values of the wrong kind
    "policy:", "policy: 1", "policy: [a]", "policy: {a: b}", "policy: true", "policy: ''",
    'policy: "a\\nb"', "listen: 8443", "listen: ':8443'", "listen: a:70000", "listen: a:b",
    "listen: unix:relative", "listen: 'http://a:1'", "client-ca: false", "plain-http: 'true'",
    "plain-http: yes", "plain-http: 1", "plain-http:", "plain-http: true",
    "audit-log: 3", "trust-dir: {}",
    "deadline: 8", "deadline: 0s", "deadline: 30s", "deadline: 1h", "deadline: -1s",
    "deadline: 8 s",
    "deadline: never", "deadline: 8.5s", "deadline: [8s]", "deadline: .inf",
    "threads: 0", "threads: -1", "threads: 1.5", "threads: '4'", "threads: true",
    "threads: 99999999",
    "pending: 0", "pending: many", "pending: null",
    "memory: 64", "memory: 0MiB", "memory: 64MB", "memory: 64mib", "memory: 1KiB",
    "body-limit: 8M", "body-limit: 8388608", "body-limit: 999999GiB",
    "cache-lifetime: 11m", "cache-lifetime: 24h", "cache-lifetime: forever", "cache-lifetime: 30",
    "cache-entries: 0", "cache-entries: []",
    "unknown-kinds: allow", "unknown-kinds: Deny", "unknown-kinds: false", "unknown-kinds: [deny]",
    "unknown-kinds: ignore", "unpinned: allow", "unpinned: off", "unpinned: ''", "unpinned: audit",
    "custom: []", "custom: x", "custom: {Widget: spec.image}", "custom: {Widget: [1]}",
    "custom: {Widget: ['spec..image']}", "custom: {Widget: ['spec[']}",
    "custom: {Widget: [spec.image, spec.image]}", "custom: {Widget: null}",
    "warm-up: alpine", "warm-up: []", "warm-up: [Alpine]", "warm-up: [alpine, alpine]",
    "warm-up: [1]", "warm-up: [[alpine]]", "warm-up: ['a b']",
    "docker-socket: 1", "docker-allow: build", "docker-allow: [biuld]", "docker-allow: [covered]",
    "docker-allow: [build, build]", "docker-allow: [all]", "docker-allow: []",
    # YAML that readers differ on
    "deadline: 8s\ndeadline: 9s", "deadline: 8s\n'deadline': 8s",
    "policy: !!python/name:os.system x",
    "policy: !x y", "deadline: 8s\n  threads: 1", "policy: 'a", 'policy: "a', "threads: @",
    "policy: a\n---\npolicy: b", "%YAML 1.1", "policy: {a", "policy: ]", "\tthreads: 1",
)  # fmt: skip


PLACES = {
    "custom: {Widget: spec.image}": (5, 18),
    "custom: {Widget: [1]}": (5, 19),
    "custom: {Widget: ['spec..image']}": (5, 19),
    "custom: {Widget: ['spec[']}": (5, 19),
    "custom: {Widget: [spec.image, spec.image]}": (5, 31),
    "custom: {Widget: null}": (5, 18),
    "warm-up: [Alpine]": (5, 11),
    "warm-up: [alpine, alpine]": (5, 19),
    "warm-up: [1]": (5, 11),
    "warm-up: [[alpine]]": (5, 11),
    "warm-up: ['a b']": (5, 11),
    "docker-allow: [biuld]": (5, 16),
    "docker-allow: [covered]": (5, 16),
    "docker-allow: [build, build]": (5, 23),
    "docker-allow: [all]": (5, 16),
    "deadline: 8s\ndeadline: 9s": (6, 1),
    "deadline: 8s\n'deadline': 8s": (6, 1),
    "policy: !!python/name:os.system x": (5, 9),
    "policy: !x y": (5, 9),
    "deadline: 8s\n  threads: 1": (6, 10),
    "policy: 'a": (6, 1),
    'policy: "a': (6, 1),
    "threads: @": (5, 10),
    "policy: a\n---\npolicy: b": (7, 1),
    "policy: {a": (6, 1),
    "policy: ]": (5, 9),
}
"""Line and column of the mistakes that are not to be found at the beginning of the line."""


@pytest.mark.parametrize("line", BAD_LINES)
def test_t115_a_mistake_keeps_the_service_from_starting_and_is_named_with_its_place(line):
    with pytest.raises(ConfigurationError) as caught:
        read(TLS + line + "\n")
    error = caught.value
    assert (error.line, error.column) == PLACES.get(line, (5, 1))
    assert f"gate.yaml:{error.line}:{error.column}: " in str(error)


def test_every_place_is_one_of_a_mistake():
    assert set(PLACES) <= set(BAD_LINES)


def test_there_are_a_hundred_mistakes():
    assert len(set(BAD_LINES)) >= 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[]", 1),
        ("kind: GateService", 1),
        ("apiVersion: contenttrust/v1", 1),
        ("apiVersion: contenttrust/v2\nkind: GateService\n", 1),
        ("apiVersion: contenttrust/v1\nkind: TrustPolicy\n", 2),
        (HEAD, 1),
        (f"{HEAD}certificate: a\n", 3),
        (f"{HEAD}listen: unix:/x\ncertificate: a\nkey: b\n", 3),
        (f"{HEAD}plain-http: true\nlisten: 0.0.0.0:1\n", 3),
        (f"{HEAD}plain-http: true\nclient-ca: x\n", 3),
        (f"{TLS}body-limit: 8MiB\nmemory: 4MiB\n", 6),
    ],
)
def test_parts_that_do_not_fit_together(text, line):
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert caught.value.line == line


def test_plain_http_is_for_the_loopback_interface_only():
    for address in ("127.0.0.1:1", "localhost:1", "'[::1]:1'"):
        assert read(f"{HEAD}plain-http: true\nlisten: {address}\n").plain_http
    for address in ("0.0.0.0:1", "'[::]:1'", "example.com:1", "127.0.0.2:1"):
        with pytest.raises(ConfigurationError):
            read(f"{HEAD}plain-http: true\nlisten: {address}\n")
