"""Every vector gets the verdict of its `case.json`: alone, in bulk, on several threads."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import contenttrust as ct

VECTORS = Path(__file__).parents[1] / "vectors"
NAMES = sorted(path.parent.name for path in VECTORS.glob("*/case.json"))

# Which checks may stop an attack of each category …
CODES: dict[str, set[str]] = {
    "content-tampered": {"hash", "signature"},
    "delegation-name": {"role_name", "key_id"},
    "duplicate-keys": {"malformed"},
    "encoding": {"malformed"},
    "expired": {"expired"},
    "hash-mismatch": {"hash"},
    "key-id": {"key_id"},
    "key-type": {"signature"},
    "length-mismatch": {"length"},
    "malformed": {"malformed"},
    "missing-file": {"missing_role", "no_trust_data"},
    "mix-and-match": {"hash", "signature"},
    "nesting": {"limit_exceeded"},
    "no-signatures": {"signature"},
    "oversize": {"limit_exceeded", "length"},
    "private-field": {"malformed"},
    "rollback": {"rollback"},
    "root-certificate": {"root_certificate"},
    "root-rotation": {"root_chain"},
    "root-structure": {"missing_role"},
    "signature": {"signature", "hash"},
    "signature-encoding": {"signature", "malformed"},
    "signature-method": {"signature"},
    "snapshot-incomplete": {"missing_role"},
    "swapped-gun": {"root_certificate"},
    "threshold": {"threshold"},
    "truncated": {"malformed"},
    "type-confusion": {"wrong_type"},
    "version": {"version", "length"},
}
# … and which of them it is where the category leaves a choice.
CODES_OF_CASES = {
    "bad-digest-flipped-rehash": "signature",
    "bad-tag-renamed": "signature",
    "bad-real-digest-releases": "hash",
    "bad-real-digest-targets": "hash",
    "bad-delegation-name-traversal": "role_name",
    "bad-delegation-name-upper": "role_name",
    "bad-delegation-unknown-keyid": "key_id",
    "bad-root-missing-file": "no_trust_data",
    "bad-releases-missing-file": "missing_role",
    "bad-real-releases-withheld": "missing_role",
    "bad-mix-old-snapshot": "hash",
    "bad-mix-old-snapshot-targets": "hash",
    "bad-real-cross-timestamp": "signature",
    "bad-oversize-targets": "length",
    "bad-oversize-timestamp": "limit_exceeded",
    "bad-keyid-claims-listed-key": "signature",
    "bad-real-sig-root": "signature",
    "bad-real-sig-targets": "hash",  # the captured snapshot names the unbroken file
    "bad-real-sig-timestamp": "signature",
    "bad-sig-by-unlisted-key": "signature",
    "bad-sig-flipped-root": "signature",
    "bad-sig-flipped-targets": "signature",
    "bad-ecdsa-der": "signature",
    "bad-ecdsa-trailing": "signature",
    "bad-sig-base64url": "malformed",
    "bad-version-float": "version",
    "bad-version-string": "version",
    "bad-version-zero": "version",
    "bad-length-2p53-exact": "length",
    "bad-length-2p53-rounded": "length",
}


@dataclass(frozen=True)
class Case:
    """One vector, laid out so that it can be verified."""

    name: str
    folder: Path
    """The case's own files, below the vectors."""
    served: Path
    """What the server gives."""
    trust_dir: Path
    """Holds the case's `trusted/` as Docker's cache."""

    @cached_property
    def facts(self) -> dict[str, Any]:
        """`case.json`."""
        return json.loads((self.folder / "case.json").read_text("utf-8"))

    @property
    def gun(self) -> str:
        """The name under which the data is asked for."""
        return self.facts["gun"]

    @property
    def moment(self) -> datetime:
        """When the case is judged."""
        return datetime.fromisoformat(self.facts["verify_at"].replace("Z", "+00:00"))

    @property
    def files(self) -> dict[str, bytes]:
        """The served files under their plain names."""
        found = {}
        for path in self.served.rglob("*.json"):
            name = path.relative_to(self.served).as_posix().removesuffix(".json")
            if not re.search(r"\.[0-9a-f]{64}$", name):
                found[name] = path.read_bytes()
        return found

    def load(self, **options: Any) -> ct.TrustedRepository:
        """The verdict on the case, from its directory."""
        return ct.load(
            self.gun, source=self.served, trust_dir=self.trust_dir, now=self.moment, **options
        )


def laid_out(name: str, folder: Path) -> Case:
    """The case, copied to `folder`."""
    origin = VECTORS / name
    served, trust_dir = folder / name / "tuf", folder / name / "trust"
    shutil.copytree(origin / "tuf", served)
    for stand_in in served.rglob("*.size-of-zeros"):
        stand_in.with_suffix("").write_bytes(b"0" * int(stand_in.read_text()))
        stand_in.unlink()
    case = Case(name, origin, served, trust_dir)
    if (origin / "trusted").is_dir():
        cache = trust_dir / "tuf" / case.gun / "metadata"
        shutil.copytree(origin / "trusted", cache)
        for path in cache.rglob("*.json"):
            path.chmod(0o600)
    return case


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """The case whose name is the parameter."""
    return laid_out(request.param, tmp_path)


