"""A package that offers keys which are kept elsewhere, under addresses of one scheme."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_PLUGIN = """
from contenttrust._core import PrivateKey

keys = {}

def make(address, passphrases):
    return keys.setdefault(address, PrivateKey.generate("ecdsa"))
"""


@contextmanager
def offered(scheme: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Have the package installed.

    Args:
        scheme: With which its addresses begin.
        place: A new folder for it.
        monkeypatch: Puts that on the path of modules.

    Yields:
        The keys that were made, by address.
    """
    module = f"signer_of_{scheme.replace('-', '_')}"
    folder = place / f"{module}-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(f"[contenttrust.signers]\n{scheme} = {module}:make\n")
    (place / f"{module}.py").write_text(_PLUGIN)
    monkeypatch.syspath_prepend(place)
    try:
        yield importlib.import_module(module).keys
    finally:
        sys.modules.pop(module, None)
