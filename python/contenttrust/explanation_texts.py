"""The texts of `explanations`: for each reason code Docker's line, and three sentences of ours."""

from __future__ import annotations

# Docker's and Notary's lines, kept to the letter because people and scripts search for them; the
# cause follows. Source: docker CLI `trust.NotaryError` and notary 0.7.0.
_MALICIOUS = "Warning: potential malicious behavior - trust data"
_INSUFFICIENT = f"{_MALICIOUS} has insufficient signatures for remote repository {{gun}}"
NO_ROOT_PATH = "could not validate the path to a trusted root"
_CONTACT = "Error: error contacting notary server"
DOCKER_LINES = {
    "no_trust_data": (
        "Error: remote trust data does not exist for {gun}: "
        "the source does not have trust data for {gun}"
    ),
    "not_signed": "No valid trust data for {subject}",
    "tag_unusable": "no valid hash, expecting sha256",
    "expired": "Error: remote repository {gun} out-of-date",
    "signature": _INSUFFICIENT,
    "threshold": _INSUFFICIENT,
    "rollback": f"{_MALICIOUS} version is lower than expected for remote repository {{gun}}",
    "missing_role": (
        "Error: trust data missing for remote repository {gun} or remote repository not found"
    ),
    "root_chain": "could not rotate trust to a new trusted root",
    "root_certificate": f"{NO_ROOT_PATH}: unable to retrieve valid leaf certificates",
    "anchor_mismatch": NO_ROOT_PATH,
    "unreachable": _CONTACT,
    "tls": _CONTACT,
    "unauthorized": "you are not authorized to perform this operation: server returned 401.",
}

_DAMAGED = "The file was damaged or altered, or it was not made by a Notary client."
_FORGED = "Whoever made it does not hold the keys that the publisher's root metadata names."
_UNREMEMBERED = "Without it an exchanged root or an older version would go unseen"

