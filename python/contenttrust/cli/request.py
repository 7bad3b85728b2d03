"""What one command line asks of the library: the way from options to verdicts."""

from __future__ import annotations

import contextlib
import os
import stat

from contenttrust.cli.options import UsageError
from contenttrust.errors import ContentTrustError
from contenttrust.transport import chosen_file
from contenttrust.verification import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from contenttrust._core import Anchor, Requirements, SignedTag, Step, TrustedRepository
    from contenttrust.cli.options import Options
    from contenttrust.keys import Passphrases
    from contenttrust.reference import Reference
    from contenttrust.transport.notary_config import RemoteServer
    from contenttrust.transport.source import SourceLike
    from contenttrust.transport.tls import Tls
    from contenttrust.transport.trust_server import TrustServer
    from contenttrust.transport.trust_servers import EndedServer
    from contenttrust.verification import Verification

    Made = TypeVar("Made")

_FILES = ("tls_ca", "tls_cert", "tls_key", "anchor_root", "pin_ca", "notary_config")


class Request:
    """The options of one run, read once, and the verdicts given so far.

    Attributes:
        options: As they were parsed.
        json: Whether one JSON document is wanted instead of text.
        requirements: Limits that were set; None for the engine's.
        told: What verbs without a document of their own have done, for the one that they get.
        about: The collection that is being edited; empty where there is none.
        passphrases: Who is asked for them, once that is known: a descriptor can be read once only.
    """

    def __init__(self, options: Options) -> None:
        """Read what the options name.

        Raises:
            UsageError: A file or directory that they name is missing or of the wrong kind, or two
                options contradict each other.
        """
        self.options = options
        self.json = options.output == "json"
        self.told: dict[str, list[dict[str, object]]] = {}
        self.about = ""
        self.passphrases: Passphrases | None = None
        self._judged: dict[str, Verification | ContentTrustError] = {}
        self._mentioned: set[str] = set()
        _check_named(options)
        _check_origin(options)
        for option, path in (("--metadata", options.metadata), ("--trust-dir", options.trust_dir)):
            _check_directory(option, path, needed=option == "--metadata")
        self._pins = _pins(options)
        self._servers: dict[tuple[str, str], TrustServer | EndedServer] = {}
        self.requirements = _requirements(options)

    def tell(self, what: str, **facts: object) -> None:
        """Note what was done, for a JSON document."""
        self.told.setdefault(what, []).append(facts)

    def reference(self, image: str) -> Reference:
        """An image name by Docker's rules.

        Raises:
            UsageError: It is none.
        """
        from contenttrust.reference import InvalidReferenceError, Reference  # noqa: PLC0415

        try:
            return Reference.parse(image)
        except InvalidReferenceError as error:
            raise UsageError(str(error)) from None

    @staticmethod
    def gun(name: str) -> str:
        """A name of a collection, taken literally.

        Raises:
            UsageError: No collection can have it.
        """
        from contenttrust import _core  # noqa: PLC0415

        try:
            _core.Update(name, anchor=_core.Anchor.first_use(), now=_core.Instant(0))
        except ContentTrustError as error:
            raise UsageError(error.message) from None
        return name

    def judge(self, gun: str) -> tuple[TrustedRepository | None, ContentTrustError | None]:
        """The verified view of a collection, or the error in its place; judged once a run."""
        outcome = self._judgement(gun)
        if isinstance(outcome, ContentTrustError):
            return None, outcome
        if isinstance(outcome.outcome, ContentTrustError):
            return None, outcome.outcome
        return outcome.outcome, None

    def explain(
        self, gun: str
    ) -> tuple[tuple[Step, ...], TrustedRepository | None, ContentTrustError | None]:
        """What `judge` gives, with the checks that led to it."""
        repository, error = self.judge(gun)
        outcome = self._judgement(gun)
        return () if isinstance(outcome, ContentTrustError) else outcome.steps, repository, error

    def documents(self, gun: str) -> dict[str, bytes]:
        """The verified files of a collection that `judge` gave a view of."""
        outcome = self._judgement(gun)
        return {} if isinstance(outcome, ContentTrustError) else outcome.documents

    @staticmethod
    def find(
        repository: TrustedRepository, *, tag: str | None, digest: str | None = None
    ) -> tuple[SignedTag | None, ContentTrustError | None]:
        """A signed tag, or the refusal in its place."""
        try:
            return repository.verify(tag, digest), None
        except ContentTrustError as error:
            return None, error

    def look_up(
        self, repository: TrustedRepository, reference: Reference
    ) -> tuple[SignedTag | None, ContentTrustError | None]:
        """The signed tag that an image name means, or the refusal in its place."""
        return self.find(repository, tag=reference.tag, digest=reference.digest)

    def first_mention(self, repository: TrustedRepository) -> bool:
        """Whether this collection's warnings have not been shown yet."""
        known = repository.gun in self._mentioned
        self._mentioned.add(repository.gun)
        return not known

    def note_on_first_use(self, gun: str) -> str:
        """What belongs beside a collection's warning of trust on first use."""
        judged = self._judgement(gun)
        return "" if isinstance(judged, ContentTrustError) else judged.note_on_first_use()

    @staticmethod
    def advice(gun: str, error: ContentTrustError) -> list[str]:
        """A line for who gave an image name where the literal name of a collection is wanted."""
        from contenttrust.reference import Reference  # noqa: PLC0415 -- only beside a refusal

        with contextlib.suppress(ValueError):
            meant = Reference.parse(gun)
            if not meant.name_only:
                return [f"A GUN has no tag: the collection of this image is {meant.gun}."]
            # Where something else is wrong, the name is not what to look at first.
            unknown = error.code in {"no_trust_data", "unreachable", "root_certificate"}
            if unknown and meant.gun != gun:
                return [f"A GUN is taken literally: the collection of this image is {meant.gun}."]
        return []

    def _judgement(self, gun: str) -> Verification | ContentTrustError:
        if gun not in self._judged:
            try:
                self._judged[gun] = self._run(gun)
            except ContentTrustError as error:
                self._judged[gun] = error
        return self._judged[gun]

    def _run(self, gun: str) -> Verification:
        options = self.options
        return run(
            gun,
            source=self._source(gun),
            anchor=self.anchor(gun),
            trust_dir=options.trust_dir,
            now=options.at,
            requirements=self.requirements,
            remember=options.remember or None,
            offline=options.offline,
            max_stale=options.max_stale or 0,
        )

    def server(self) -> tuple[str | None, Tls | None]:
        """The trust server and the certificates that were named; None where Docker's rules hold.

        Raises:
            UsageError: Nobody could be asked there, or a file of certificates cannot be used.
        """
        options = self.options
        url, tls = options.server, _tls(options)
        if options.notary_config is not None:
            configured = _remote_server(options.notary_config)
            url, tls = url or configured.url, tls or configured.tls
        if url is not None:
            from contenttrust.transport import trust_servers  # noqa: PLC0415

            try:
                trust_servers.check_url(url, tls)
            except ValueError as error:
                raise UsageError(str(error)) from None
        return url, tls

    def named_source(self, gun: str) -> SourceLike | None:
        """The directory or the trust server that was named; None where nobody was.

        Raises:
            UsageError: Nobody could be asked there.
        """
        if self.options.metadata is not None:
            return self.options.metadata
        return None if self.server() == (None, None) else self.trust_server(gun)

    def _source(self, gun: str) -> SourceLike | None:
        """The directory that was named, or the trust server; None where nobody is to be asked."""
        options = self.options
        if options.offline or options.metadata is not None:
            return options.metadata
        return self.trust_server(gun)

    def trust_server(self, gun: str) -> TrustServer | EndedServer:
        """The trust server of a collection, one for all collections that share credentials.

        Raises:
            UsageError: Nobody could be asked there.
        """
        from contenttrust import clock  # noqa: PLC0415
        from contenttrust.transport import trust_servers  # noqa: PLC0415

        env = os.environ
        url, tls = self.server()
        try:
            # Credentials depend on the registry, so a server is shared by its collections only.
            key = (url or trust_servers.trust_server_url(gun, env=env), gun.partition("/")[0])
            if key not in self._servers:
                moment = clock.moment_or_now(self.options.at)
                self._servers[key] = trust_servers.trust_server_of(
                    gun, env=env, now=moment, url=url, tls=tls
                )
        except ValueError as error:
            raise UsageError(str(error)) from None
        return self._servers[key]

    def anchor(self, gun: str) -> Anchor:
        """All pins together: each must hold. Without any, trust on first use."""
        from contenttrust._core import Anchor  # noqa: PLC0415

        pins = list(self._pins)
        config = self.options.notary_config
        if config is not None:
            from contenttrust.transport.notary_config import (  # noqa: PLC0415 -- imports json
                anchor_from_notary_config,
            )

            pins.append(
                _read("--notary-config", config, lambda p: anchor_from_notary_config(p, gun))
            )
        if self.options.no_tofu:
            # Together with a pin this asks for nothing more: it only takes first use away.
            pins.append(Anchor.remembered())
        anchor = pins[0] if pins else Anchor.first_use()
        for pin in pins[1:]:
            anchor &= pin
        return anchor


