"""What one command line asks for, as every verb reads it."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

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

# Where an option may stand: before the verb, between the two words of a verb, behind it.
_PLACES = ("", "_between", "_after")
_GATHERED = (
    "pin_key",
    "pin_cert",
    "limit",
    "keys",
    "roles",
    "paths",
    "numbers",
    "kinds",
    "profiles",
    "build_args",
    "build_contexts",
    "named_keys",
)
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
    "passphrase_file",
    "passphrase_fd",
    "new_passphrase_file",
    "new_passphrase_fd",
    "within",
    "directory",
    "algorithm",
    "name",
    "role",
    "gun_filter",
    "to",
    "root_key",
    "root_cert",
    "sha256",
    "sha512",
    "custom",
    "digest",
    "threshold",
    "legacy",
    "first_signer",
    "policy",
    "audit_log",
    "config",
    "listen",
    "certificate",
    "certificate_key",
    "socket",
    "lock",
    "form",
    "report",
    "override_out",
    "stage",
    "platform",
    "corpus",
)
_OPTIONS = {
    "directory": "dir",
    "gun_filter": "gun",
    "root_key": "rootkey",
    "root_cert": "rootcert",
    "to": "output",
    "first_signer": "signer",
    "form": "format",
    "stage": "target",
    "corpus": "images",
}
"""Names of options that are not those of their attributes."""


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
    through_index: bool = False
    within: int | None = None

    passphrase_file: str | None = None
    passphrase_fd: int | None = None
    new_passphrase_file: str | None = None
    new_passphrase_fd: int | None = None
    second: str = ""
    publish: bool = False
    yes: bool = False
    force: bool = False
    revoke: bool = False
    operand: str = ""
    name: str | None = None
    names: Sequence[str] = ()
    file: str = ""
    files: Sequence[str] = ()
    directory: str | None = None
    algorithm: str | None = None
    role: str | None = None
    roles: Sequence[str] = ()
    keys: Sequence[str] = ()
    key: str = ""
    paths: Sequence[str] = ()
    all_paths: bool = False
    gun_filter: str | None = None
    to: str | None = None
    check: bool = False
    server_managed: bool = False
    root_key: str | None = None
    root_cert: str | None = None
    target: str = ""
    size: int = 0
    sha256: str | None = None
    sha512: str | None = None
    custom: str | None = None
    numbers: Sequence[str] = ()
    all: bool = False
    remote: bool = False
    local: bool = False
    digest: str | None = None
    recursive: bool = False
    threshold: int | None = None
    legacy: int | None = None
    signer: str = ""
    first_signer: str | None = None
    policy: str | None = None
    audit_log: str | None = None
    config: str | None = None
    listen: str | None = None
    certificate: str | None = None
    certificate_key: str | None = None
    socket: str | None = None
    plain_http: bool = False
    docker_authz: bool = False
    strict: bool = False
    write: bool = False
    lock: str | None = None
    locked: bool = False
    form: str | None = None
    report: str | None = None
    kinds: Sequence[tuple[str, str]] = ()
    profiles: Sequence[str] = ()
    override_out: str | None = None
    without_docker: bool = False
    without_registry: bool = False
    build_args: Sequence[str] = ()
    build_contexts: Sequence[str] = ()
    stage: str | None = None
    platform: str | None = None
    corpus: str | None = None
    named_keys: Sequence[tuple[str, str]] = ()

    def merge(self) -> None:
        """Join what was gathered before the verb with what was gathered after it.

        Raises:
            ArgumentTypeError: An option that names one thing was given twice.
        """
        self.verb = f"{self.verb} {self.second}".rstrip()
        for name in _GATHERED:
            setattr(self, name, self._given(name))
        for name in _ONCE:
            given = self._given(name)
            if len(given) > 1:  # the first would be dropped without a word
                option = _OPTIONS.get(name, name.replace("_", "-"))
                raise argparse.ArgumentTypeError(f"--{option} is given twice")
            setattr(self, name, given[0] if given else None)

    def _given(self, name: str) -> tuple[Any, ...]:
        return tuple(value for at in _PLACES for value in getattr(self, name + at, None) or ())


class Gather(argparse.Action):
    """Collects the values of an option that may be repeated."""

    def __call__(  # noqa: D102 -- argparse's
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 -- the signature is argparse's
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        values = self.const if self.nargs == 0 else values
        setattr(namespace, self.dest, (*(getattr(namespace, self.dest, None) or ()), values))