# code -> what happened, what it means, what to do next; one sentence each.
TEXTS = {
    "no_trust_data": (
        "There is no root metadata for {gun}{facts}",
        "Nobody has signed this collection, or its trust data is kept elsewhere",
        "Check the name and the source, and ask the publisher to sign ('contenttrust sign')",
    ),
    "not_signed": (
        "{Subject} of {gun} is signed neither in targets/releases nor in targets{facts}",
        "Those who may release from this repository have not vouched for it",
        (
            "Ask the publisher to sign it, or see what is signed: 'contenttrust list {gun}' "
            "with the same options"
        ),
    ),
    "not_released": (
        "{Subject} of {gun} is signed neither in targets/releases nor in targets{facts}",
        "A signer has signed it, but those who may release from this repository have not",
        (
            "Ask the publisher to release it, or see what is signed where: "
            "'contenttrust list --all-roles {gun}' with the same options"
        ),
    ),
    "tag_unusable": (
        "{Subject} of {gun} is signed without a usable sha256 digest{facts}",
        "The signature names no image that could be fetched by digest",
        "Ask the publisher to sign the tag again with Docker",
    ),
    "role_broken": (
        "{Subject} of {gun} cannot be resolved, because {what} is broken{facts}",
        "That role goes first, so another role's digest could be an older one",
        (
            "Ask the publisher to renew that role; Docker's fallback is there as '--compatible' "
            "(Requirements(compatible=True))"
        ),
    ),
    "malformed": (
        "{What} cannot be read{facts}",
        _DAMAGED,
        "Fetch it again; if it stays so, ask the publisher to publish the trust data again",
    ),
    "name": (
        "{gun} is no name of a collection{facts}",
        "Such a name could lead to another place than it says",
        "Check how it is spelled: it is written like host.example/team/image",
    ),
    "public_key": (
        "The public key is not usable{facts}",
        "No signature can be checked with it, and none was",
        (
            "Give a public key or certificate in PEM, a public key in DER, or the 32 bytes of an "
            "Ed25519 key"
        ),
    ),
    "limit_exceeded": (
        "{What} is larger or deeper than the limits allow{facts}",
        "Honest trust data stays far below them, so this may be meant to exhaust the reader",
        (
            "Ask the publisher first; if the size is meant, raise the limit: "
            "'--limit NAME=VALUE' (Requirements)"
        ),
    ),
    "fixed_limit": (
        "{What} is larger or deeper than any reader should take{facts}",
        "Honest trust data stays far below it, so this may be meant to exhaust the reader",
        "Do not use this data, and ask the publisher where it comes from",
    ),
    "costly_search": (
        "To find the image, more signed indexes would have to be fetched than one search may",
        "Nothing is wrong with what is signed: whether an index lists the image is not known",
        (
            "Name the tag of the index too (NAME:TAG@DIGEST), or have its images signed by their "
            "digests ('contenttrust sign --recursive')"
        ),
    ),
    "wrong_type": (
        "{What} says that it is another kind of document{facts}",
        "A file was served in another one's place",
        "Check how the trust data is stored and copied, then fetch it again",
    ),
    "key_id": (
        "{What} names a key by an id that is not the key's own{facts}",
        "A key was put under another key's name, which no Notary client does",
        "Do not use this data; ask the publisher to publish the trust data again",
    ),
    "signature": (
        "{What} carries no valid signature by a key of its role{facts}",
        _FORGED,
        "Do not use the image, and tell the publisher where this file came from",
    ),
    "threshold": (
        "{What} does not have the signatures that its role asks for{facts}",
        "Too few different keys have agreed to it, however often each one signed",
        "Do not use the image until the missing signers have signed",
    ),
    "hash": (
        "{What} is not the file that its parent names{facts}",
        "It was altered on the way, or files of different moments were mixed",
        "Fetch all files again from the publisher's trust server",
    ),
    "length": (
        "{What} has not the length that its parent names{facts}",
        "It was cut, extended or exchanged on the way",
        "Fetch all files again from the publisher's trust server",
    ),
    "missing_role": (
        "{What} is missing although signed metadata names it{facts}",
        "A file was withheld or lost, and what it said cannot be guessed",
        "Fetch the whole set again, and ask the publisher if it is still missing",
    ),
    "no_timestamp": (
        "There is no timestamp metadata for {gun}{facts}",
        "Without it nobody can tell whether the rest is the newest",
        "Check the source and what was copied from it: timestamp.json belongs beside root.json",
    ),
    "expired": (
        "{What} has expired{facts}",
        "Newer data may exist and be withheld, so nothing older counts as current",
        "Fetch fresh trust data; if the server's is expired too, the publisher must sign anew",
    ),
    "too_old": (
        "{What} is older than the requirements allow{facts}",
        "It has not expired, but it is not fresh enough for this caller",
        "Fetch fresh trust data, or allow a greater age in the requirements",
    ),
    "version": (
        "{What} has a version that cannot be right{facts}",
        "Versions are positive whole numbers and fit what the parent names",
        "Ask the publisher to publish the trust data again",
    ),
    "rollback": (
        "{What} is older than what was trusted before{facts}",
        "Somebody may be replaying old signatures to bring back an old image",
        "Ask the publisher, and do not delete what is remembered to make this go away",
    ),
    "root_chain": (
        "{What} does not follow from the root that is trusted already{facts}",
        "A change of root keys must be signed by the old keys and by the new ones, step by step",
        "Compare the root key ids with the publisher over another channel before trusting it",
    ),
    "replaced_root": (
        "The root of {gun} is not the one that is remembered, but has the same version{facts}",
        (
            "Either somebody puts other keys in the place of the publisher's, or the publisher has "
            "deleted the collection and made it anew"
        ),
        (
            "Ask the publisher over another channel, and do nothing before the answer; if it was "
            "made anew, move what is remembered away as the guide 'Explain a refusal' shows"
        ),
    ),
    "root_certificate": (
        "No certificate of the root is valid for {gun}{facts}",
        "The root belongs to another collection, or its certificate has expired",
        "Check the name, and ask the publisher to renew the root key's certificate",
    ),
    "certificate_elsewhere": (
        "The root is not one of {gun}{facts}",
        "Its certificate speaks for another collection, and for nothing else",
        "Check how the name is spelled, and whether the source holds this collection",
    ),
    "certificate_ahead": (
        "The certificate of the root of {gun} is not valid yet{facts}",
        "Either the moment that it is judged by is wrong, or the publisher's clock was",
        "Look at this machine's clock, or at the moment given as '--at' (now), then try again",
    ),
    "certificate_expired": (
        "The certificate of the root of {gun} has expired{facts}",
        "Nobody has vouched for the root key beyond that moment",
        "Look at this machine's clock; if it is right, ask the publisher to renew the certificate",
    ),
    "given_root": (
        "The root that was given as the anchor cannot vouch for {gun}{facts}",
        "No root of this collection can follow from it",
        "Give the root.json of this very collection ('--anchor-root', Anchor.root)",
    ),
    "anchor_mismatch": (
        "The root of {gun} does not fit the anchor{facts}",
        "This is not the root that you or your organisation pinned",
        "Compare the pin with what the publisher states over another channel",
    ),
    "no_anchor": (
        "Nothing speaks for the root of {gun}{facts}",
        "No pin is given, nothing is remembered, and trust on first use is switched off",
        "Give a pin that the publisher states over another channel, such as '--pin-cert'",
    ),
    "anchor_conflict": (
        "What speaks for the root of {gun} contradicts itself{facts}",
        "An anchor that is given, the record and Docker's cache must all hold",
        "Ask the publisher over another channel which root is right before you change any of them",
    ),
    "two_roots": (
        "Two different roots of {gun} with the same version are believed{facts}",
        (
            "They are those of the record and of Docker's cache, unless a root is given as the "
            "anchor ('--anchor-root'): then it may be one of the two"
        ),
        (
            "Ask the publisher over another channel which one is right; if the collection was made "
            "anew, move what is remembered away as the guide 'Explain a refusal' shows"
        ),
    ),
    "pin_conflict": (
        "The pin that is given for {gun} and the root that is remembered of it disagree{facts}",
        "What the record or Docker's cache remembers leads to a root that the pin does not name",
        (
            "Ask the publisher over another channel for the id of the root key: correct the pin "
            "if it is wrong; if it is right, do not use the image"
        ),
    ),
    "state_conflict": (
        "The state that is given for {gun} is the record of another collection{facts}",
        "What was trusted of one collection says nothing of another",
        "Give each collection its own State, as its last verification returned it",
    ),
    "role_name": (
        "{What} names a role that cannot exist{facts}",
        "Delegations are called targets/<name> in lower case; another name may aim at other files",
        "Do not use this data; ask the publisher to remove that delegation",
    ),
    "digest_mismatch": (
        "{Subject} of {gun} is signed for another digest{facts}",
        "The tag was moved, or the digest is not the publisher's",
        "Use the digest that is signed, or ask the publisher which one is meant",
    ),
    "policy": (
        "{Subject} of {gun} does not meet the policy{facts}",
        "The signatures are right, but they are not the ones that the policy asks for",
        "Have the missing signer sign it, or change the policy on purpose",
    ),
    "unreachable": (
        "No answer was had for {gun}{facts}",
        "Whether the image may be trusted is not known",
        (
            "Check the server's address ('--server') and the network; to read only, give a "
            "directory that holds the trust data ('--metadata')"
        ),
    ),
    "not_cached": (
        "Docker's cache has no usable copy of what is needed of {gun}{facts}",
        "No server was asked, so nothing is known",
        "Leave '--offline' out, or give a directory that holds the trust data ('--metadata')",
    ),
    "server_error": (
        "The source answered for {gun} with something that is no metadata file{facts}",
        "Whether the image may be trusted is not known",
        "Look at that file or at the server's log, then try again",
    ),
    "server_without_verdict": (
        "The trust server did not do what it was asked for {gun}{facts}",
        "That says nothing against what was sent",
        "Check the server's address ('--server') or look at its log, then try again",
    ),
    "unauthorized": (
        "The trust server asks for a login that is not possible for {gun}{facts}",
        "No credentials were sent, so {unknown}",
        "Tell who runs the trust server how it asks; a new login does not help",
    ),
    "credentials_refused": (
        "The credentials for {gun} were not accepted{facts}",
        "{Unknown}",
        "Log in to the registry again ('docker login') with an account that may {do} it",
    ),
    "no_credentials": (
        "The trust server asks who wants to {do} {gun}{facts}",
        "No credentials were sent, so {unknown}",
        "Log in to the registry ('docker login') with an account that may {do} it",
    ),
    "credentials": (
        "The credentials for {gun} cannot be used{facts}",
        "None were sent, so whether the image may be trusted is not known",
        "Repair what is named here; where that is not config.json, 'docker login' does not help",
    ),
    "access_denied": (
        "The trust server does not let this account {do} {gun}{facts}",
        "{Unknown}",
        "Check the name and the server's address, or use an account that may {do} it",
    ),
    "tls": (
        "No trustworthy connection to the trust server of {gun} was possible{facts}",
        "Its certificate may be forged, so nothing it says was read",
        (
            "Check its certificate; the authority that it leads to is named by '--tls-ca', or goes "
            "to tls/HOST[:PORT]/ca.crt in Docker's configuration directory"
        ),
    ),
    "not_tls": (
        "No trust data of {gun} can be read without TLS{facts}",
        "What answers there is no trust server, or not at its https port",
        (
            "Name the trust server ('--server', DOCKER_CONTENT_TRUST_SERVER); where none is named, "
            "the registry's own host is asked"
        ),
    ),
    "certificate_files": (
        "A certificate file of this machine cannot be used for {gun}{facts}",
        "No server was asked, so whether the image may be trusted is not known",
        "Repair what is named here, or take it away; certificates and keys are in PEM form",
    ),
    "service_ended": (
        "The trust server of {gun} has been shut down for good{facts}",
        "No newer trust data will come from it",
        "Ask the publisher how images are signed now",
    ),
    "trust_directory": (
        "What is remembered of {gun} cannot be used safely{facts}",
        _UNREMEMBERED,
        "Repair owner, mode and content of that file, or restore it; do not simply delete it",
    ),
    "trust_directory_unwritable": (
        "What is remembered of {gun} cannot be read or written there{facts}",
        _UNREMEMBERED,
        (
            "Name a trust directory that you may write ('--trust-dir', trust_dir=...), or repair "
            "owner and mode of what is named here; do not simply delete it"
        ),
    ),
    "trust_directory_full": (
        "What is to be remembered of {gun} could not be written{facts}",
        _UNREMEMBERED,
        "Free space, or name a trust directory that has some ('--trust-dir', trust_dir=...)",
    ),
    "trust_directory_locked": (
        "What is remembered of {gun} is held by another process{facts}",
        _UNREMEMBERED,
        "Wait for the process that holds it, or look why it does not end, and try again",
    ),
    # Of keys and of publishing: whoever finds these says what to do as well.
    "own_words": ("{message}", "", ""),
}
OTHER = ("The operation failed{facts}", "", "")


