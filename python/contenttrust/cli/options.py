"""The options that every verb understands, before and after its name."""

from __future__ import annotations

import argparse
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LIMITS = (
    "root_length",
    "timestamp_length",
    "file_length",
    "total_length",
    "signatures",
    "invalid_signatures",
    "keys",
    "paths",
    "lookup_roles",
    "listing_roles",
    "delegation_depth",
    "root_rotations",
)
"""What `--limit` may set: the limits of `contenttrust.Requirements`, under the same names."""

_GATHERED = ("pin_key", "pin_cert", "limit")
_ONCE = (
    "at",
    "output",
    "anchor_root",
    "pin_ca",
    "notary_config",
    "metadata",
    "trust_dir",
    "server",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "max_stale",
    "within",
)
_LARGEST_LIMIT = 2**63 - 1
_DIGITS = set("0123456789")
_LONGEST = 36_525


class UsageError(Exception):
    """The command line asks for something that cannot be done as written (exit 2)."""


class Options(argparse.Namespace):
    """What one command line asks for. The class attributes are the defaults.

    The parsers themselves have no defaults: an option given before the verb would otherwise be
    overwritten by the default of the same option after it.
    """

    verb: str = ""
    trust_dir: str | None = None
    metadata: str | None = None
    at: datetime | None = None
    offline: bool = False
    server: str | None = None
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    max_stale: int | None = None
    no_input: bool = False
    anchor_root: str | None = None
    pin_key: Sequence[str] = ()
    pin_cert: Sequence[str] = ()
    pin_ca: str | None = None
    no_tofu: bool = False
    notary_config: str | None = None
    compatible: bool = False
    remember: bool = False
    quiet: bool = False
    verbose: bool = False
    output: str | None = None
    limit: Sequence[tuple[str, int]] = ()

    image: str = ""
    images: Sequence[str] = ()
    gun: str = ""
    tag: str = ""
    all_roles: bool = False
    pretty: bool = False
    require_signed: bool = False
    within: int | None = None

    def merge(self) -> None:
        """Join what was gathered before the verb with what was gathered after it.

        Raises:
            ArgumentTypeError: An option that names one thing was given twice.
        """
        for name in _GATHERED:
            setattr(self, name, (*getattr(self, name), *getattr(self, name + "_after", ())))
        for name in _ONCE:
            given = (*(getattr(self, name) or ()), *getattr(self, name + "_after", ()))
            if len(given) > 1:  # the first would be dropped without a word
                raise argparse.ArgumentTypeError(f"--{name.replace('_', '-')} is given twice")
            setattr(self, name, given[0] if given else None)


