"""Asks the package for verdicts, one by one and in bulk, and compares them with a test's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import contenttrust as ct
from simulator import GUN, NOW, Key, Repository, Role, Signing, image, key_pair
from simulator.signatures import Maker


def repository(gun: str = GUN) -> Repository:
    """A small good repository: the tag 1.0 in `targets`."""
    repo = Repository(gun)
    repo.targets["1.0"] = image("1.0")
    return repo


def with_releases(gun: str = GUN) -> Repository:
    """The same with the tag 2.0 in `targets/releases`."""
    repo = repository(gun)
    repo.delegate("targets/releases").targets["2.0"] = image("2.0")
    return repo


def signed_with(kind: str, make: Maker | None = None, method: str | None = None) -> Repository:
    """A repository whose targets are signed by one key of that kind, in that form."""
    repo = repository()
    key = key_pair("targets", kind).bare
    repo.top.keys = [key]
    repo.top.signers = [Signing(key, make=make, method=method)]
    return repo


def keys_for(role: Role, *names: str, gun: str = GUN, kind: str = "p256") -> list[Key]:
    """Fresh keys fit for a role: certificates for root, bare keys for the others."""
    pairs = [key_pair(f"{role.name} {name}", kind) for name in names]
    return [pair.certified(gun) if role.name == "root" else pair.bare for pair in pairs]


def facts(repo: ct.TrustedRepository) -> dict[str, tuple[str, int, str]]:
    """What counts of a verdict: tag to digest, size and role."""
    return {name: (tag.digest, tag.size, tag.role) for name, tag in repo.tags.items()}


def refusal_of(repo: ct.TrustedRepository, tag: str, digest: str | None = None) -> tuple[str, str]:
    """The code and the role for which a verified repository refuses a tag."""
    with pytest.raises(ct.VerificationError) as caught:
        repo.verify(tag, digest)
    return caught.value.code, caught.value.role


def found(verdict: ct.TrustedRepository, tag: str) -> tuple[str, str]:
    """Digest and role of a tag."""
    return verdict.verify(tag).digest, verdict.verify(tag).role


class Judge:
    """Verdicts over one trust directory."""

    def __init__(self, trust_dir: Path) -> None:
        """A judge who remembers nothing."""
        self.trust_dir = trust_dir
        self.state: ct.State | None = None
        self.has_docker_cache = False

    def load(
        self, files: Mapping[str, bytes], *, gun: str = GUN, now: datetime = NOW, **options: Any
    ) -> ct.TrustedRepository:
        """`contenttrust.load` with this judge's trust directory."""
        return ct.load(gun, source=files, trust_dir=self.trust_dir, now=now, **options)

    def accepts(self, files: Mapping[str, bytes], **options: Any) -> ct.TrustedRepository:
        """The verified repository, found the same way one by one and in bulk."""
        repo = self.load(files, **options)
        if self._bulk_says_the_same(options):
            batch = self._bulk(files, **options)
            assert batch.codes == ["ok"]
            assert facts(batch[0]) == facts(repo)
        return repo

    def remembers(self, files: Mapping[str, bytes], **options: Any) -> ct.TrustedRepository:
        """The verified repository, whose state is remembered from now on."""
        repo = self.load(files, remember=True, **options)
        self.state = repo.state
        return repo

    def refuses(
        self, files: Mapping[str, bytes], code: str, role: str, **options: Any
    ) -> ct.VerificationError:
        """The refusal, for that reason and on account of that role, one by one and in bulk."""
        with pytest.raises(ct.VerificationError) as caught:
            self.load(files, **options)
        assert (caught.value.code, caught.value.role) == (code, role), caught.value
        if self._bulk_says_the_same(options):
            assert self._bulk(files, **options).codes == [code]
        return caught.value

    def degrades(
        self, files: Mapping[str, bytes], code: str, role: str, **options: Any
    ) -> ct.TrustedRepository:
        """The verified repository without that one delegation, which is reported with that code."""
        repo = self.accepts(files, **options)
        assert [(notice.role, notice.code) for notice in repo.degraded] == [(role, code)]
        if role == "targets/releases":
            assert refusal_of(repo, "1.0") == ("role_broken", role)
        return repo

    def turns_down(self, files: Mapping[str, bytes], code: str, role: str, **options: Any) -> None:
        """A base role takes everything down with it; a delegation only itself."""
        verdict = self.degrades if role.startswith("targets/") else self.refuses
        verdict(files, code, role, **options)

    def lay_docker_cache(self, files: Mapping[str, bytes], gun: str = GUN) -> None:
        """Put files where Docker's client would have cached them."""
        self.has_docker_cache = True
        folder = self.trust_dir / "tuf" / gun / "metadata"
        for name, data in files.items():
            path = folder / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(data)
            path.chmod(0o600)

    def _bulk(
        self, files: Mapping[str, bytes], *, gun: str = GUN, now: datetime = NOW, **options: Any
    ) -> ct.Batch:
        return ct.verify_many([(gun, dict(files), self.state)], now=now, threads=1, **options)

    def _bulk_says_the_same(self, options: Mapping[str, Any]) -> bool:
        """Bulk calls know neither the trust directory nor what is to be written there."""
        return not self.has_docker_cache and "remember" not in options
