"""The pins of a notary client's configuration file."""

from __future__ import annotations

import json

import pytest

from contenttrust.transport.notary_config import NotaryConfigError, anchor_from_notary_config

A, B, C = "a" * 64, "b" * 64, "c" * 64
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.fixture
def anchor(tmp_path, monkeypatch):
    """Gives the anchor as the calls that make it, since an anchor does not show its ids."""

    class Recorder:
        first_use = staticmethod(lambda: "first use")
        remembered = staticmethod(lambda: "remembered")
        certificates = staticmethod(lambda ids: ("certificates", *ids))
        ca = staticmethod(lambda pem: ("ca", pem))

    monkeypatch.setattr("contenttrust.transport.notary_config.Anchor", Recorder)

    def make(section, gun="docker.io/library/alpine"):
        path = tmp_path / "config.json"
        path.write_text(section if isinstance(section, str) else json.dumps(section))
        return anchor_from_notary_config(path, gun)

    return make


def pinning(**members):
    return {"trust_pinning": members, "trust_dir": "~/.notary"}


def test_without_pins_the_first_root_is_believed(anchor):
    assert anchor({}) == "first use"
    assert anchor(pinning(disable_tofu=False)) == "first use"


def test_t031_without_a_pin_and_without_first_use_only_what_is_remembered_counts(anchor):
    assert anchor(pinning(disable_tofu=True)) == "remembered"
    assert anchor(pinning(disable_tofu=True, certs={"docker.io/other": [A]})) == "remembered"


def test_t031_an_exact_name_goes_before_wildcards_and_cas(anchor, tmp_path):
    (tmp_path / "ca.crt").write_text(PEM)
    section = pinning(
        certs={"docker.io/library/a*": [B], "docker.io/library/alpine": [A, C]},
        ca={"docker.io/library/alpine": "ca.crt"},
    )
    assert anchor(section) == ("certificates", A, C)


def test_t031_the_longest_wildcard_wins(anchor):
    section = pinning(certs={"*": [C], "docker.io/lib*": [A], "docker.io/*": [B]})
    assert anchor(section) == ("certificates", A)
    assert anchor(section, "docker.io/x/y") == ("certificates", B)
    assert anchor(section, "host.example/x") == ("certificates", C)


def test_t031_a_name_without_wildcard_is_no_prefix(anchor):
    assert anchor(pinning(certs={"docker.io/library/al": [A]})) == "first use"


def test_t031_the_longest_prefix_of_a_ca_wins_and_its_path_is_relative(anchor, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "long.crt").write_text(PEM)
    section = pinning(ca={"docker.io": "missing.crt", "docker.io/library/": "sub/long.crt"})
    assert anchor(section) == ("ca", PEM.encode())


def test_a_ca_file_that_is_missing_pins_nothing_and_is_told(anchor):
    with pytest.raises(FileNotFoundError):
        anchor(pinning(ca={"docker.io": "missing.crt"}))


def test_t015_an_empty_ca_file_is_refused(anchor, tmp_path):
    (tmp_path / "ca.crt").write_text("\n")
    with pytest.raises(NotaryConfigError, match="empty"):
        anchor(pinning(ca={"docker.io": "ca.crt"}))


@pytest.mark.parametrize(
    "section",
    [
        pinning(certs={"docker.io/other": []}),
        pinning(certs={"x": None}),
        pinning(certs={"x": A}),
        pinning(certs={"x": [A, 1]}),
        pinning(certs={"x": [A[:63]]}),
        pinning(certs={"x": [A.upper()]}),
        pinning(certs=[A]),
        pinning(certs=None),
        pinning(ca={"x": ""}),
        pinning(ca={"x": ["a", "b"]}),
        pinning(ca="x"),
        pinning(disable_tofu="true"),
        pinning(disable_tofu=1),
        pinning(disable_tofu=None),
        pinning(cert={"x": [A]}),
        {"trust_pinning": None},
        {"trust_pinning": []},
        {"Trust_Pinning": {"disable_tofu": True}},
        [],
        "",
        "{",
        '{"trust_pinning": {"disable_tofu": true, "disable_tofu": false}}',
        '{"trust_pinning": {}, "trust_pinning": {"disable_tofu": true}}',
    ],
    ids=str,
)
def test_t015_what_was_meant_as_a_pin_is_never_passed_over(anchor, section):
    with pytest.raises(NotaryConfigError):
        anchor(section)


def test_the_engine_takes_these_anchors(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(pinning(certs={"x": [A]}, disable_tofu=True)))
    assert "1 certificate pins" in repr(anchor_from_notary_config(path, "x"))
    assert "first use off" in repr(anchor_from_notary_config(path, "y"))