class _Gather(argparse.Action):
    """Collects the values of an option that may be repeated."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 -- the signature is argparse's
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        values = self.const if self.nargs == 0 else values
        setattr(namespace, self.dest, (*(getattr(namespace, self.dest, None) or ()), values))


def name_text(text: str) -> str:
    """A name as given, refused if it is not text.

    Raises:
        ArgumentTypeError: The argument is empty or was not UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the name is not valid UTF-8") from None
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def moment(text: str) -> datetime:
    """An RFC 3339 moment, read by the same parser as the metadata's `expires`.

    Raises:
        ArgumentTypeError: It is not RFC 3339.
    """
    from contenttrust import _core  # noqa: PLC0415 -- only a command line with --at needs it here

    instant = _core.Instant.parse(text) if text.isascii() else None
    if instant is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no RFC 3339 moment such as 2026-11-24T00:00:00Z"
        )
    try:
        return instant.datetime
    except (OverflowError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is outside the years 1 to 9999") from None


def key_id(text: str) -> str:
    """A key id: 64 hexadecimal digits, returned in lower case.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if re.fullmatch(r"[0-9a-fA-F]{64}", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no id of 64 hexadecimal digits")
    return text.lower()


def limit(text: str) -> tuple[str, int]:
    """One `NAME=VALUE` of `--limit`.

    Raises:
        ArgumentTypeError: The name is unknown or the value no positive integer.
    """
    name, _, value = text.partition("=")
    if name not in LIMITS:
        raise argparse.ArgumentTypeError(f"{name!r} is no limit; there are: {', '.join(LIMITS)}")
    # The digits are counted first: int() of a very long text raises an error of its own.
    plain = 0 < len(value) <= len(str(_LARGEST_LIMIT)) and set(value) <= _DIGITS
    if not plain or not 0 < int(value) <= _LARGEST_LIMIT:
        raise argparse.ArgumentTypeError(f"the limit {name} needs a positive integer")
    return name, int(value)


def seconds(text: str) -> int:
    """A number of seconds, 0 or more.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if not (0 < len(text) <= len(str(_LARGEST_LIMIT)) and set(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds")
    return int(text)


def days(text: str) -> int:
    """A number of days, at most a century.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if not (0 < len(text) <= len(str(_LONGEST)) and set(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of days")
    if int(text) > _LONGEST:
        raise argparse.ArgumentTypeError(f"{text} days are more than a century")
    return int(text)


def add_within(parser: argparse.ArgumentParser) -> None:
    """Declare how far ahead `doctor` looks."""
    parser.add_argument("--within", metavar="DAYS", type=days, action=_Gather, dest="within_after",
                        help="how far ahead to look for what ends (default: 30; timestamps: at "
                        "most 3)")  # fmt: skip


def add_global_options(parser: argparse.ArgumentParser, *, after_verb: bool) -> None:
    """Declare the global options on the main parser, or again on the parser of a verb."""
    after = "_after" if after_verb else ""
    add = parser.add_argument_group("where the trust data comes from").add_argument
    add("--metadata", metavar="DIR", action=_Gather, dest="metadata" + after,
        help="a directory with root.json, timestamp.json, … as a "
        "server or Docker's cache lays them out")  # fmt: skip
    add("--trust-dir", metavar="DIR", action=_Gather, dest="trust_dir" + after,
        help="what is remembered between runs (default: "
        "$DOCKER_CONFIG/trust or ~/.docker/trust)")  # fmt: skip
    add("--server", metavar="URL", action=_Gather, dest="server" + after,
        help="the trust server to ask (default: $DOCKER_CONTENT_TRUST_SERVER, else "
        "the registry's host)")  # fmt: skip
    add("--tls-ca", metavar="FILE", action=_Gather, dest="tls_ca" + after,
        help="PEM file of the CA that the trust server's certificate must lead to "
        "(default: the system's and those of $DOCKER_CONFIG/tls/HOST[:PORT])")  # fmt: skip
    add("--tls-cert", metavar="FILE", action=_Gather, dest="tls_cert" + after,
        help="PEM file of the client certificate that the trust server asks for")  # fmt: skip
    add("--tls-key", metavar="FILE", action=_Gather, dest="tls_key" + after,
        help="PEM file of that certificate's private key")  # fmt: skip
    add("--max-stale", metavar="SECONDS", type=seconds, action=_Gather, dest="max_stale" + after,
        help="a server asked less than this ago is not asked again while what is cached "
        "verifies (default: 0, always ask)")  # fmt: skip
    add("--offline", action="store_true", help="ask no server: judge what the trust directory "
        "has cached")  # fmt: skip
    add("--at", metavar="RFC3339", type=moment, action=_Gather, dest="at" + after,
        help="judge expiry by this moment instead of the system clock; nothing is "
        "remembered")  # fmt: skip
    add("--remember", action="store_true", help="remember the outcome in the trust directory even "
        "with --at or --metadata")  # fmt: skip

    add = parser.add_argument_group("why the first root is believed").add_argument
    add(
        "--anchor-root",
        metavar="FILE",
        action=_Gather,
        dest="anchor_root" + after,
        help="this root.json, obtained over a safe channel",
    )
    add("--pin-key", metavar="ID", type=key_id, action=_Gather, dest="pin_key" + after,
        help="a root key with this canonical id (may be repeated: any of them)")  # fmt: skip
    add("--pin-cert", metavar="ID", type=key_id, action=_Gather, dest="pin_cert" + after,
        help="a root certificate with this key id (may be repeated: any of them)")  # fmt: skip
    add(
        "--pin-ca",
        metavar="FILE",
        action=_Gather,
        dest="pin_ca" + after,
        help="a certificate chain to a CA of this PEM file",
    )
    add(
        "--notary-config",
        metavar="FILE",
        action=_Gather,
        dest="notary_config" + after,
        help="the remote_server and the trust_pinning of this notary config.json",
    )
    add("--no-tofu", action="store_true", help="never trust on first use: without a pin only "
        "what is remembered counts")  # fmt: skip

    add = parser.add_argument_group("how strict").add_argument
    add("--compatible", action="store_true", help="fall back to a role of lower precedence where "
        "Docker would")  # fmt: skip
    add("--limit", metavar="NAME=VALUE", type=limit, action=_Gather, dest="limit" + after,
        help="set one limit (may be repeated): " + ", ".join(LIMITS))  # fmt: skip

    add = parser.add_argument_group("output").add_argument
    output = "output" + after
    add("-o", "--output", choices=("text", "json"), action=_Gather, dest=output,
        help="text for people or one JSON document")  # fmt: skip
    add("--json", nargs=0, const="json", action=_Gather, dest=output, help="the same as -o json")
    add("-q", "--quiet", action="store_true", help="no warnings; of verify only what was refused")
    add("-v", "--verbose", action="store_true", help="with list and verify: key ids, versions, "
        "expiry; with all: where an internal error happened")  # fmt: skip
    add("--no-input", action="store_true", help="never ask; the reading verbs never do")
