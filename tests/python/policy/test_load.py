"""Policies from files: where they are looked for, what they name, and what they may cost."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from contenttrust import _core
from contenttrust._core import Instant, PrivateKey
from contenttrust.keys import pem
from contenttrust.policy import load, location
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.fields import MOST_FAULTS
from contenttrust.policy.load import PolicyFileError, examine, loads
from contenttrust.policy.spki import spki_of
from policy_facts import IMAGE, SECTIONS, facts, policy_text, rule_text

BOMB = "a: &b0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"c{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
FROM, UNTIL = Instant(1_790_000_000), Instant(2_100_000_000)


def write(folder: Path, text: str = policy_text()) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "trust-policy.yaml"
    path.write_text(text)
    return path


def test_t106_the_current_folder_is_no_place_of_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "checkout"
    for folder in (here, here / "contenttrust", here / ".contenttrust"):
        write(folder, "default: allow\n")
    monkeypatch.chdir(here)
    trust_dir = tmp_path / "trust"
    assert location.found(env={}, trust_dir=trust_dir) is None
    usual = write(trust_dir / "contenttrust")
    assert location.found(env={}, trust_dir=trust_dir) == str(usual)
    assert location.found(env={"CONTENTTRUST_POLICY": ""}, trust_dir=trust_dir) == str(usual)
    named = {"CONTENTTRUST_POLICY": "/etc/policy.yaml"}
    assert location.found(env=named, trust_dir=trust_dir) == "/etc/policy.yaml"
    assert location.found(env=named, trust_dir=trust_dir, chosen="mine.yaml") == "mine.yaml"


def test_a_policy_that_is_named_or_there_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "contenttrust").mkdir()
    (tmp_path / "contenttrust" / "trust-policy.yaml").symlink_to(tmp_path / "gone")
    found = location.found(env={}, trust_dir=tmp_path)
    assert found is not None
    with pytest.raises(PolicyFileError, match="No such file"):
        load.load(found)
    with pytest.raises(PolicyFileError, match="no regular file"):
        load.load("/dev/null")
    with pytest.raises(PolicyFileError, match="directory"):
        load.load(tmp_path)


def test_paths_are_relative_to_the_policy_not_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = PrivateKey.generate("ecdsa")
    (tmp_path / "policy" / "keys").mkdir(parents=True)
    (tmp_path / "policy" / "keys" / "a.pub").write_bytes(pem.public_key_pem(key.public, "a"))
    path = write(
        tmp_path / "policy",
        policy_text(people="people: {alice: {keys: [file:keys/a.pub]}}\n", teams=""),
    )
    monkeypatch.chdir(tmp_path)
    for name in (path, Path("policy/trust-policy.yaml")):
        (person,) = load.load(name).people
        assert [one.id for one in person.keys] == [key.key_id]
    with pytest.raises(PolicyFileError, match="only in a policy that is a file itself"):
        loads(path.read_text())


@pytest.mark.parametrize("algorithm", ["ecdsa", "ecdsa-p384", "rsa", "ed25519"])
def test_every_form_of_a_key_is_one_key(tmp_path: Path, algorithm: str) -> None:
    key = PrivateKey.generate(algorithm)
    (tmp_path / "bare.pub").write_bytes(pem.public_key_pem(key.public, ""))
    forms = ["file:bare.pub", key.key_id, f"sha256:{key.key_id}"]
    public = _core.PublicKey.read((tmp_path / "bare.pub").read_bytes())
    forms.append(f"spki:{sha256(public.spki).hexdigest()}")
    if algorithm != "ed25519":
        (tmp_path / "wrapped.crt").write_bytes(key.certificate("alice", FROM, UNTIL))
        forms.append("file:wrapped.crt")
    for form in forms:
        text = policy_text(
            people=f"people: {{alice: {{keys: ['{form}']}}}}\n",
            teams="",
            rules=rule_text("{person: alice}"),
        )
        policy = loads(text, folder=tmp_path)
        signed = facts(
            signed={"targets/x": [key.key_id]}, spki={key.key_id: sha256(public.spki).hexdigest()}
        )
        assert evaluate(policy, signed, image=IMAGE).allowed, form
        other = f"people: {{alice: {{keys: ['file:bare.pub']}}, bob: {{keys: ['{form}']}}}}\n"
        with pytest.raises(PolicyFileError, match="belongs to one person"):
            loads(policy_text(people=other, teams=""), folder=tmp_path)


def test_keys_of_metadata_by_their_subject_public_key_info(vectors: Path) -> None:
    folders = [path.parent for path in vectors.rglob("root.json")][:5]
    assert folders
    for folder in folders:
        documents = {
            path.stem: path.read_bytes()
            for path in folder.glob("*.json")
            if path.stem in {"root", "targets"}
        }
        found = spki_of(documents)
        assert found
        assert all(len(one) == len(other) == 64 for one, other in found.items())


def test_a_changed_key_file_is_another_policy(tmp_path: Path) -> None:
    path = write(tmp_path, policy_text(people="people: {alice: {keys: [file:a.pub]}}\n", teams=""))
    digests = set()
    for _ in range(2):
        key = PrivateKey.generate("ecdsa")
        (tmp_path / "a.pub").write_bytes(pem.public_key_pem(key.public, ""))
        digests.add(load.load(path).digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("# nothing\n", "it is empty"),
        ("null\n", "is empty, and a mapping is wanted"),
        ("[]\n", "a list, and a mapping is wanted"),
        ("a: &a [" + "*a, " * 3 + "]\n", "alias"),
        (b"\xff\xfe", "UTF-8"),
        ("a: 'b\x00'\n", ""),
        ("x" * (load.LARGEST + 1), "larger than"),
        ("[" * 5000, ""),
        (BOMB, "aliases"),
    ],
)  # fmt: skip
def test_what_is_no_policy_at_all_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        loads(text, name="p.yaml")
    assert words in caught.value.problem
    assert str(caught.value).startswith("p.yaml:")


def test_all_faults_that_can_be_told_apart_are_found() -> None:
    text = policy_text(
        default="default: maybe\n",
        limits="limits: {deadline: 2}\n",
        pins="pins: {'*': {tofu: once}, '**': {tofu: maybe}}\n",
        rules=SECTIONS["rules"].replace("any", "anyone"),
    )
    policy, _, faults = examine(text, name="p.yaml")
    assert policy is None
    problems = [fault.problem for fault in faults]
    assert len(problems) == 5
    places = [(fault.line, fault.column) for fault in faults]
    assert places == sorted(places)
    two = rule_text("{person: x}") + "  - match: 'docker.io/*'\n    require: {signed: any}\n"
    assert len(examine(policy_text(rules=two))[2]) == 2


def _places(text: str, *words: str) -> list[tuple[int, int]]:
    """Where each of these words stands, in the order of the text."""
    lines = text.splitlines()
    return sorted(
        next((number, line.index(word) + 1) for number, line in enumerate(lines, 1) if word in line)
        for word in words
    )


def test_faults_in_one_mapping_and_in_what_names_it_are_all_found() -> None:
    text = policy_text(
        people="people:\n  alice: {keyz: [x], kees: [y]}\n  bob: {keys: [nothing]}\n",
        teams="teams: {qa: {members: [bob, carol]}, dev: {members: [alice], lead: x}}\n",
        limits="limits: {deadline: 2, max-metadata: 3}\n",
        rules="rules:\n  - {match: '*', mode: strict, require: {team: qa}}\n"
        "  - {match: 'docker.io/**', require: {person: alice}, tagz: [x], modus: audit}\n"
        "  - {match: 'ghcr.io/**', require: {signed: any-known-person}}\n"
        "  - {match: 'quay.io/**', require: {person: nobody}}\n"
        "exceptions:\n  - {id: 1, match: 'ghcr.io/x:1', owner: me, reason: it, expires: soon}\n",
    )
    policy, _, faults = examine(text)
    assert policy is None
    problems = [fault.problem for fault in faults]
    wanted = ("keyz", "kees", "nothing", "carol", "lead", "2,", "3}", "'*'", "strict", "tagz",
              "modus", "nobody", "1, match", "soon")  # fmt: skip
    assert [(one.line, one.column) for one in faults] == _places(text, *wanted), problems
    assert len(set(problems)) == len(problems), "nobody is blamed for what is wrong elsewhere"


def test_every_fault_within_an_entry_is_found() -> None:
    text = policy_text(
        head="apiVersion: contenttrust/v0\nkind: Trust\nmetadata: {name: '', version: zero}\n",
        default="default: {verdict: perhaps, reason: 1001}\n",
        servers="servers:\n  'x?/': {url: 'ftp://x', ca: none.pem, auth: basic}\n",
        people="people:\n  ' ': {keys: [k1, k2], kind: dog}\n",
        teams="teams:\n  ' ': {members: [carol, dave]}\n",
        pins="pins:\n  '*': {root-keys: [r1, r2], certs: [c1], ca: a1, tofu: maybe}\n",
        freshness="freshness: {expiry: never, grace: {root: g1, targets: g2}, max-age: "
        "{timestamp: m1}, rollback: off}\n",
        rules="rules: []\n",
        exceptions="exceptions:\n"
        "  - {id: 1002, match: '*:', owner: 1003, reason: ' ', expires: soon}\n",
    )
    policy, _, faults = examine(text)
    assert policy is None
    words = ("contenttrust/v0", "Trust", "'', version", "zero", "perhaps", "1001", "'x?/'",
             "'ftp", "none.pem", "basic", "' ': {keys", "k1", "k2", "dog",
             "' ': {members", "carol", "dave", "'*': {root", "r1", "r2",
             "c1", "a1", "maybe", "never", "g1", "g2", "m1", "off", "1002", "'*:'", "1003",
             "' ', expires", "soon")  # fmt: skip
    places = [(one.line, one.column) for one in faults]
    assert places == _places(text, *words), [str(one) for one in faults]


def test_every_fault_within_a_rule_is_found() -> None:
    text = policy_text(
        teams="teams:\n  qa: {members: [alice, carol, dave]}\n",
        rules="rules:\n"
        "  - match: 'a.example/**'\n"
        "    require: {at-least: no, of: [{person: p1}, {key: k1}], distinct: d1}\n"
        "    tags: ['', '[']\n"
        "    formats: {all: [f1, f2]}\n"
        "    identity: {remap: {from: s1, to: s2}}\n"
        "  - {match: 'b.example/**', require: {team: qa}}\n"
        "  - {match: 'd.example/**', require: {all: [{person: p3}], of: x}}\n"
        "  - {match: 'c.example/**', local-build: deny, require: {person: p2}, tags: [t1]}\n",
    )
    _, _, faults = examine(text)
    words = ("dave", "no,", "p1", "k1", "d1", "'', '['", "'[']", "f1", "f2",
             "s1", "s2", "p3", "of: x", "deny", "require: {person: p2", "tags: [t1")  # fmt: skip
    assert [(one.line, one.column) for one in faults] == _places(text, *words), [
        str(one) for one in faults
    ]


def test_no_more_faults_are_kept_than_anybody_reads() -> None:
    strangers = ", ".join(f"p{number}" for number in range(20_000))
    text = policy_text(teams=f"teams: {{qa: {{members: [{strangers}]}}}}\n")
    policy, _, faults = examine(text)
    assert policy is None
    assert len(faults) == MOST_FAULTS
    assert "p0" in faults[0].problem


def test_every_fault_of_exceptions_that_can_be_read_is_found() -> None:
    one = "owner: me, reason: it, created: 2026-01-01, expires: 2027-01-01"
    text = policy_text(
        limits="limits: {exceptions-per-rule: 1}\n",
        exceptions="exceptions:\n"
        f"  - {{id: a, match: 'registry.example.com/x:1', {one}}}\n"
        f"  - {{id: a, match: 'registry.example.com/x:2', {one}}}\n"
        f"  - {{id: b, match: 'registry.example.com/x:3', {one}}}\n",
    )
    problems = [(fault.line, fault.problem[:20]) for fault in examine(text)[2]]
    first = text.splitlines().index("exceptions:") + 2
    assert problems == [
        (first, "the exception lasts "),
        (first + 1, "the rule registry.ex"),
        (first + 1, "two exceptions are c"),
        (first + 1, "the exception lasts "),
        (first + 2, "the exception lasts "),
    ]


def test_known_people_are_asked_for_only_where_there_are_some() -> None:
    text = policy_text(people="", teams="", rules=rule_text("{signed: any-known-person}"))
    with pytest.raises(PolicyFileError, match="it has no people"):
        loads(text)


def test_names_of_strangers_are_harmless_in_messages() -> None:
    with pytest.raises(PolicyFileError) as caught:
        loads('"\\e[31mred\\nline": 1\napiVersion: x\n', name="p\x1b[2J.yaml")
    assert str(caught.value).isprintable()
    assert str(caught.value) in caught.value.explain()


def test_the_same_file_is_the_same_policy_wherever_it_is(tmp_path: Path) -> None:
    made = [load.load(write(tmp_path / name)).digest for name in ("a", "b")]
    assert made[0] == made[1] == loads(policy_text()).digest
    assert os.environ.get("CONTENTTRUST_POLICY", "") == ""
