"""Running the service: sockets, certificates that change, signals, and the first verifications."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
from contextlib import suppress

from aiohttp import web

from contenttrust.errors import ContentTrustError, shown
from contenttrust.gate.service import plain_requests
from contenttrust.gate.service.application import Service
from contenttrust.gate.service.configuration import ConfigurationError
from contenttrust.gate.service.connections import Connections, make_room
from contenttrust.gate.service.docker_plugin import DockerPlugin, names_of
from contenttrust.gate.service.verdicts import Verdicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.gate.audit_log import AuditLog
    from contenttrust.gate.service.configuration import Configuration
    from contenttrust.gate.service.verdicts import Asked

_LOOK_S = 2.0
_SHUTDOWN_S = 10.0
_BACKLOG = 1024


def run(  # noqa: PLR0913 - one keyword a fact
    configuration: Configuration,
    make: Callable[[], Asked],
    *,
    log: AuditLog | None = None,
    docker: bool = False,
    files: tuple[str, ...] = (),
    told: Callable[[str], None] = print,
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        configuration: Where and how.
        make: Makes the gate; again when one of `files` has changed.
        log: Where decisions are written.
        docker: Whether dockerd is served instead of a cluster.
        files: Those that `make` reads, such as the policy.
        told: Takes one line when the service listens, with its address.

    Raises:
        ConfigurationError: It cannot listen there, or not with that certificate.
    """
    asyncio.run(_Running(configuration, make, log, docker, files, told).serve())


class _Running:
    def __init__(  # noqa: PLR0913, PLR0917 - see `run`
        self,
        configuration: Configuration,
        make: Callable[[], Asked],
        log: AuditLog | None,
        docker: bool,  # noqa: FBT001
        files: tuple[str, ...],
        told: Callable[[str], None],
    ) -> None:
        self._configuration = configuration
        self._make = make
        self._log = log
        self._docker = docker
        self._files = files
        self._told = told

    async def serve(self) -> None:
        configuration = self._configuration
        make_room(configuration.connections, threads=configuration.threads)
        seen = self._stamps()  # before they are read: what changes meanwhile is read again
        verdicts = Verdicts(
            self._make(),
            threads=configuration.threads,
            pending=configuration.pending,
            lifetime=configuration.cache_lifetime,
            entries=configuration.cache_entries,
        )
        service = Service(verdicts, configuration, log=self._log)
        application = service.application()
        if self._docker:
            plugin = DockerPlugin(
                service,
                allow=configuration.docker_allow,
                deadline=configuration.deadline,
                resolve=lambda image: names_of(image, socket=configuration.docker_socket),
            )
            plugin.add_to(application)
        connections = Connections(configuration.connections, dropped=service.metrics.dropped)
        service.metrics.connections(lambda: len(connections))
        application.middlewares.append(connections.noting)
        runner = web.AppRunner(
            application,
            access_log=None,
            logger=plain_requests.logger(),
            auto_decompress=False,  # it would be done in the event loop, whatever the size
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_S,
        )
        await runner.setup()
        stop = _stop_event()
        context = _context(configuration)
        running: list[asyncio.Future[object]] = [
            asyncio.ensure_future(self._watch(service, context, seen))
        ]
        try:
            address, listeners = await _listen(configuration)
            assert runner.server is not None  # noqa: S101 - it was set up
            accepting = connections.accept(listeners, runner.server, context)
            running.append(asyncio.ensure_future(accepting))
            self._told(f"listening on {address}")
            await self._warm(service)
            running.append(asyncio.ensure_future(stop.wait()))
            done, _ = await asyncio.wait(running[1:], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a service that accepts nobody any more must not look alive
        finally:
            service.ready = False
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await runner.cleanup()
            verdicts.close()

    async def _warm(self, service: Service) -> None:
        """Verify what will be asked about first. A trust server that is down delays no more."""
        images = self._configuration.warm_up
        if images:
            until = asyncio.get_running_loop().time() + self._configuration.deadline
            await service.judge(images, until=until, door="warm-up", unpinned="pass")
        gc.freeze()  # what is here now stays: no collection need look at it again
        service.ready = True
        self._told("ready")

    async def _watch(
        self, service: Service, context: ssl.SSLContext | None, seen: dict[str, object]
    ) -> None:
        """Read files again that have changed. What cannot be used leaves the old in force."""
        certificate = (self._configuration.certificate, self._configuration.key)
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._stamps()
            if now["policy"] != seen["policy"]:
                self._again("policy", service, lambda: self._renew(service))
            if now["certificate"] != seen["certificate"] and context is not None:
                self._again("certificate", service, lambda: _exchange(context, certificate))
            seen = now

    def _stamps(self) -> dict[str, object]:
        certificate = (self._configuration.certificate, self._configuration.key)
        return {"certificate": _stamp(certificate), "policy": _stamp(self._files)}

    def _renew(self, service: Service) -> None:
        service.verdicts.use(self._make())
        service.metrics.policy(service.verdicts.policy)

    def _again(self, what: str, service: Service, read: Callable[[], object]) -> None:
        try:
            read()
        except (OSError, ValueError, ContentTrustError):
            logging.getLogger(__name__).exception("the %s stays as it was", what)
            service.metrics.reload(what, "failed")
        else:
            service.metrics.reload(what, "done")


def _stamp(files: tuple[str, ...]) -> tuple[object, ...]:
    """What changes when a file does; links are followed, as Kubernetes changes those of a mount."""
    stamps: list[object] = []
    for file in files:
        try:
            found = os.stat(file)  # noqa: PTH116
        except OSError:  # noqa: PERF203 - of three files
            stamps.append(None)
        else:
            stamps.append((found.st_ino, found.st_mtime_ns, found.st_size))
    return tuple(stamps)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _exchange(context: ssl.SSLContext, certificate: tuple[str, str]) -> None:
    """Serve with another certificate from now on."""
    # A pair that does not fit would leave the context with half of it: it is tried elsewhere.
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*certificate)
    context.load_cert_chain(*certificate)


