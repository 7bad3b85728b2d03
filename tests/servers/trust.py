"""A trust server of the tests, with whoever asks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import contenttrust as ct
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from servers.answers import Answer
from servers.certificates import Authority
from servers.https import HttpsServer
from simulator import GUN, NOW


class Served:
    """A collection that a server serves, and verifications of it."""

    def __init__(self, server: HttpsServer, authority: Authority, trust_dir: Path) -> None:
        self.server = server
        self.trust_dir = trust_dir
        self.tls = Tls(ca_files=(authority.ca_file,))

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Serve these files, as a static mirror does."""
        self.server.publish(GUN, files)

    def answer(self, name: str, answer: Answer | bytes) -> None:
        """Serve something else in the place of one file."""
        self.server.answer(f"/v2/{GUN}/_trust/tuf/{name}.json", answer)

    def source(self, url: str | None = None, *, timeout: float = 20) -> TrustServer:
        """The way to it."""
        return TrustServer(self.server.url if url is None else url, tls=self.tls, timeout=timeout)

    def load(
        self, source: TrustServer | None = None, *, now: datetime = NOW, remember: bool = True
    ) -> ct.TrustedRepository:
        """Verify what is served."""
        source = self.source() if source is None else source
        return ct.load(GUN, source=source, trust_dir=self.trust_dir, now=now, remember=remember)

    def error(
        self, source: TrustServer | None = None, *, now: datetime = NOW
    ) -> ct.ContentTrustError:
        """Why it is not verified."""
        try:
            found = self.load(source, now=now)
        except ct.ContentTrustError as error:
            return error
        message = f"{found!r} was verified"
        raise AssertionError(message)
