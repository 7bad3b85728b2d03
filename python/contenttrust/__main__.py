"""`python -m contenttrust`."""

from __future__ import annotations

import sys

from contenttrust.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
