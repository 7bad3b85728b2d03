"""Who may vouch for a server: the system's authorities and those that were named."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from contenttrust.errors import TlsError
from contenttrust.transport import authorities
from contenttrust.transport.authorities import Authorities
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls
from servers import Authority, HttpsServer


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """An authority, whom nobody trusts unless it is named."""
    return Authority(tmp_path_factory.mktemp("certificates"), "named")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "other")


@pytest.fixture
def server(named):
    with HttpsServer(named.issue()) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_system(monkeypatch, tmp_path):
    """A system without any authority."""
    monkeypatch.setattr(authorities, "_BUNDLES", (str(tmp_path / "bundle.crt"),))
    monkeypatch.setattr(authorities, "_FOLDERS", (str(tmp_path / "folder"),))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def lay_folder(tmp_path, authority):
    """A folder as `openssl rehash` leaves it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    subject = x509.load_pem_x509_certificate(authority.pem).subject
    (folder / f"{subject_hash(subject)}.0").write_bytes(authority.pem)
    return folder


def subject_hash(subject):
    """OpenSSL's name hash: SHA-1 over the canonical encoding without its outermost sequence."""
    (attribute,) = subject
    text = " ".join(attribute.value.lower().split())
    canonical = x509.Name([x509.NameAttribute(attribute.oid, text)]).public_bytes()
    digest = hashes.Hash(hashes.SHA1())
    digest.update(canonical[2:])
    return digest.finalize()[:4][::-1].hex()


def is_trusted(server, tls=None):
    (answer,) = Client(tls=tls or Tls()).get([Request(server.url, 100)])
    if isinstance(answer, TlsError):
        return False
    return answer.status == 404


def test_without_any_authority_no_server_is_trusted(server):
    assert not is_trusted(server)


def test_a_named_file_is_trusted(server, named, other):
    assert is_trusted(server, Tls(ca_files=(named.ca_file,)))
    assert is_trusted(server, Tls(ca_files=(other.ca_file, named.ca_file)))
    assert not is_trusted(server, Tls(ca_files=(other.ca_file,)))


def test_the_system_bundle_is_trusted(server, named, tmp_path):
    (tmp_path / "bundle.crt").write_bytes(named.pem)
    assert is_trusted(server)


def test_the_system_folder_is_trusted(server, named, tmp_path):
    lay_folder(tmp_path, named)
    assert is_trusted(server)


def test_named_files_are_added_to_the_system_ones(server, named, other, tmp_path):
    (tmp_path / "bundle.crt").write_bytes(named.pem)
    assert is_trusted(server, Tls(ca_files=(other.ca_file,)))
    assert not is_trusted(server, Tls(ca_files=(other.ca_file,), system=False))


def test_named_files_are_added_to_the_system_folder(server, named, other, tmp_path):
    lay_folder(tmp_path, named)
    assert is_trusted(server, Tls(ca_files=(other.ca_file,)))
    assert not is_trusted(server, Tls(ca_files=(other.ca_file,), system=False))


@pytest.mark.parametrize("comment", [b"", b"# a comment\n" * 10_000], ids=["small", "large"])
@pytest.mark.parametrize("extra", [False, True], ids=["alone", "beside a named file"])
def test_the_bundle_counts_where_the_folder_does_not_know_the_authority(  # noqa: PLR0917 - fixtures
    server, named, other, tmp_path, extra, comment
):
    lay_folder(tmp_path, other)
    tls = Tls(ca_files=(other.ca_file,)) if extra else Tls()
    assert not is_trusted(server, tls)
    (tmp_path / "bundle.crt").write_bytes(comment + named.pem)
    assert is_trusted(server, tls)


def test_a_large_bundle_is_left_unread_where_the_folder_is_enough(server, named, other, tmp_path):
    lay_folder(tmp_path, named)
    (tmp_path / "bundle.crt").write_bytes(other.pem * 100)
    for tls in (Tls(), Tls(ca_files=(other.ca_file,))):
        found = Authorities(tls, env={})
        assert found.fallback == str(tmp_path / "bundle.crt")
        assert (found.bundle, found.blob) == ("", other.pem + b"\n" if tls.ca_files else b"")
        assert is_trusted(server, tls)
        assert found.fall_back()
        assert not found.fall_back()


def test_the_variable_names_another_bundle(server, named, other, tmp_path, monkeypatch):
    (tmp_path / "bundle.crt").write_bytes(named.pem)
    monkeypatch.setenv("SSL_CERT_FILE", other.ca_file)
    assert not is_trusted(server)
    (tmp_path / "bundle.crt").write_bytes(other.pem)
    monkeypatch.setenv("SSL_CERT_FILE", named.ca_file)
    assert is_trusted(server)


def test_the_variable_names_other_folders(server, named, tmp_path, monkeypatch):
    folder = lay_folder(tmp_path, named)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert not is_trusted(server)
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}:{folder}")
    assert is_trusted(server)


def test_a_named_file_without_a_certificate_is_an_error(tmp_path):
    empty = tmp_path / "empty.crt"
    empty.write_text("nothing")
    for path in (str(empty), str(tmp_path / "none.crt"), str(tmp_path)):
        with pytest.raises(TlsError, match="CA file"):
            Authorities(Tls(ca_files=(path,)), env={})


def test_a_system_without_authorities_is_no_error():
    assert Authorities(Tls(), env={}).blob == b""
