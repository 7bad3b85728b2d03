"""The policies and cases in the pages are read, and say what the pages say."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from contenttrust import _core
from contenttrust._core import Instant, PrivateKey
from contenttrust.keys import pem
from contenttrust.policy.cases import load_cases, run
from contenttrust.policy.lint import lint_file
from contenttrust.policy.load import load
from policy_facts import NOW

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page: str) -> list[str]:
    found = MarkdownIt("commonmark").parse((DOCS / page).read_text())
    return [block.content for block in found if block.type == "fence" and block.info == "yaml"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the keys that the pages name."""
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("alice", "bob", "carol", "ci"):
        public = PrivateKey.generate("ecdsa").public
        (keys / f"{name}.pub").write_bytes(pem.public_key_pem(public, name))
    for name in ("bob-token.crt", "partner-ca.pem", "example-ca.pem"):
        made = PrivateKey.generate("ecdsa").certificate(
            name, Instant(1_790_000_000), Instant(2_100_000_000)
        )
        assert _core.PublicKey.read(made)
        (keys / name).write_bytes(made)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "trust-policy.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("page", ["reference/policy.md", "how-to/write_a_policy.md"])
def test_policies_of_the_page_load(folder: Path, page: str) -> None:
    policies = [text for text in blocks(page) if "kind: TrustPolicy\n" in text]
    assert policies
    for text in policies:
        policy, findings = lint_file(write(folder, text), now=NOW)
        assert policy is not None, findings
        assert [one for one in findings if one.level == "error"] == []


@pytest.mark.parametrize(
    ("page", "policy_page"),
    [
        ("reference/cli_policy.md", "reference/policy.md"),
        ("how-to/write_a_policy.md", "how-to/write_a_policy.md"),
    ],
)
def test_cases_of_the_page_pass(folder: Path, page: str, policy_page: str) -> None:
    write(folder, blocks(policy_page)[0])
    (text,) = [text for text in blocks(page) if "kind: TrustPolicyTest" in text]
    (folder / "cases.yaml").write_text(text)
    policy, cases = load_cases(folder / "cases.yaml", now=NOW)
    assert policy == load(folder / "trust-policy.yaml")
    assert [run(policy, case).differences for case in cases] == [()] * len(cases)
