"""`python -m contenttrust`."""

from __future__ import annotations

from contenttrust.cli.program import run

if __name__ == "__main__":
    run()