# Causes within one code that need other words, known by how the engine's message begins.
CAUSES = {
    ("limit_exceeded", "it takes more than"): "costly_search",
    ("missing_role", "there is no timestamp"): "no_timestamp",
    ("root_certificate", "the root given as anchor"): "given_root",
    ("root_certificate", "the root certificate was issued for"): "certificate_elsewhere",
    ("root_certificate", "the root certificate is not valid yet"): "certificate_ahead",
    ("root_certificate", "the root certificate expired"): "certificate_expired",
    ("anchor_mismatch", "invalid trust pinning specified"): "no_anchor",
    ("anchor_conflict", "two roots of the same version"): "two_roots",
    ("anchor_conflict", "unable to match any certificates"): "pin_conflict",
    ("anchor_conflict", "the remembered state is of another"): "state_conflict",
    ("malformed", "the custom data of a target"): "own_words",
    ("root_chain", "root has other content than before"): "replaced_root",
    ("root_chain", "the root of"): "own_words",
    ("unauthorized", "the credentials are refused"): "credentials_refused",
    ("unauthorized", "no credentials are known"): "no_credentials",
    ("unauthorized", "access is denied"): "access_denied",
    ("tls", "the CA file"): "certificate_files",
    ("tls", "the certificates in"): "certificate_files",
}
# What a broken role was found to be; the engine gives the reason code.
BROKEN = {
    "expired": "an expired one",
    "signature": "one without a valid signature",
    "threshold": "one with too few signatures",
}