def _context(configuration: Configuration) -> ssl.SSLContext | None:
    if not configuration.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(configuration.certificate, configuration.key)
    except (OSError, ValueError) as error:
        name = f"{configuration.certificate}, {configuration.key}"
        raise ConfigurationError(
            f"no usable certificate with its key: {error}", file=name
        ) from None
    if configuration.client_ca:
        try:
            context.load_verify_locations(configuration.client_ca)
        except (OSError, ValueError) as error:
            reason = f"no usable authorities: {error}"
            raise ConfigurationError(reason, file=configuration.client_ca) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _listen(configuration: Configuration) -> tuple[str, list[socket.socket]]:
    """Begin to listen; gives the address in the form of the configuration, and the sockets."""
    listen = configuration.listen
    try:
        if listen.startswith("unix:"):
            return listen, [_unix_socket(listen.removeprefix("unix:"))]
        host, _, port = listen.rpartition(":")
        bound = await asyncio.get_running_loop().create_server(
            asyncio.Protocol, host.strip("[]"), int(port), start_serving=False
        )
        # asyncio finds the addresses and binds; connections are accepted elsewhere.
        sockets = [one.dup() for one in bound.sockets]
        bound.close()
        for one in sockets:
            one.setblocking(False)  # noqa: FBT003 - the name is the socket's
            one.listen(_BACKLOG)
    except OSError as error:
        raise ConfigurationError(f"listen: {listen}: {error.strerror or error}") from None
    return f"{host}:{sockets[0].getsockname()[1]}", sockets


def _unix_socket(path: str) -> socket.socket:
    folder = os.path.dirname(path)  # noqa: PTH120
    if not os.path.isdir(folder):  # noqa: PTH112
        raise OSError(f"the folder {shown(folder)} is not there: make it first")
    with suppress(FileNotFoundError):
        _remove_socket(path)
    made = socket.socket(socket.AF_UNIX)
    made.setblocking(False)  # noqa: FBT003 - the name is the socket's
    before = os.umask(0o177)  # dockerd is root; nobody else has anything to ask there
    try:
        made.bind(path)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    return made


def _remove_socket(path: str) -> None:
    """Remove the socket that a service before this one has left."""
    import stat  # noqa: PLC0415

    if not stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116
        raise OSError(f"{path} is there and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            os.unlink(path)  # noqa: PTH108
            return
    raise OSError(f"somebody listens on {path} already")
