"""The program that asks the notary library, or a skip by name where it cannot be had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import go_program
from differential import oracle
from differential.oracle import Oracle


@pytest.fixture(scope="session")
def asked() -> Iterator[Oracle]:
    try:
        go_program.built(oracle.SOURCE)
    except go_program.NotBuiltError as reason:
        # Also where everything else is promised to be there: no distribution has these modules.
        pytest.skip(f"differential: {reason}")
    with oracle.running() as running:
        yield running
