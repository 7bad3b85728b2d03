"""The tutorial on signing, typed as it stands, by somebody who answers what he is asked."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from shlex import quote

from markdown_it import MarkdownIt

from interop import parts
from interop.trust_stack import free_ports

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "sign_first_image.md"
PASSPHRASE = b"correct horse\n"
PATIENCE_S = 120
TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def commands(folder: Path) -> str:
    """What the page says, in this folder instead of those that it names."""
    blocks = MarkdownIt("commonmark").parse(PAGE.read_text())
    text = "\n".join(block.content for block in blocks if block.info == "sh")
    text = text.replace("/tmp/trust-stack", str(folder / "stack"))
    text = text.replace("tests/interop/stack/", f"{quote(str(ROOT))}/tests/interop/stack/")
    return text.replace("PYTHONPATH=tests", f"PYTHONPATH={quote(str(ROOT))}/tests")


def typed(script: str, folder: Path, env: dict[str, str]) -> str:
    """Run a script at a terminal, answer its questions, and give what was shown."""
    terminal, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, "bash", "-c", script],
        stdin=other, stdout=other, stderr=other, cwd=folder, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(other)
    shown, answered, end = b"", 0, time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65_536)
            except OSError:  # nobody is left at the other end
                break
        asked = len(re.findall(rb"passphrase[^\n]*: ", shown))
        if answered < asked:
            os.write(terminal, PASSPHRASE)
            answered += 1
    os.close(terminal)
    process.wait(timeout=PATIENCE_S)
    return shown.decode()


def test_what_the_tutorial_says_can_be_done(tmp_path: Path) -> None:
    parts.want_servers()
    folder = Path("/tmp") / f"ct-tutorial-{os.getpid()}"
    folder.mkdir(mode=0o700)
    ports = dict(zip(("REGISTRY_PORT", "NOTARY_PORT", "SIGNER_PORT"), free_ports(3), strict=True))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(tmp_path), **{name: str(port) for name, port in ports.items()}}
    try:
        shown = typed(commands(folder), folder, env)
    finally:
        stop = [ROOT / "tests/interop/stack/down", "--dir", folder / "stack", "--wipe"]
        subprocess.run(stop, check=False, capture_output=True)
        subprocess.run(["rm", "-rf", folder], check=True)
    assert "signers  alice, bob" in shown
    assert "lost the signature of alice" in shown
    assert "Successfully rotated targets key" in shown
    assert shown.count("No valid trust data for 1.0") == 1
