"""contenttrust.crypto: which keys it takes, what it answers, and what it raises."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import contenttrust
from contenttrust import crypto
from contenttrust.errors import MalformedError, PublicKeyError
from signature_vectors import CURVES, ec_key, octets_of, rsa_key

MESSAGE = b'{"_type":"Targets"}'
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)


def sign_ecdsa(key: ec.EllipticCurvePrivateKey, curve: str = "P-256") -> bytes:
    parts = decode_dss_signature(key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
    return b"".join(part.to_bytes(octets_of(curve), "big") for part in parts)


def certificate(key: ec.EllipticCurvePrivateKey, *, days: int = 3650) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry.example.com/web")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(PEM)


@pytest.fixture(scope="module")
def signer() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def rsa_signer() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def test_the_module_comes_with_the_package():
    assert contenttrust.crypto is crypto
    assert "crypto" in contenttrust.__all__


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("encoding", [DER, PEM])
def test_ecdsa_keys_are_taken_in_der_and_pem(curve, encoding):
    private = ec.generate_private_key(CURVES[curve])
    key = private.public_key().public_bytes(encoding, SPKI)
    signature = sign_ecdsa(private, curve)

    assert crypto.verify(key, signature, MESSAGE, "ecdsa") is True
    assert crypto.verify(key, signature, MESSAGE + b" ", "ecdsa") is False


@pytest.mark.parametrize("encoding", [DER, PEM])
def test_rsa_keys_are_taken_in_der_and_pem(rsa_signer, encoding):
    key = rsa_signer.public_key().public_bytes(encoding, SPKI)
    pss = rsa_signer.sign(MESSAGE, PSS, hashes.SHA256())
    pkcs1 = rsa_signer.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())

    assert crypto.verify(key, pss, MESSAGE, "rsapss") is True
    assert crypto.verify(key, pkcs1, MESSAGE, "rsapkcs1v15") is True
    assert crypto.verify(key, pss, MESSAGE, "rsapkcs1v15") is False
    assert crypto.verify(key, pkcs1, MESSAGE, "rsapss") is False


@pytest.mark.parametrize("form", ["raw", "DER", "PEM"])
def test_ed25519_keys_are_taken_raw_and_in_der_and_pem(form):
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key()
    key = {
        "raw": public.public_bytes_raw(),
        "DER": public.public_bytes(DER, SPKI),
        "PEM": public.public_bytes(PEM, SPKI),
    }[form]
    signature = private.sign(MESSAGE)

    assert crypto.verify(key, signature, MESSAGE, "eddsa") is True
    assert crypto.verify(key, signature, MESSAGE + b" ", "eddsa") is False


def test_of_certificates_the_first_one_s_key_counts(signer):
    other = ec.generate_private_key(ec.SECP256R1())
    signature = sign_ecdsa(signer)

    assert crypto.verify(certificate(signer), signature, MESSAGE, "ecdsa")
    assert crypto.verify(certificate(signer, days=1), signature, MESSAGE, "ecdsa")
    both = certificate(signer), certificate(other)
    assert crypto.verify(both[0] + both[1], signature, MESSAGE, "ecdsa")
    assert not crypto.verify(both[1] + both[0], signature, MESSAGE, "ecdsa")


def test_a_key_file_as_docker_writes_it_is_taken(signer):
    begin, *rest = signer.public_key().public_bytes(PEM, SPKI).splitlines(keepends=True)
    key = b"".join([b"\n", begin, b"role: alice\n", b"\n", *rest, b"\n"])

    assert crypto.verify(key, sign_ecdsa(signer), MESSAGE, "ecdsa")


@pytest.mark.parametrize("method", ["ECDSA", "Ecdsa"])
def test_methods_are_read_in_any_case_as_notary_does(signer, method):
    key = signer.public_key().public_bytes(DER, SPKI)

    assert crypto.verify(key, sign_ecdsa(signer), MESSAGE, method)


@pytest.mark.parametrize("method", ["rsapss", "rsapkcs1v15", "eddsa"])
def test_a_method_that_does_not_fit_the_key_is_a_no(signer, method):
    key = signer.public_key().public_bytes(DER, SPKI)

    assert crypto.verify(key, sign_ecdsa(signer), MESSAGE, method) is False


@pytest.mark.parametrize("signature", [b"", b"\x00" * 63, b"\x00" * 64, b"\xff" * 64, b"x" * 9000])
def test_bytes_that_are_no_signature_are_a_no(signer, signature):
    key = signer.public_key().public_bytes(DER, SPKI)

    assert crypto.verify(key, signature, MESSAGE, "ecdsa") is False


@pytest.mark.parametrize("method", ["ecdsa", "rsapss", "rsapkcs1v15", "eddsa"])
def test_a_right_signature_of_another_length_is_a_no(signer, rsa_signer, method):
    ed25519_signer = ed25519.Ed25519PrivateKey.generate()
    private, signature = {
        "ecdsa": (signer, sign_ecdsa(signer)),
        "rsapss": (rsa_signer, rsa_signer.sign(MESSAGE, PSS, hashes.SHA256())),
        "rsapkcs1v15": (
            rsa_signer,
            rsa_signer.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256()),
        ),
        "eddsa": (ed25519_signer, ed25519_signer.sign(MESSAGE)),
    }[method]
    key = private.public_key().public_bytes(DER, SPKI)

    assert crypto.verify(key, signature, MESSAGE, method)
    for other in (signature + b"\0", b"\0" + signature, signature[:-1], signature * 2):
        assert crypto.verify(key, other, MESSAGE, method) is False


@pytest.mark.parametrize(
    "method", ["", "ecdsa ", "rsa", "ed25519", "pycrypto-pkcs#1 pss", "ecdsa\0", "\ud800"]
)
def test_a_method_that_notary_does_not_have_is_a_value_error(signer, method):
    key = signer.public_key().public_bytes(DER, SPKI)

    with pytest.raises(ValueError, match="ecdsa, rsapss, rsapkcs1v15 or eddsa"):
        crypto.verify(key, b"", MESSAGE, method)


def unusable_keys() -> dict[str, bytes]:
    good = ec.generate_private_key(ec.SECP256R1()).public_key()
    der, pem = good.public_bytes(DER, SPKI), good.public_bytes(PEM, SPKI)
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    ed_der = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(DER, SPKI)
    return {
        "nothing": b"",
        "text": b"ssh-ed25519 AAAA",
        "a point off the curve": ec_key("P-256", 1, 1),
        "a compressed point": good.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        ),
        "secp256k1": ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(DER, SPKI),
        "Ed448": ed448.Ed448PrivateKey.generate().public_key().public_bytes(DER, SPKI),
        "RSA of 1024 bits": rsa_key((1 << 1024) - 1, 65537),
        "RSA of 8200 bits": rsa_key((1 << 8200) - 1, 65537),
        "DER and more": der + b"\0",
        "cut DER": der[:-1],
        "unused bits in an Ed25519 key": ed_der[:11] + b"\1" + ed_der[12:],
        "another algorithm on an Ed25519 key": ed_der[:8] + b"\x6e" + ed_der[9:],
        "an Ed25519 key of small order": b"\1" + b"\0" * 31,
        "an Ed25519 key of small order in DER": ed_der[:12] + b"\1" + b"\0" * 31,
        "31 bytes": b"\x11" * 31,
        "two keys": pem + pem,
        "text before": b"key:\n" + pem,
        "text behind": pem + b"x",
        "a NUL": pem[:30] + b"\0" + pem[30:],
        "no end": pem[:-30],
        "a private key": private,
        "a certificate that is none": pem.replace(b"PUBLIC KEY", b"CERTIFICATE"),
        "more than 64 KiB": pem + b"\n" * 65536,
    }


UNUSABLE = unusable_keys()


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("method", ["ecdsa", "eddsa"])
def test_an_unusable_key_is_an_error_that_says_why(kind, method):
    with pytest.raises(PublicKeyError) as caught:
        crypto.verify(UNUSABLE[kind], b"\0" * 64, MESSAGE, method)

    assert isinstance(caught.value, MalformedError)
    assert caught.value.code == "malformed"
    assert caught.value.message
    for text in (str(caught.value), caught.value.explain()):
        assert caught.value.message in text
        assert "Give a public key" in text
        assert "collection" not in text


@pytest.mark.parametrize("kind", [b"PRIVATE KEY", b"EC PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"])
def test_a_private_key_in_the_place_of_the_public_one_is_called_so(kind):
    pem = UNUSABLE["a private key"].replace(b"PRIVATE KEY", kind)
    with pytest.raises(PublicKeyError, match="a private key checks no signature"):
        crypto.verify(pem, b"", MESSAGE, "ecdsa")


@pytest.mark.parametrize("wrong", [bytearray(b"x"), memoryview(b"x"), "x", None, 32])
@pytest.mark.parametrize("name", ["key", "signature", "message"])
def test_anything_but_bytes_is_a_type_error_that_names_the_argument(signer, name, wrong):
    arguments = {
        "key": signer.public_key().public_bytes(DER, SPKI),
        "signature": sign_ecdsa(signer),
        "message": MESSAGE,
        "method": "ecdsa",
    }

    with pytest.raises(TypeError, match=f"{name} must be bytes"):
        crypto.verify(**(arguments | {name: wrong}))


@pytest.mark.parametrize("wrong", [b"ecdsa", None])
def test_a_method_that_is_no_text_is_a_type_error(signer, wrong):
    key = signer.public_key().public_bytes(DER, SPKI)

    with pytest.raises(TypeError, match="method must be a str"):
        crypto.verify(key, b"", MESSAGE, wrong)


def test_many_threads_get_the_same_answers(signer):
    key = signer.public_key().public_bytes(PEM, SPKI)
    signature = sign_ecdsa(signer)
    answers: list[bool] = []

    def ask() -> None:
        answers.extend(
            crypto.verify(key, signature, message, "ecdsa") == (message == MESSAGE)
            for message in [MESSAGE, b""] * 50
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [True] * 400
