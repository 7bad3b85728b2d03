"""Whatever text is given: a policy, or an error that says where; never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contenttrust.errors import shown
from contenttrust.policy.importers import ImportPolicyError, import_policy
from contenttrust.policy.lint import lint
from contenttrust.policy.load import PolicyFileError, loads
from contenttrust.policy.patterns import Pattern, PatternError
from policy_facts import NOW, policy_text, slips

DOCS = Path(__file__).parents[3] / "docs"
WHOLE = (DOCS / "reference" / "policy.md").read_text().split("```yaml\n")[1].split("```")[0]
TEXTS = [
    WHOLE.replace("file:keys/bob.pub, file:keys/bob-token.crt", f"'{'b' * 64}'")
    .replace("file:keys/carol.pub", f"'{'c' * 64}'")
    .replace("file:keys/ci.pub", f"'{'d' * 64}'")
    .replace("{ca: file:keys/partner-ca.pem}", "{tofu: once}")
    .replace(", ca: keys/example-ca.pem", ""),
    *(policy_text(**{section: text.replace("§", "")}) for section, _, text in slips().values()),
]
DAEMON = json.dumps(
    {
        "content-trust": {
            "mode": "enforced",
            "trust-pinning": {"root-keys": {"a.example/*": [64 * "a"]}},
        }
    }
)
SIGNS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "-",
    "*",
    "**",
    "&a",
    "*a",
    "<<:",
    "null",
    "true",
    "1",
    "-1",
    "1.5",
    "''",
    '"',
    "'",
    "#",
    "---",
    "!!str",
    "%",
    "|",
    ">",
    "\x00",
    "\u2028",
]
PIECES = st.one_of(st.sampled_from([*SIGNS, ": ", "\n", "  ", "- "]), st.text(max_size=4))
EDITS = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 12), PIECES), min_size=1, max_size=3
)


def edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for place, length, piece in edits:
        start = place % (len(text) + 1)
        text = text[:start] + piece + text[start + length :]
    return text


def made_or_refused(make: Callable[[], Any], refusal: type[Exception]) -> Any:
    """What comes of it: a value, or the one kind of error that it may raise."""
    try:
        return make()
    except refusal as error:
        return error


def test_the_whole_example_loads() -> None:
    assert len(loads(TEXTS[0]).rules) == 5


@settings(max_examples=400)
@given(st.sampled_from(TEXTS), EDITS)
def test_a_changed_policy_loads_or_is_refused_with_a_place(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    text = edited(text, edits)
    policy = made_or_refused(lambda: loads(text, name="p"), PolicyFileError)
    judged, findings = lint(text, now=NOW)
    if isinstance(policy, PolicyFileError):
        assert min(policy.line, policy.column) >= 1
        assert str(policy) == shown(str(policy))
        assert judged is None
        assert findings
    else:
        assert judged == policy
        assert len(policy.digest) == 64


@settings(max_examples=300)
@given(
    st.sampled_from(
        [
            DAEMON,
            "[trust_configuration]\nrequire_content_trust = true\nallow_repos = ['a.example/b']\n",
        ]
    ),
    EDITS,
)
def test_a_changed_configuration_makes_a_policy_that_loads_or_is_refused(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    data = edited(text, edits).encode(errors="replace")
    made = made_or_refused(lambda: import_policy(data), ImportPolicyError)
    if isinstance(made, ImportPolicyError):
        assert str(made) == shown(str(made))
    else:
        loads(made.text)


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=30), st.text("ab./*?{},:@", max_size=30)))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    pattern = made_or_refused(lambda: Pattern.parse(text), PatternError)
    if isinstance(pattern, PatternError):
        assert str(pattern) == shown(str(pattern))
    else:
        assert pattern.meets(pattern)
