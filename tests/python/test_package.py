"""The package's face: few names, all documented, and a quick start."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import contenttrust
from contenttrust import _core


def loaded_by(program):
    """Modules that a fresh interpreter has loaded after a program."""
    # An editable installation keeps the engine elsewhere, and its import hook needs -S to be off.
    engine = str(Path(_core.__file__).parent)
    found = f"import contenttrust; contenttrust.__path__.append({engine!r})"
    code = f"import sys; sys.path[:] = {sys.path!r}\n{found}\n{program}\nprint(*sys.modules)"
    command = [sys.executable, "-S", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_the_public_names_are_few_and_there():
    assert len(contenttrust.__all__) <= 40
    assert contenttrust.__all__ == sorted(contenttrust.__all__)
    assert dir(contenttrust) == contenttrust.__all__
    for name in contenttrust.__all__:
        assert getattr(contenttrust, name) is not None


def test_every_public_name_says_what_it_is():
    names = [name for name in contenttrust.__all__ if name != "__version__"]
    for name in names:
        assert (getattr(contenttrust, name).__doc__ or "").strip(), name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = contenttrust.no_such_name


def test_the_version_is_the_installed_one():
    assert contenttrust.__version__ == metadata.version("contenttrust")


@pytest.mark.parametrize(
    "imports",
    [
        "import contenttrust.verify",
        "from contenttrust.verification import run",
        "import contenttrust, contenttrust.verify",
        "from contenttrust import verify",
        "import importlib; importlib.import_module('contenttrust.verify')",
    ],
)
def test_verify_is_the_function_whatever_was_imported_before(imports):
    loaded_by(f"{imports}\nimport contenttrust\nassert callable(contenttrust.verify)")


def test_importing_the_package_loads_neither_the_engine_nor_anything_heavy():
    heavy = {
        "contenttrust._core", "contenttrust.reference", "contenttrust.transport",
        "contenttrust.explanations", "typing", "dataclasses", "re", "logging", "json", "pathlib",
        "datetime", "hashlib", "inspect", "importlib.metadata", "argparse", "tempfile", "socket",
    }  # fmt: skip
    bare = loaded_by("")
    assert not (loaded_by("import contenttrust") - bare) & heavy


def test_a_verification_loads_nothing_that_it_does_not_use():
    unused = {"typing", "dataclasses", "inspect", "asyncio", "ssl", "argparse", "tempfile"}
    program = (
        "import contenttrust\n"
        "try: contenttrust.verify('alpine', source={})\n"
        "except contenttrust.NoTrustDataError: pass\n"
    )
    assert not (loaded_by(program) - loaded_by("")) & unused
