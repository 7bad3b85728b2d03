"""Who is spoken to: the origin of a URL, by which it is decided who may get credentials."""

from __future__ import annotations

_HTTPS_PORT = 443
_LAST_PORT = 65_535
_LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_ADDRESS = set("0123456789abcdef:.")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL.

    Strict on purpose: what two programs could read as two hosts is no host here.

    Args:
        url: Of the scheme https. A user and a password in it do not count.

    Returns:
        Such as ``https://registry.example.com:443``: in lower case, always with the port.

    Raises:
        ValueError: It is no https URL, or its host is not written in plain ASCII.
    """
    host, port = _host_and_port(url)
    return f"https://{host}:{port}"


def host_of(url: str) -> str:
    """The host of a URL, without port, in lower case; an IPv6 address stands in brackets.

    Raises:
        ValueError: See `origin_of`.
    """
    return _host_and_port(url)[0]


def authority_of(url: str) -> str:
    """Host of a URL as it is written there, with the port if there is one, without credentials.

    Raises:
        ValueError: See `origin_of`.
    """
    _host_and_port(url)
    return _authority(url)


def is_loopback(host: str) -> bool:
    """Whether a host, without port, is surely this machine, whatever a name server says."""
    host = host.lower()
    if host in {"localhost", "[::1]", "::1"}:
        return True
    octets = host.split(".")
    return (
        len(octets) == 4  # noqa: PLR2004 - shorter forms are read differently here and there
        and octets[0] == "127"
        and all(
            octet.isascii() and octet.isdigit() and len(octet) <= len("255") for octet in octets
        )
    )


def _authority(url: str) -> str:
    rest = url.partition("://")[2]
    for end in "/?#":
        rest = rest.partition(end)[0]
    return rest.rpartition("@")[2]


def _host_and_port(url: str) -> tuple[str, int]:
    authority = _authority(url).lower()
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, str(_HTTPS_PORT)
    if host.startswith("[") and host.endswith("]"):
        is_host = set(host[1:-1]) <= _ADDRESS and _is_address(host[1:-1])
    else:
        is_host = set(host) <= _LETTERS
    # A name of dots leads to a directory above where certificates are looked for by it.
    is_host = is_host and bool(host.strip("."))
    is_port = port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _LAST_PORT
    if not url.lower().startswith("https://") or not is_host or not is_port:
        raise ValueError("an https URL with a host in plain ASCII is wanted (xn--… for others)")
    return host, int(port)


def _is_address(text: str) -> bool:
    import ipaddress  # noqa: PLC0415 - few hosts are addresses

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
