"""A command that stops where its process would end, so that its memory can be searched."""

from __future__ import annotations

import base64
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from attacks.warm import ROUNDS

PROGRAM = f"""
import os, signal, sys
leave = os._exit
def stopping(code):
    os.kill(os.getpid(), signal.SIGSTOP)
    import ctypes
    print("dumpable:", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
    leave(code)
os._exit = stopping
if os.isatty(0):
    import fcntl, termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from contenttrust.keys import KeyStore
KeyStore.__init__.__kwdefaults__["rounds"] = {ROUNDS}
from contenttrust.cli.program import run
run()
"""
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*\n(?:\w+:.*\n)+", re.MULTILINE)


class Stopped:
    """A command in a process of its own."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        *,
        terminal: bool = False,
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        """Begin it.

        Args:
            arguments: Its command line.
            env: Its environment.
            terminal: Whether it has one, which is at `terminal`.
            pass_fds: Descriptors that it gets, and this process no longer has.
        """
        self.terminal, stdin = pty.openpty() if terminal else (-1, os.open(os.devnull, os.O_RDONLY))
        self._output, output = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=stdin, stdout=output, stderr=output, env=dict(env), pass_fds=pass_fds,
            start_new_session=True,
        )  # fmt: skip
        self.pid = self._process.pid
        for descriptor in (stdin, output, *pass_fds):
            os.close(descriptor)

    def types(self, prompts: Sequence[bytes], typed: bytes) -> None:
        """Type the same whenever one of these texts is shown, in their order."""
        for prompt in prompts:
            shown = b""
            while prompt not in shown:
                assert select.select([self.terminal], [], [], 60)[0], shown
                shown += os.read(self.terminal, 4096)
            os.write(self.terminal, typed + b"\n")

    def reaches_its_end(self) -> None:
        """Wait until it has stopped there."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status

    def places(self, needles: Mapping[str, bytes], *, guarded: bool = True) -> list[str]:
        """Where in its memory a secret is.

        Args:
            needles: Secrets by what they are called.
            guarded: Whether memory counts that core images leave out.
        """
        return [
            f"{name} at {where}"
            for where, content, is_guarded in self._memory()
            for name, needle in needles.items()
            if needle in content and (guarded or not is_guarded)
        ]

    def _memory(self) -> Iterator[tuple[str, bytes, bool]]:
        """Every mapping that can be read: what it is, its bytes, whether core images lack it."""
        with Path(f"/proc/{self.pid}/mem").open("rb", buffering=0) as memory:
            text = Path(f"/proc/{self.pid}/smaps").read_text()
            for found in re.finditer(
                r"^([0-9a-f]+)-([0-9a-f]+) .*\n(?:\w+:.*\n)+", text, re.MULTILINE
            ):
                start, end = int(found[1], 16), int(found[2], 16)
                try:
                    memory.seek(start)
                    content = memory.read(end - start)
                except (OSError, OverflowError):  # of the kernel, or behind the end of a file
                    continue
                yield (
                    found[0].partition("\n")[0],
                    content,
                    " dd" in found[0].rpartition("VmFlags:")[2],
                )

    def ends(self) -> tuple[int, str]:
        """Let it end: its exit code, and what it said."""
        self._process.send_signal(signal.SIGCONT)
        said = b""
        while part := os.read(self._output, 65_536):
            said += part
        os.close(self._output)
        if self.terminal >= 0:
            os.close(self.terminal)
        return self._process.wait(timeout=60), said.decode()


def private_numbers(trust_dir: Path, passphrase: bytes) -> dict[str, bytes]:
    """The secrets of all keys of a trust directory, in every way in which they are written.

    They are opened by another library than ours.
    """
    found = {}
    for path in (trust_dir / "private").glob("*.key"):
        lines = re.sub(r"-----.*-----|^.*: .*$", "", path.read_text(), flags=re.MULTILINE)
        key = load_der_private_key(base64.b64decode(lines), passphrase)
        found |= numbers_of(path.stem[:7], key)
    return found


def numbers_of(name: str, key: PrivateKeyTypes) -> dict[str, bytes]:
    """The secrets of one key, in every way in which they are written."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    found = {}
    for what, number in _secrets_of(key).items():
        found |= {
            f"{name} {what}, big-endian": number,
            f"{name} {what}, little-endian": number[::-1],
            f"{name} {what}, hexadecimal": number.hex().encode(),
            f"{name} {what}, base64": _within_a_line(der, number),
        }
    return found


def _secrets_of(key: PrivateKeyTypes) -> dict[str, bytes]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        value = key.private_numbers().private_value
        return {"number": value.to_bytes((key.key_size + 7) // 8, "big")}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"seed": key.private_bytes_raw()}
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.private_numbers()
    return {
        "exponent": numbers.d.to_bytes(key.key_size // 8, "big"),
        "first prime": numbers.p.to_bytes(key.key_size // 16, "big"),
        "second prime": numbers.q.to_bytes(key.key_size // 16, "big"),
    }


def _within_a_line(der: bytes, number: bytes) -> bytes:
    """What a PEM text with lines of 48 bytes shows of a secret: the longest piece in one line."""
    begin = der.index(number)
    first, last = -(-begin // 3) * 3, (begin + len(number)) // 3 * 3
    edges = [first, *range(-(-first // 48) * 48, last, 48), last]
    start, end = max(pairwise(edges), key=lambda piece: piece[1] - piece[0])
    assert end - start >= 12
    return base64.b64encode(der[start:end])
