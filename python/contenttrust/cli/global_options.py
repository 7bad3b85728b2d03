"""The options that every verb understands, before and after its name."""

from __future__ import annotations

from contenttrust.cli.argument_types import descriptor, key_id, limit, moment, seconds
from contenttrust.cli.options import LIMITS, Gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_global_options(parser: argparse.ArgumentParser, after: str) -> None:
    """Declare the global options on one parser.

    Args:
        parser: The main one, or that of a verb, or of its first word.
        after: Where this parser's options stand: empty before the verb, `_between` its two words,
            `_after` it.
    """
    add = parser.add_argument_group("where the trust data comes from").add_argument
    add("--metadata", metavar="DIR", action=Gather, dest="metadata" + after,
        help="a directory with root.json, timestamp.json, … as a "
        "server or Docker's cache lays them out")  # fmt: skip
    add("--trust-dir", metavar="DIR", action=Gather, dest="trust_dir" + after,
        help="what is remembered between runs (default: "
        "$DOCKER_CONFIG/trust or ~/.docker/trust)")  # fmt: skip
    add("--server", metavar="URL", action=Gather, dest="server" + after,
        help="the trust server to ask (default: $DOCKER_CONTENT_TRUST_SERVER, else "
        "the registry's host)")  # fmt: skip
    add("--tls-ca", metavar="FILE", action=Gather, dest="tls_ca" + after,
        help="PEM file of the CA that the trust server's certificate must lead to "
        "(default: the system's and those of $DOCKER_CONFIG/tls/HOST[:PORT])")  # fmt: skip
    add("--tls-cert", metavar="FILE", action=Gather, dest="tls_cert" + after,
        help="PEM file of the client certificate that the trust server asks for")  # fmt: skip
    add("--tls-key", metavar="FILE", action=Gather, dest="tls_key" + after,
        help="PEM file of that certificate's private key")  # fmt: skip
    add("--max-stale", metavar="SECONDS", type=seconds, action=Gather, dest="max_stale" + after,
        help="a server asked less than this ago is not asked again while what is cached "
        "verifies (default: 0, always ask)")  # fmt: skip
    add("--offline", action="store_true", help="ask no server: judge what the trust directory "
        "has cached")  # fmt: skip
    add("--at", metavar="RFC3339", type=moment, action=Gather, dest="at" + after,
        help="judge expiry by this moment instead of the system clock; nothing is "
        "remembered")  # fmt: skip
    add("--remember", action="store_true", help="remember the outcome in the trust directory even "
        "with --at or --metadata")  # fmt: skip

    add = parser.add_argument_group("why the first root is believed").add_argument
    add(
        "--anchor-root",
        metavar="FILE",
        action=Gather,
        dest="anchor_root" + after,
        help="this root.json, obtained over a safe channel",
    )
    add("--pin-key", metavar="ID", type=key_id, action=Gather, dest="pin_key" + after,
        help="a root key with this canonical id (may be repeated: any of them)")  # fmt: skip
    add("--pin-cert", metavar="ID", type=key_id, action=Gather, dest="pin_cert" + after,
        help="a root certificate with this key id (may be repeated: any of them)")  # fmt: skip
    add(
        "--pin-ca",
        metavar="FILE",
        action=Gather,
        dest="pin_ca" + after,
        help="a certificate chain to a CA of this PEM file",
    )
    add(
        "--notary-config",
        metavar="FILE",
        action=Gather,
        dest="notary_config" + after,
        help="the remote_server and the trust_pinning of this notary config.json",
    )
    add("--no-tofu", action="store_true", help="never trust on first use: without a pin only "
        "what is remembered counts")  # fmt: skip

    add = parser.add_argument_group("passphrases of keys").add_argument
    add("--passphrase-file", metavar="FILE", action=Gather, dest="passphrase_file" + after,
        help="the first line of this file is the passphrase")  # fmt: skip
    add("--passphrase-fd", metavar="N", type=descriptor, action=Gather,
        dest="passphrase_fd" + after, help="the first line of this open descriptor is the "
        "passphrase")  # fmt: skip

    add = parser.add_argument_group("how strict").add_argument
    add("--compatible", action="store_true", help="fall back to a role of lower precedence where "
        "Docker would")  # fmt: skip
    add("--limit", metavar="NAME=VALUE", type=limit, action=Gather, dest="limit" + after,
        help="set one limit (may be repeated): " + ", ".join(LIMITS))  # fmt: skip

    add = parser.add_argument_group("output").add_argument
    output = "output" + after
    add("-o", "--output", choices=("text", "json"), action=Gather, dest=output,
        help="text for people or one JSON document")  # fmt: skip
    add("--json", nargs=0, const="json", action=Gather, dest=output, help="the same as -o json")
    add("-q", "--quiet", action="store_true", help="no warnings; of verify only what was refused")
    add("-v", "--verbose", action="store_true", help="with list and verify: key ids, versions, "
        "expiry; with all: where an internal error happened")  # fmt: skip
    add(
        "--no-input",
        action="store_true",
        help="never ask, not for a passphrase and not for a confirmation",
    )
