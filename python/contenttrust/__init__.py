"""Verify Docker Content Trust data: which digest is a tag signed for, by whom, and is it current?

>>> import contenttrust
>>> contenttrust.Reference.parse("alpine").gun
'docker.io/library/alpine'
"""

from __future__ import annotations

# Imported at once, so that the name `verify` is the function, never the module of that name.
# Everything else comes when it is first asked for: who needs one part must not pay for all.
from contenttrust.verify import load, verify, verify_many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust import crypto
    from contenttrust._core import build_info
    from contenttrust.errors import (
        ContentTrustError,
        ErrorCode,
        FetchError,
        KeyStoreError,
        NoTrustDataError,
        NotSignedError,
        PolicyError,
        VerificationError,
    )
    from contenttrust.model import (
        Anchor,
        Batch,
        Notice,
        Requirements,
        RoleInfo,
        SignedTag,
        Signer,
        State,
        TrustedRepository,
    )
    from contenttrust.policy.decision import Decision
    from contenttrust.policy.rules import Policy
    from contenttrust.reference import InvalidReferenceError, Reference
    from contenttrust.transport.cache import TrustDirectory
    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.directory import DirectorySource
    from contenttrust.transport.notary_config import anchor_from_notary_config
    from contenttrust.transport.source import MappingSource, Source
    from contenttrust.transport.tls import Tls
    from contenttrust.transport.trust_server import TrustServer
    from contenttrust.transport.trust_servers import trust_server_of

    __version__: str

__all__ = [
    "Anchor",
    "Batch",
    "ContentTrustError",
    "Credentials",
    "Decision",
    "DirectorySource",
    "ErrorCode",
    "FetchError",
    "InvalidReferenceError",
    "KeyStoreError",
    "MappingSource",
    "NoTrustDataError",
    "NotSignedError",
    "Notice",
    "Policy",
    "PolicyError",
    "Reference",
    "Requirements",
    "RoleInfo",
    "SignedTag",
    "Signer",
    "Source",
    "State",
    "Tls",
    "TrustDirectory",
    "TrustServer",
    "TrustedRepository",
    "VerificationError",
    "__version__",
    "anchor_from_notary_config",
    "build_info",
    "crypto",
    "load",
    "trust_server_of",
    "verify",
    "verify_many",
]

_HOMES = {
    "contenttrust._core": "build_info",
    "contenttrust.errors": (
        "ContentTrustError ErrorCode FetchError KeyStoreError NoTrustDataError NotSignedError "
        "PolicyError VerificationError"
    ),
    "contenttrust.model": (
        "Anchor Batch Notice Requirements RoleInfo SignedTag Signer State TrustedRepository"
    ),
    "contenttrust.policy.decision": "Decision",
    "contenttrust.policy.rules": "Policy",
    "contenttrust.reference": "InvalidReferenceError Reference",
    "contenttrust.transport.cache": "TrustDirectory",
    "contenttrust.transport.credentials": "Credentials",
    "contenttrust.transport.directory": "DirectorySource",
    "contenttrust.transport.notary_config": "anchor_from_notary_config",
    "contenttrust.transport.source": "MappingSource Source",
    "contenttrust.transport.tls": "Tls",
    "contenttrust.transport.trust_server": "TrustServer",
    "contenttrust.transport.trust_servers": "trust_server_of",
}


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 - nothing is imported before it is needed

    if name == "__version__":
        value: object = import_module("importlib.metadata").version("contenttrust")
    elif name == "crypto":
        value = import_module("contenttrust.crypto")
    else:
        home = next((home for home, names in _HOMES.items() if name in names.split()), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
