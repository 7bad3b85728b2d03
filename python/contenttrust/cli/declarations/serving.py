"""The verbs that answer questions over a network."""

from __future__ import annotations

from contenttrust.cli.declarations.verb import PASSPHRASES, Verb, add_one, add_strict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_GATE = """\
Answers admission reviews of Kubernetes at /validate and /mutate, and questions at /verify. Ends
at SIGTERM. Whatever cannot be answered in time is refused.

examples:
  contenttrust serve gate --config /etc/contenttrust/gate.yaml
  contenttrust serve gate --docker-authz --policy /etc/contenttrust/trust-policy.yaml
"""


def _declare_gate(made: ArgumentParser) -> None:
    add_one(made, "--policy", dest="policy", metavar="FILE", help="what is wanted (default: "
            "$CONTENTTRUST_POLICY, else that of the trust directory, else the service does not "
            "start)")  # fmt: skip
    add_one(made, "--audit-log", dest="audit_log", metavar="FILE", help="append every decision to "
            "this file (default: $CONTENTTRUST_AUDIT_LOG, else none)")  # fmt: skip
    add_strict(made)
    add_one(made, "--config", dest="config", metavar="FILE",
            help="what the service is told, in YAML")  # fmt: skip
    add_one(made, "--listen", dest="listen", metavar="ADDRESS",
            help="host:port or unix:/path (default: 127.0.0.1:8443)")  # fmt: skip
    add_one(made, "--certificate", dest="certificate", metavar="FILE",
            help="of the service, PEM; read again when it changes")  # fmt: skip
    add_one(made, "--certificate-key", dest="certificate_key", metavar="FILE",
            help="its private key, PEM")  # fmt: skip
    made.add_argument("--plain-http", action="store_true", help="do without TLS, on the loopback "
                      "interface only")  # fmt: skip
    made.add_argument("--docker-authz", action="store_true", help="be dockerd's authorization "
                      "plugin: dockerd --authorization-plugin=contenttrust")  # fmt: skip
    add_one(made, "--socket", dest="socket", metavar="PATH", help="where dockerd finds the plugin "
            "(default: /run/docker/plugins/contenttrust.sock)")  # fmt: skip


VERBS = (
    Verb(
        "serve gate",
        "",
        "check images for a cluster, for dockerd, and for whoever asks",
        _GATE,
        _declare_gate,
        refuses=PASSPHRASES,
    ),
)
