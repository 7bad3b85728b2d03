"""What a process with an environment of its own must be told so that its lines count."""

from __future__ import annotations

import os

COUNTING = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
"""Variables that coverage leaves for the processes that tests begin; without it there are none."""
