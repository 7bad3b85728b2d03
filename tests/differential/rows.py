"""Every row of docs/explanation/differences.md that a verification without memory can show.

A difference that no row of this table explains fails the run. `what` is the first column of the
page, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from differential import facts
from differential.draft import Draft
from differential.verdicts import Verdict

Fact = Callable[[Draft, str], bool]


@dataclass(frozen=True)
class Row:
    """One row: how a difference that it explains looks."""

    what: str
    text: str = ""
    """A regular expression for our refusal, or for theirs where they refuse alone."""
    codes: tuple[str, ...] = ("malformed",)
    """Our codes, where we refuse."""
    fact: Fact = facts.always

    def explains(self, draft: Draft, verdict: Verdict, role: str) -> bool:
        """Whether the row explains why one side refuses with `verdict`."""
        known = verdict.code in (*self.codes, "refused")
        return known and bool(re.search(self.text, verdict.text)) and self.fact(draft, role)


_NUMBERS = r"is not a plain integer|^Problem while parsing a number"
_KEYS = ("signature", "threshold", "root_certificate")
_LINE_ENDS = "line ends in a root certificate, and its last one"
_COUNTS = r"^too many|is larger than the limit|are larger than the limit"

WE_REFUSE = (
    Row("a member twice", r"^duplicate member"),
    Row(
        "a member name in other case, `\u017f` for `s` and the Kelvin sign for `k` included",
        r"differs from a known one only in case",
    ),
    Row("the name `signed` written with escapes", r"a member written without escapes"),
    Row("invalid UTF-8, lone surrogates", r"not valid UTF-8|a lone surrogate"),
    Row("U+0000 in a string", r"^U\+0000 in a string"),
    Row("a negative `length` of a target", r"^length is not .*found -\d", ("length",)),
    Row(
        "integers beyond 2^53 in `signed`",
        _NUMBERS,
        ("malformed", "length", "version", "threshold"),
        facts.unusual_numbers,
    ),
    Row("depth of nesting", r"^nesting deeper", ("limit_exceeded",)),
    Row(
        "counts of keys, signatures (invalid ones too), delegations, levels of delegation, "
        "rotations; bytes in all",
        _COUNTS,
        ("limit_exceeded",),
    ),
    Row("base64 with line breaks or stray bits at the end", r"is not base64"),
    Row("`length` in snapshot and timestamp", r"does not have its signed length", ("length",)),
    Row(
        "`null`, or nothing, where a value belongs; a list of numbers for bytes",
        r"is not (a string|an object|a list|true or false)",
    ),
    Row(
        "`null`, or nothing, where a value belongs; a list of numbers for bytes",
        _NUMBERS,
        ("length",),
    ),
    Row("a time that is only nearly RFC 3339", r"^expires is not an RFC 3339 time"),
    Row("a name in snapshot that is no role's", r"illegal role name", ("role_name",)),
    Row("a role delegated twice in one file", r"^a role is delegated twice", ("role_name",)),
    Row(
        "a key under an id that is not its own",
        r"^key ID is not valid for key content",
        ("key_id",),
    ),
    Row(
        "one key under two ids: bare and certified, or in two certificates",
        "",
        _KEYS,
        facts.same_key_twice,
    ),
    Row("text around certificates in a key", "", _KEYS, facts.unclean_certificate),
    Row("ECDSA keys on P-224", "", _KEYS, facts.on_p224),
    Row(
        "a root certificate for `prefix**`",
        r"issued for another collection.*found .*\*\*",
        ("root_certificate",),
    ),
    Row("`keytype` of a root key", "", _KEYS, facts.wrong_label),
    Row("`private` of a public key not null", r"^private of a public key is not null"),
    Row(_LINE_ENDS, r"did not meet threshold for root", _KEYS, facts.other_root_pem),
)

WE_ACCEPT = (
    Row(
        "a signature over `signed` as it is served, where that is not its canonical form",
        r"did not meet threshold|failed to validate integrity of roots",
        fact=facts.signed_as_served,
    ),
    Row(_LINE_ENDS, r"failed to validate integrity of roots", fact=facts.other_root_pem),
    Row("`expires` written with JSON escapes", r'^parsing time "[^"]*\\+u[0-9a-fA-F]{4}'),
    Row(
        "values that mean nothing: hashes of other algorithms, other roles in root, other files in "
        "timestamp",
        r"^json: cannot unmarshal|^illegal base64 data",
        fact=facts.means_nothing,
    ),
    Row(
        "sha512 without sha256 for `root`, `targets` and `snapshot`",
        r"missing (root|targets|snapshot) sha256 checksum information",
    ),
)

SHORT_SHA512 = "a sha512 of a target that is not 64 bytes long"
"""Why a target may be unusable for us alone."""

LEFT_OUT_BY_US = tuple(row for row in WE_REFUSE if row.codes == _KEYS)
"""Why a delegation may be broken for us alone."""

LEFT_OUT_BY_THEM = WE_ACCEPT[:1]
"""Why a delegation may be broken for them alone."""
