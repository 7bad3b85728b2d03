"""The command line: words and exit codes. Each verb is a thin call into the library."""

from __future__ import annotations
