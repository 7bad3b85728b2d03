"""Docker's reading of DOCKER_CONTENT_TRUST, also where it surprises."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contenttrust.gate.environment import content_trust_on

OFF = ("", "0", "f", "F", "false", "FALSE", "False")
ON = (
    *("1", "t", "T", "true", "TRUE", "True", "yes", "no", "off", "on", "2", " 1", " 0", "0 "),
    *("fALSE", "00", "-0", "n", "disabled", "\t"),
)


@pytest.mark.parametrize("value", OFF)
def test_t095_what_go_reads_as_false_switches_it_off(value: str) -> None:
    assert not content_trust_on({"DOCKER_CONTENT_TRUST": value})


@pytest.mark.parametrize("value", ON)
def test_t095_everything_else_switches_it_on(value: str) -> None:
    assert content_trust_on({"DOCKER_CONTENT_TRUST": value})


def test_unset_is_off() -> None:
    assert not content_trust_on({"DOCKER_CONTENT_TRUST_SERVER": "https://example.com"})


def test_reading_it_loads_nothing_beside_the_package() -> None:
    code = (
        "import sys, contenttrust; before = set(sys.modules); import contenttrust.gate.environment;"
        "print(sorted(set(sys.modules) - before), 'contenttrust._core' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == ("['contenttrust.gate', 'contenttrust.gate.environment'] False")
