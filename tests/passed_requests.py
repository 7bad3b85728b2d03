"""Signing requests as they go from one machine to the next, and what signs them there."""

from __future__ import annotations

from contenttrust.publish.initialisation import certified
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring


def root_certificate(publisher, gun):
    """A new root key of a publisher, in its certificate."""
    entry = publisher.keys.generate("ecdsa", role="root")
    signer = publisher.keys.open(entry.key_id)
    return certified(signer, gun, publisher.collection(gun).moment)


def passed_on(request):
    """The request as the next one reads it."""
    return SigningRequest.from_bytes(request.to_bytes())


def signed_by(request, publisher):
    """The request as the next one reads it, signed with the keys of a publisher."""
    request = passed_on(request)
    request.sign(Keyring(publisher.keys))
    return request
