"""A token of SoftHSM, which stands for an HSM."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from interop import parts

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = b"1234"
LABEL = "release"
# One process, one PKCS#11 library: it reads its configuration once.
_IN_A_PROCESS = """
import os, sys
import pkcs11
from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters
token = pkcs11.lib(os.environ["PYKCS11LIB"]).get_token(token_label=sys.argv[1])
with token.open(user_pin=sys.argv[2], rw=True) as session:
    for number, curve in enumerate(sys.argv[3:], 2):
        parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
        domain = session.create_domain_parameters(KeyType.EC, parameters, local=True)
        domain.generate_keypair(id=bytes([number]), label=curve, store=True)
"""


def token(folder: Path, *curves: str) -> Mapping[str, str]:
    """Make a token with a key of each curve, the first with the id 2: the environment to find it.

    Without SoftHSM the test is skipped by name; where everything is promised it fails.
    """
    if not MODULE.exists() or parts.missing("softhsm2-util"):
        parts.skip("SoftHSM2 is not installed")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder}/tokens\n")
    env = {"SOFTHSM2_CONF": str(config), "PYKCS11LIB": str(MODULE)}
    pin = PIN.decode()
    options = ["--init-token", "--free", "--label", LABEL, "--pin", pin, "--so-pin", "56789"]
    for command in (
        [shutil.which("softhsm2-util") or "", *options],
        [sys.executable, "-c", _IN_A_PROCESS, LABEL, pin, *curves],
    ):
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **env})
    return env


def bring(env: Mapping[str, str], file: Path, number: int) -> None:
    """Put a key of a file on the token, as one has it in a device that had it certified.

    Args:
        env: As `token` gives it.
        file: With the key, in PKCS#8.
        number: The id that it gets there.
    """
    subprocess.run(
        [
            *(shutil.which("softhsm2-util") or "", "--import", str(file), "--token", LABEL),
            *("--label", "root", "--id", f"{number:02x}", "--pin", PIN.decode()),
        ],
        check=True, capture_output=True, env={**os.environ, **env},
    )  # fmt: skip