def facts_of(name: str) -> dict[str, Any]:
    """`case.json` of a vector."""
    return json.loads((VECTORS / name / "case.json").read_text("utf-8"))


def where(**wanted: Any) -> list[str]:
    """The cases whose `expected` has those members and values; `...` stands for any value."""
    expected = {name: facts_of(name)["expected"] for name in NAMES}
    return [
        name
        for name in NAMES
        if all(
            member in expected[name] and value in (..., expected[name][member])
            for member, value in wanted.items()
        )
    ]


def having(member: str) -> list[str]:
    """The cases that have that member in `case.json`."""
    return [name for name in NAMES if facts_of(name).get(member)]


def lines_of(rows: Iterator[tuple[str, str, int, str]]) -> tuple[int, str]:
    """How many tags, and the digest over one line for each, as large cases record it."""
    lines = [f"{name} {sha256} {length} {role}\n" for name, sha256, length, role in sorted(rows)]
    return len(lines), hashlib.sha256("".join(lines).encode()).hexdigest()


def test_there_are_vectors_of_every_kind() -> None:
    kinds = {facts_of(name)["kind"] for name in NAMES}
    assert kinds == {"good", "good-synthetic", "degraded", "bad"}


@pytest.mark.parametrize("case", where(result="accept"), indirect=True)
def test_a_good_case_has_its_tags_digests_sizes_and_roles(case: Case) -> None:
    expected = case.facts["expected"]
    tags = case.load().tags

    found = {name: (tag.digest, tag.size, tag.role) for name, tag in tags.items()}
    wanted = {
        name: (f"sha256:{tag['sha256']}", tag["length"], tag["role"])
        for name, tag in expected["tags"].items()
    }
    if "tags_count" in expected:  # `tags` is a sample there
        rows = (
            (name, tag.digest.removeprefix("sha256:"), tag.size, tag.role)
            for name, tag in tags.items()
        )
        assert lines_of(rows) == (expected["tags_count"], expected["tags_sha256_of_sorted_lines"])
        assert wanted.items() <= found.items()
    else:
        assert found == wanted


@pytest.mark.parametrize("case", where(result="accept"), indirect=True)
def test_a_good_case_answers_for_each_tag_as_it_lists_it(case: Case) -> None:
    repo = case.load()
    broken = {notice.role for notice in repo.degraded}

    for name in case.facts["expected"]["tags"]:
        if broken & {"targets/releases"}:
            with pytest.raises(ct.VerificationError) as caught:
                repo.verify(name)
            assert caught.value.code == "role_broken"
        else:
            assert repo.verify(name) == repo.tags[name]
            assert repo.verify(name, repo.tags[name].digest) == repo.tags[name]


@pytest.mark.parametrize("case", where(result="accept"), indirect=True)
def test_a_good_case_lists_what_notary_lists(case: Case) -> None:
    expected = case.facts["expected"]
    repo = case.load()
    order = ["targets", *(role for role in repo.roles if role.startswith("targets/"))]
    rows: dict[str, tuple[str, str, int, str]] = {}
    for role in order:
        for tag in repo.role_tags(role):
            rows.setdefault(
                tag.name, (tag.name, tag.digest.removeprefix("sha256:"), tag.size, role)
            )

    wanted = {
        name: (name, target["sha256"], target["length"], target["role"])
        for name, target in expected["notary_targets"].items()
        if target.get("sha256")
    }
    if "notary_targets_count" in expected:
        counted = (
            expected["notary_targets_count"],
            expected["notary_targets_sha256_of_sorted_lines"],
        )
        assert lines_of(iter(rows.values())) == counted
        assert wanted.items() <= rows.items()
    else:
        assert rows == wanted


@pytest.mark.parametrize("case", where(result="accept"), indirect=True)
def test_only_degraded_cases_are_degraded(case: Case) -> None:
    repo = case.load()
    odd = bool(repo.degraded or repo.unusable)

    assert odd <= (case.facts["kind"] == "degraded")


DEGRADED = {
    "degraded-delegation-threshold": ("targets/releases", "threshold"),
    "degraded-expired-releases": ("targets/releases", "expired"),
    "degraded-last-signer-removed": ("targets/releases", "signature"),
    "degraded-sig-flipped-releases": ("targets/releases", "signature"),
}


@pytest.mark.parametrize(("case", "notice"), DEGRADED.items(), indirect=["case"])
def test_a_broken_delegation_is_named_with_its_reason(case: Case, notice: tuple[str, str]) -> None:
    assert [(found.role, found.code) for found in case.load().degraded] == [notice]


@pytest.mark.parametrize("case", where(refused_tags=...), indirect=True)
def test_tags_without_a_digest_are_refused_alone(case: Case) -> None:
    repo = case.load()
    for tag in case.facts["expected"]["refused_tags"]:
        with pytest.raises(ct.VerificationError) as caught:
            repo.verify(tag)
        assert caught.value.code == "tag_unusable"
        assert tag in {notice.name for notice in repo.unusable}


