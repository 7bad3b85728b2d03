"""`contenttrust serve gate`: the gate for clusters, for dockerd, and for whoever asks over HTTP."""

from __future__ import annotations

import os
from dataclasses import replace

from contenttrust.cli import exit_codes, streams
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.options import Options
    from contenttrust.cli.request import Request
    from contenttrust.gate.check import Gate
    from contenttrust.gate.service.configuration import Configuration

_DOCKER_SOCKET = "/run/docker/plugins/contenttrust.sock"
"""Where dockerd looks for a plugin of that name."""


def run(request: Request) -> int:
    """Serve until the process is told to end."""
    try:
        from contenttrust.gate.service import listening  # noqa: PLC0415 - an extra
        from contenttrust.gate.service.configuration import ConfigurationError  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(f"{error}: install contenttrust[gate]") from None
    from contenttrust.gate.audit_log import AuditLog  # noqa: PLC0415
    from contenttrust.gate.environment import AUDIT_LOG_VARIABLE  # noqa: PLC0415

    options = request.options
    try:
        configuration = _configured(options)
        policy = _policy_file(options)
        log = options.audit_log or os.environ.get(AUDIT_LOG_VARIABLE)
        listening.run(
            configuration,
            lambda: _gate(request),
            log=AuditLog(log) if log else None,
            docker=options.docker_authz,
            files=(policy,),
            told=_tell,
        )
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    return exit_codes.OK


def _configured(options: Options) -> Configuration:
    """What the file says, and the command line beside it; never the one in place of the other."""
    from contenttrust.gate.service.configuration import Configuration, load  # noqa: PLC0415

    configuration = Configuration() if options.config is None else load(options.config)
    if options.docker_authz and configuration.listen == Configuration().listen:
        socket = options.socket or _DOCKER_SOCKET
        configuration = replace(configuration, listen=f"unix:{socket}")
    elif options.socket is not None:
        raise UsageError("--socket goes with --docker-authz, and not with listen in --config")
    named = {
        "listen": options.listen,
        "certificate": options.certificate,
        "key": options.certificate_key,
        "plain_http": options.plain_http or None,
    }
    for name, value in named.items():
        if value is not None:
            if getattr(configuration, name) != getattr(Configuration(), name):
                raise UsageError(f"{name.replace('_', '-')} is given in --config and beside it")
            configuration = replace(configuration, **{name: value})
    for name in ("policy", "trust_dir", "audit_log"):
        if getattr(configuration, name):
            if getattr(options, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is given in --config and beside it")
            setattr(options, name, getattr(configuration, name))
    return configuration.checked()


def _policy_file(options: Options) -> str:
    from contenttrust.policy import load  # noqa: PLC0415
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415

    directory = (
        TrustDirectory.default() if options.trust_dir is None else TrustDirectory(options.trust_dir)
    )
    found = load.find(os.environ, directory.path, chosen=options.policy or "")
    if found is None:
        raise UsageError("no policy is named: a service does not guess what is wanted (--policy)")
    return found


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
