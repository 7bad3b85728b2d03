"""libcurl, as pycurl's extension module alone.

Since 7.46 the package `pycurl` also imports asyncio, inspect and dataclasses for an interface that
is not used here: more than half of what a command spends before its first request. The extension
is loaded without them; where pycurl is built otherwise, the package is taken as it is.

When libcurl begins, it reads the variable ``SSLKEYLOGFILE``, and from then on writes the secrets of
every connection into that file. An environment that was inherited must not have that done here.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import pycurl as pycurl  # noqa: PLC0414 - exported
else:

    def _extension() -> ModuleType:
        package = PathFinder.find_spec("pycurl")
        if "pycurl" not in sys.modules and package is not None:
            folders = package.submodule_search_locations
            name = "pycurl._pycurl"
            inner = PathFinder.find_spec(name, folders) if folders else None
            if inner is not None and inner.loader is not None:
                module = inner.loader.create_module(inner)
                if module is not None:
                    inner.loader.exec_module(module)
                    # An extension is loaded once a process: whoever imports pycurl later finds it.
                    return sys.modules.setdefault(name, module)
        import pycurl  # noqa: PLC0415 - only where the extension cannot be had alone

        return pycurl

    @contextlib.contextmanager
    def _without_key_log() -> Iterator[None]:
        """Take the variable away for a moment, from the process and so from its libraries."""
        name = "SSLKEYLOGFILE"
        path = os.environ.pop(name, None)
        try:
            yield
        finally:
            if path is not None:
                os.environ[name] = path

    with _without_key_log():
        pycurl = _extension()
        pycurl.global_init(pycurl.GLOBAL_ALL)  # else the first handle does it