def _check_origin(options: Options) -> None:
    """Refuse two options of which one would be passed over."""
    where = {
        "--offline": options.offline,
        "--metadata": options.metadata is not None,
        "--server": options.server is not None,
    }
    named = [option for option, given in where.items() if given]
    if len(named) > 1:
        raise UsageError(
            f"{' and '.join(named)}: --offline judges what the trust directory has cached, "
            "--metadata the files of a directory, --server what a trust server serves; leave out "
            "all but one"
        )
    if (options.tls_cert is None) != (options.tls_key is None):
        raise UsageError("--tls-cert and --tls-key: a certificate and its key go together")
    if options.tls_ca is not None or options.tls_cert is not None:
        _check_certificates(options)


def _check_named(options: Options) -> None:
    """Refuse an option whose value is empty: it would be taken for one that was not given."""
    for name in ("server", *_FILES):
        if getattr(options, name) == "":
            what = "server" if name == "server" else "file"
            raise UsageError(f"--{name.replace('_', '-')}: no {what} is named")


def _check_certificates(options: Options) -> None:
    """Refuse files that cannot be used, before a cache could stand in for whom they vouch for."""
    from contenttrust.transport.authorities import certificates_in  # noqa: PLC0415

    for option, path in (("--tls-ca", options.tls_ca), ("--tls-cert", options.tls_cert)):
        if path is not None:
            _read(option, path, certificates_in)
    if options.tls_key is not None:
        _read("--tls-key", options.tls_key, chosen_file.read)


