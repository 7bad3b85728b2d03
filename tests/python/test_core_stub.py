"""The hand-kept stub names exactly what the engine's module holds."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from contenttrust import _core

STUB = Path(__file__).parents[2] / "python" / "contenttrust" / "_core.pyi"


def test_stub_and_engine_have_the_same_classes() -> None:
    stub = {
        node.name for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef)
    }
    assert stub == {name for name, _ in inspect.getmembers(_core, inspect.isclass)}


def test_stub_and_engine_have_the_same_functions() -> None:
    functions = (
        node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.FunctionDef)
    )
    assert {node.name for node in functions} == {
        name for name, _ in inspect.getmembers(_core, inspect.isroutine)
    }
