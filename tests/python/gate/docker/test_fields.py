"""Flags that are lines of fields: what programs in Go read in another way than we is refused."""

from __future__ import annotations

import pytest

from contenttrust.gate.docker import fields

DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"  # "i" to Go, two characters to Python


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", []),
        ("a", ["a"]),
        ("./Gr\u00f6\u00dfe ", ["./Gr\u00f6\u00dfe "]),
        ("type=image,src=Web:V1", ["type=image", "src=Web:V1"]),
        ("readonly,TYPE=Bind", ["readonly", "type=Bind"]),
        ("src= \u00e9 ,a=", ["src= \u00e9 ", "a="]),
        ('"a=b,c",d=e', ["a=b,c", "d=e"]),
        ("a=1,A=2", ["a=1", "a=2"]),
        ("o=a=b", ["o=a=b"]),
    ],
)
def test_fields_are_read_with_keys_in_small_letters(value: str, told: list[str]) -> None:
    assert [str(field) for field in fields.read(value)] == told


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    "value",
    [
        f"type={DOTTED}mage,src=x", f"type=sbom,d{DOTTED}sabled=true", "\u212aey=x", "\u0131=x",
        " type=x", "type =x", "type= x", "type=x ", "a=b, type=x", "\x1ctype=x", "type=x\x1f",
        "\u00a0type=x", "type=x\u3000", "a=b,\u00e9", "a,\u00e9",
        '"', '"a"b', "a=b\n", "a=b\r", "a=b\rc", '"a=\nb"', '"a=\rb"',
    ],
)  # fmt: skip
def test_t098_what_others_read_otherwise_is_refused(value: str, exact: bool) -> None:
    with pytest.raises(ValueError, match=r"not understood|read it otherwise"):
        fields.read(value, exact=exact)


@pytest.mark.parametrize(
    "value",
    ["generator=a,Generator=b", "Generator=b,c=", "a=1,a=1", "a=1,a", "a,a", "type=x,type=x"],
)
def test_t098_where_bytes_are_compared_a_key_has_one_spelling_and_comes_once(value: str) -> None:
    fields.read(value)
    with pytest.raises(ValueError, match="small letters, and once: others read it otherwise"):
        fields.read(value, exact=True)


@pytest.mark.parametrize("value", ["Web:V1", "generator=A:B,type=Sbom"])
def test_names_and_values_may_have_capitals_even_there(value: str) -> None:
    assert ",".join(map(str, fields.read(value, exact=True))) == value
