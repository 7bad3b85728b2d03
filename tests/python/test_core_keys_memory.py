"""What stays in memory of private keys and passphrases, seen from another process."""

from __future__ import annotations

import base64
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contenttrust._core import PrivateKey, Secret

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

KEYS = Path(__file__).parents[1] / "vectors" / "keys" / "import"
PASSPHRASE = b"import-pass"
# Reads the passphrase without Python's buffers, and says after each step what it has done.
CHILD = """
import os, sys
from contenttrust._core import Instant, PrivateKey, Secret
from contenttrust.errors import PassphraseError
def done(what):
    os.write(1, what); os.readv(0, [bytearray(1)])
text = bytearray(int(sys.argv[1]))
os.readv(0, [text])
passphrase = Secret(text)
contents = open(sys.argv[2], "rb").read()
try:
    key = PrivateKey.decode(contents, passphrase)
except PassphraseError:
    del passphrase
    done(b"3")
    sys.exit()
done(b"1")
for _ in range(8):
    key.sign(b"message")
if key.key_type != "ed25519":
    key.certificate("docker.io/library/x", Instant(0), Instant(1_000_000_000))
key.encode(passphrase, role="root", rounds=1000)
done(b"2")
del key, passphrase
done(b"3")
"""


def mappings(pid: int) -> list[tuple[int, int, bool]]:
    """Writable mappings: start, end, and whether core files leave them out."""
    out: list[tuple[int, int, bool]] = []
    start = end = 0
    writable = False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) (...)", line):
            start, end = int(match[1], 16), int(match[2], 16)
            writable = match[3] == "rw-"
        elif line.startswith("VmFlags:") and writable:
            out.append((start, end, "dd" in line.split()))
    return out


def places(pid: int, needles: list[bytes]) -> list[bool]:
    """Of every place where one of the needles is, whether core files leave it out."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end, left_out in mappings(pid):
            memory.seek(start)
            content = memory.read(end - start)
            found += [left_out for needle in needles for _ in range(content.count(needle))]
    return found


def der(name: str) -> bytes:
    lines = (KEYS / f"{name}.key").read_text().splitlines()
    return base64.b64decode("".join(lines[1:-1]))


def needles(*numbers: bytes) -> list[bytes]:
    """Both ways of writing each: libcrypto keeps numbers from the least significant octet up."""
    return [needle for number in numbers for needle in (number, number[::-1])]


class Opener:
    """A process that opens a key and stops after each step."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.stdin, self.stdout, self.pid = process.stdin, process.stdout, process.pid

    def reach(self, step: bytes) -> None:
        assert self.stdout.read(1) == step

    def go_on(self) -> None:
        self.stdin.write(b".")


@contextlib.contextmanager
def opener(path: Path) -> Iterator[Opener]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(len(PASSPHRASE)), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        child = Opener(process)
        child.stdin.write(PASSPHRASE)
        try:
            yield child
        finally:
            process.kill()


def check(path: Path, secret: list[bytes], *, stays_guarded: bool = True) -> None:
    with opener(path) as child:
        for step in (b"1", b"2"):
            child.reach(step)
            assert places(child.pid, [PASSPHRASE]) == [True], "only in guarded memory"
            found = places(child.pid, secret)
            assert found
            if stays_guarded:
                assert set(found) == {True}, "only in guarded memory"
            child.go_on()
        child.reach(b"3")
        assert places(child.pid, [PASSPHRASE, *secret]) == [], "nowhere once it is freed"


@pytest.mark.parametrize(
    "name", ["ec-pkcs8-pbes2-sha1", "ec-pkcs8-pbes2-aes128", "ec-pkcs8-scrypt", "ec-dek-aes256"]
)
def test_a_scalar_is_in_guarded_memory_only(name: str) -> None:
    check(KEYS / f"{name}.key", needles(der("ec-sec1")[7:39]))  # RFC 5915 section 3


def test_a_seed_is_in_guarded_memory_only(tmp_path: Path) -> None:
    plain = PrivateKey.decode((KEYS / "ed25519-pkcs8.key").read_bytes())
    path = tmp_path / "key"
    path.write_bytes(plain.encode(Secret(PASSPHRASE), rounds=1000))
    check(path, needles(der("ed25519-pkcs8")[-32:]))  # RFC 8410 section 7


def test_rsa_numbers_are_nowhere_once_the_key_is_freed() -> None:
    # Somewhere within the private exponent, both primes and their exponents. While the key signs,
    # libcrypto computes with copies of the primes in ordinary memory, and wipes them.
    text = der("rsa2048-pkcs1")
    numbers = [text[at : at + 32] for at in (320, 560, 700, 830, 960)]
    check(KEYS / "rsa2048-dek-aes128.key", needles(*numbers), stays_guarded=False)


def test_a_key_that_is_refused_after_it_was_decrypted_leaves_nothing(tmp_path: Path) -> None:
    lines = (KEYS / "ec-pkcs8-pbes2-sha1.key").read_text().splitlines()
    content = bytearray(base64.b64decode("".join(lines[1:-1])))
    # The block before the last: its octets of the public key become others, the padding stays.
    content[-32] ^= 1
    path = tmp_path / "key"
    path.write_text("\n".join([lines[0], base64.b64encode(content).decode(), lines[-1], ""]))
    with opener(path) as child:
        child.reach(b"3")
        assert places(child.pid, [PASSPHRASE, *needles(der("ec-sec1")[7:39])]) == []