@pytest.mark.parametrize("case", where(docker_only_in_other_delegations=...), indirect=True)
def test_tags_of_other_delegations_are_not_signed(case: Case) -> None:
    repo = case.load()
    for tag in case.facts["expected"]["docker_only_in_other_delegations"]:
        assert tag not in repo.tags
        with pytest.raises(ct.NotSignedError):
            repo.verify(tag)


@pytest.mark.parametrize("case", having("signers"), indirect=True)
def test_signers_are_those_that_docker_shows(case: Case) -> None:
    recorded = case.facts["signers"]
    repo = case.load()

    # releases is where tags are published, not who signs
    assert {
        signer.name: sorted(signer.key_ids) for signer in repo.signers if signer.name != "releases"
    } == {name: sorted(ids) for name, ids in recorded["signers"].items() if name != "releases"}
    for name, row in recorded["tags"].items():
        tag = repo.tags[name]
        if tag.digest == f"sha256:{row['digest']}":
            shown = [signer.name for signer in tag.signers] or ["Repo Admin"]
            assert sorted(shown) == sorted(row["signers"]), name


@pytest.mark.parametrize("case", having("role_keys"), indirect=True)
def test_roles_have_their_keys_versions_and_expiries(case: Case) -> None:
    roles = case.load().roles
    recorded = case.facts

    for role, ids in recorded["role_keys"].items():
        assert sorted(roles[role].key_ids) == sorted(ids)
    # docker shows nothing of a collection whose name is no image name
    shown = (recorded["signers"] or {}).get("administrative") or {}
    assert sorted(roles["root"].key_ids) == sorted(shown.get("Root", roles["root"].key_ids))
    repository = roles["targets"].canonical_key_ids
    assert sorted(repository) == sorted(shown.get("Repository", repository))
    for role, info in roles.items():
        assert info.version == recorded["versions"][role]
        assert info.expires_text == recorded["expires"][role]


@pytest.mark.parametrize("case", where(result="reject"), indirect=True)
def test_a_bad_case_is_refused_by_the_check_that_its_attack_meets(case: Case) -> None:
    with pytest.raises(ct.VerificationError) as caught:
        case.load()

    allowed = CODES[case.facts["expected"]["category"]]
    [code] = allowed if len(allowed) == 1 else [CODES_OF_CASES[case.name]]
    assert code in allowed
    assert caught.value.code == code


def pinnings() -> list[Any]:
    """Every `trust_pinning` setting of every case."""
    return [
        pytest.param(name, pinning, id=f"{name}-{pinning['name']}")
        for name in having("pinning")
        for pinning in facts_of(name)["pinning"]
    ]


@pytest.mark.parametrize(("case", "pinning"), pinnings(), indirect=["case"])
def test_pins_have_the_verdict_that_notary_gave(
    case: Case, pinning: dict[str, Any], tmp_path: Path
) -> None:
    for pem in case.folder.glob("*.crt"):
        shutil.copy(pem, tmp_path)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"trust_pinning": pinning["trust_pinning"]}))
    anchor = ct.anchor_from_notary_config(config, case.gun)

    if pinning["expected"] == "accept":
        assert case.load(anchor=anchor).tags
    else:
        with pytest.raises(ct.VerificationError) as caught:
            case.load(anchor=anchor)
        assert (caught.value.code, caught.value.role) == ("anchor_mismatch", "root")


@pytest.mark.parametrize("threads", [1, 4])
def test_bulk_verdicts_are_the_single_ones(tmp_path: Path, threads: int) -> None:
    cases = [laid_out(name, tmp_path) for name in NAMES if not facts_of(name).get("trusted_state")]
    by_moment: dict[datetime, list[Case]] = {}
    for case in cases:
        by_moment.setdefault(case.moment, []).append(case)

    for moment, group in by_moment.items():
        batch = ct.verify_many(
            [(case.gun, case.files, None) for case in group], now=moment, threads=threads
        )
        assert len(batch) == len(batch.codes) == len(batch.states) == len(group)
        for index, case in enumerate(group):
            single = _outcome(lambda case=case: case.load())
            assert _outcome(lambda at=index, of=batch: of[at]) == single, case.name
            assert batch.codes[index] == single[0], case.name


def _outcome(call: Any) -> tuple[Any, ...]:
    """The code of a verdict, and everything else that it says."""
    try:
        repo = call()
    except ct.VerificationError as error:
        return (error.code, error.role, error.message, error.expected, error.found)
    notices = [
        (n.code, n.role, n.name, n.message)
        for n in (*repo.degraded, *repo.unusable, *repo.warnings)
    ]
    tags = [
        (tag.name, tag.digest, tag.size, tag.role, tag.signers, tag.custom)
        for tag in repo.tags.values()
    ]
    return ("ok", tags, notices, repo.valid_until, sorted(repo.roles), repo.state.to_json())