def _tls(options: Options) -> Tls | None:
    """What the options say of the server's certificate and of ours; None where they are silent."""
    if options.tls_ca is None and options.tls_cert is None:
        return None
    from contenttrust.transport.tls import Tls  # noqa: PLC0415

    authorities = () if options.tls_ca is None else (options.tls_ca,)
    return Tls(
        ca_files=authorities,
        cert_file=options.tls_cert,
        key_file=options.tls_key,
        system=options.tls_ca is None,
    )


def _remote_server(config: str) -> RemoteServer:
    from contenttrust.transport import notary_config  # noqa: PLC0415 -- imports json

    return _read("--notary-config", config, notary_config.remote_server_from_notary_config)


def _check_directory(option: str, path: str | None, *, needed: bool) -> None:
    if path is None:
        return
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 -- pathlib would be imported for this alone
    except FileNotFoundError:
        if path and not needed and not os.path.islink(path):  # noqa: PTH114
            return  # a trust directory is made when something is remembered
        raise UsageError(f"{option}: there is no directory {path!r}") from None
    except OSError as error:
        if not needed:
            return  # whoever opens a trust directory says what is wrong, and what to do
        raise UsageError(f"{option}: {path}: {error.strerror}") from None
    if not stat.S_ISDIR(mode):
        raise UsageError(f"{option}: {path!r} is not a directory")


def _pins(options: Options) -> list[Anchor]:
    if not (options.anchor_root or options.pin_key or options.pin_cert or options.pin_ca):
        return []
    from contenttrust._core import Anchor  # noqa: PLC0415

    pins = []
    if options.anchor_root is not None:
        # A served root that --limit lets in may be given too.
        limit = max(dict(options.limit).get("root_length", 0), chosen_file.ROOT_LIMIT)
        pins.append(
            _read("--anchor-root", options.anchor_root, lambda p: Anchor.root(_content(p, limit)))
        )
    if options.pin_key:
        pins.append(Anchor.keys(list(options.pin_key)))
    if options.pin_cert:
        pins.append(Anchor.certificates(list(options.pin_cert)))
    if options.pin_ca is not None:
        pins.append(
            _read("--pin-ca", options.pin_ca, lambda p: Anchor.ca(_content(p, chosen_file.LIMIT)))
        )
    return pins


def _content(path: str, limit: int) -> bytes:
    data = chosen_file.read(path, limit=limit)
    if not data.strip():
        # An empty pin would pin nothing and look like one that holds.
        raise ValueError("the file is empty")
    return data


def _read(option: str, path: str, make: Callable[[str], Made]) -> Made:
    """Make something from a file; whatever is wrong with it is an error of the command line."""
    try:
        return make(path)
    except OSError as error:
        raise UsageError(f"{option}: {error.filename or path}: {error.strerror}") from None
    except ContentTrustError as error:
        raise UsageError(f"{option}: {path}: {error.message}") from None
    except ValueError as error:
        raise UsageError(f"{option}: {path}: {error}") from None


def _requirements(options: Options) -> Requirements | None:
    if not options.limit and not options.compatible:
        return None
    from contenttrust._core import Requirements  # noqa: PLC0415

    return Requirements(**dict(options.limit), compatible=options.compatible)
