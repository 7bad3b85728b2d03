"""`contenttrust serve gate`: the gate for clusters, for dockerd, and for whoever asks over HTTP."""

from __future__ import annotations

import os

from contenttrust.cli import exit_codes, streams
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.options import Options
    from contenttrust.cli.request import Request
    from contenttrust.gate.audit_log import AuditLog
    from contenttrust.gate.check import Gate
    from contenttrust.gate.service.configuration import Configuration

_PLUGINS = "/run/docker/plugins"
"""Where dockerd looks for plugins."""
_DOCKER_SOCKET = "contenttrust.sock"


def run(request: Request) -> int:
    """Serve until the process is told to end."""
    try:
        from contenttrust.gate.service import listening  # noqa: PLC0415 - an extra
        from contenttrust.gate.service.configuration import ConfigurationError  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(f"{error}: install the extra contenttrust[gate] "
                         "(docs/reference/installation.md)") from None  # fmt: skip

    options = request.options
    try:
        configuration = _configured(options)
        if options.strict:
            _check_strict(configuration)
        options.policy = configuration.policy or None
        options.trust_dir = configuration.trust_dir or None
        options.policy = _policy_file(options)  # by name: one that vanishes leaves no other
        if options.docker_authz and options.socket is None:
            _make_plugins_folder()
        listening.run(
            configuration,
            lambda: _gate(request),
            log=_audit_log(configuration),
            docker=options.docker_authz,
            files=(options.policy,),
            told=_tell,
        )
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    return exit_codes.OK


def _configured(options: Options) -> Configuration:
    """What the file says, and the command line beside it; never the one in place of the other."""
    from contenttrust.gate.service.configuration import Configuration, load  # noqa: PLC0415

    if options.socket is not None and not options.docker_authz:
        raise UsageError("--socket goes with --docker-authz")
    listen = options.listen
    if options.docker_authz and listen is None:
        listen = f"unix:{options.socket or f'{_PLUGINS}/{_DOCKER_SOCKET}'}"
    said = {
        "listen": listen,
        "certificate": options.certificate,
        "key": options.certificate_key,
        "plain_http": options.plain_http or None,
        "policy": options.policy,
        "trust_dir": options.trust_dir,
        "audit_log": options.audit_log,
    }
    beside = {name: value for name, value in said.items() if value is not None}
    if options.config is None:
        return Configuration(**beside).checked()  # type: ignore[arg-type]
    return load(options.config, beside=beside)


def _make_plugins_folder() -> None:
    """Make docker's folder of plugins: after a boot it is not there until docker has started.

    Raises:
        UsageError: It cannot be made.
    """
    try:
        for folder in (os.path.dirname(_PLUGINS), _PLUGINS):  # noqa: PTH120
            os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - as dockerd makes it
    except OSError as error:
        raise UsageError(f"the folder {error.filename} cannot be made: {error.strerror}: run this "
                         "as root, or name another place (--socket)") from None  # fmt: skip


def _check_strict(configuration: Configuration) -> None:
    """Refuse a configuration that lets through what --strict is to refuse.

    Raises:
        ConfigurationError: It does.
    """
    from contenttrust.gate.service.configuration import ConfigurationError  # noqa: PLC0415

    settings = {
        "unknown-kinds: warn": configuration.unknown_kinds == "warn",
        "unpinned: warn": configuration.unpinned == "warn",
        "docker-allow": bool(configuration.docker_allow),
    }
    lax = ", ".join(name for name, given in settings.items() if given)
    if lax:
        raise ConfigurationError(f"--strict refuses what is not covered, and the configuration "
                                 f"lets it through: {lax}")  # fmt: skip


def _audit_log(configuration: Configuration) -> AuditLog | None:
    """Where decisions are written: one that cannot be written would deny everything.

    Raises:
        ConfigurationError: It cannot be opened.
    """
    from contenttrust.gate.audit_log import AuditLog, AuditLogError  # noqa: PLC0415
    from contenttrust.gate.environment import AUDIT_LOG_VARIABLE  # noqa: PLC0415

    path = configuration.audit_log or os.environ.get(AUDIT_LOG_VARIABLE)
    if not path:
        return None
    log = AuditLog(path)
    try:
        log.open_once()
    except AuditLogError as error:
        raise configuration.wrong("audit_log", str(error)) from None
    return log


def _policy_file(options: Options) -> str:
    from contenttrust.gate import policy_record  # noqa: PLC0415
    from contenttrust.policy import location  # noqa: PLC0415

    directory = policy_record.directory(
        os.environ, named=options.trust_dir, policy=options.policy or ""
    )
    path = options.policy or location.found(env=os.environ, trust_dir=directory.path)
    if path is None:
        raise UsageError("no policy is named: a service does not guess what is wanted (--policy)")
    return os.fspath(path)


def _gate(request: Request) -> Gate:
    """A gate by the policy as it is now. The service writes its decisions down itself."""
    from contenttrust.cli.gating import policy_of  # noqa: PLC0415
    from contenttrust.gate.check import Gate  # noqa: PLC0415
    from contenttrust.gate.service.configuration import ConfigurationError  # noqa: PLC0415

    options = request.options
    try:
        policy = policy_of(request)
    except UsageError as error:
        raise ConfigurationError(str(error)) from None
    return Gate(
        policy,
        strict=options.strict,
        trust_dir=options.trust_dir,
        now=options.at,
        offline=options.offline,
        source=request.named_source,
        anchor=request.anchor,
        requirements=request.requirements,
        max_stale=options.max_stale or 0,
    )


def _tell(line: str) -> None:
    streams.write(f"contenttrust: {line}\n")
    streams.flush()
