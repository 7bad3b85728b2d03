"""Who a URL speaks to."""

from __future__ import annotations

import pytest

from contenttrust.transport.origin import authority_of, host_of, is_loopback, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://host.example", "https://host.example:443"),
        ("https://Host.Example:443/a?b#c", "https://host.example:443"),
        ("HTTPS://host.example:4443/", "https://host.example:4443"),
        ("https://user:pa/ss@host.example", None),
        ("https://user:pass@host.example/x@y", "https://host.example:443"),
        ("https://other.example@host.example?x=https://third.example", "https://host.example:443"),
        ("https://[::1]:5000/x", "https://[::1]:5000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]:443"),
        ("https://notary_server:1", "https://notary_server:1"),
        ("http://host.example", None),
        ("host.example", None),
        ("https:/host.example", None),
        ("https://", None),
        ("https://:443", None),
        ("https://[]:443", None),
        ("https://[:::]", None),
        ("https://[1:2]:5000", None),
        ("https://[::1%1]", None),
        ("https://[::ffff:127.0.0.1]", "https://[::ffff:127.0.0.1]:443"),
        ("https://host.example:", None),
        ("https://host.example:0", None),
        ("https://host.example:65536", None),
        ("https://host.example:+1", None),
        ("https://host.example:²", None),
        ("https://exämple.example", None),
        ("https://evil.example\\@host.example", "https://host.example:443"),
        ("https://host.example\\.evil.example", None),
        ("https://host%2eexample", None),
        ("https://host example", None),
        ("https://[fe80::1%25eth0]", None),
        ("file:///etc/passwd", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    if origin is None:
        with pytest.raises(ValueError, match="https URL"):
            origin_of(url)
    else:
        assert origin_of(url) == origin


def test_host_and_authority_are_parts_of_it():
    url = "https://user:pw@Host.Example:4443/x"
    assert host_of(url) == "host.example"
    assert authority_of(url) == "Host.Example:4443"
    assert authority_of("https://host.example/x") == "host.example"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.0.255", "[::1]"])
def test_loopback_is_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost.evil.example",
        "evil.localhost.example",
        "127.0.0.1.evil.example",
        "127.evil.example.org",
        "127.1",
        "128.0.0.1",
        "0.0.0.0",
        "127.0.0.1000",
        "localhost.",
        "[::2]",
        "",
    ],
)
def test_what_only_looks_like_loopback_is_not(host):
    assert not is_loopback(host)
