"""More than a hundred slips of a policy file: each is refused, where it stands, by a word for it.

They are in slips.txt. In their texts `§` marks the place that the message must name; it is taken
out before reading. A line that ends with a backslash has no line break.
"""

from __future__ import annotations

import pytest

from contenttrust import _core
from contenttrust.keys import pem
from contenttrust.policy.lint import lint
from contenttrust.policy.load import PolicyFileError, loads
from policy_facts import NOW, policy_text, slips

SLIPS = slips()


def test_there_are_more_than_a_hundred_slips() -> None:
    assert len(SLIPS) > 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("policy")
    (made / "garbage.pem").write_text("-----BEGIN NOTHING-----\n")
    key = _core.PrivateKey.generate("ecdsa")
    (made / "alice.pub").write_bytes(pem.public_key_pem(key.public, ""))
    return str(made)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_refused_where_it_stands(name: str, folder: str) -> None:
    section, words, text = SLIPS[name]
    marked = policy_text(**{section: text})
    before, mark, _ = marked.partition("§")
    line = before.count("\n") + 1 if mark else 1
    column = len(before) - before.rfind("\n") if mark else 1
    with pytest.raises(PolicyFileError) as caught:
        loads(marked.replace("§", ""), name="trust-policy.yaml", folder=folder)
    error = caught.value
    assert (error.line, error.column) == (line, column), error
    assert str(error).startswith(f"trust-policy.yaml:{line}:{column}: ")
    assert words in error.problem
    assert str(error).isprintable()
    # What looks for all faults finds the same one.
    policy, findings = lint(marked.replace("§", ""), folder=folder, now=NOW)
    assert policy is None
    assert (line, column) in [(one.line, one.column) for one in findings]


def test_what_the_slips_are_made_of_loads(folder: str) -> None:
    exceptions = SLIPS["two exceptions of one name"][2].partition("  - id: §")[0]
    for more in ("", exceptions):
        loads(policy_text(more=more), folder=folder)
