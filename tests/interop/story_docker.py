"""A collection that its publisher keeps with `docker push` and `docker trust`."""

from __future__ import annotations

from interop.collection import Collection
from interop.comparison import REFUSED
from interop.story import then

TWENTY = [f"t{number:02}" for number in range(20)]


def twenty_tags(it: Collection) -> None:
    """Sign twenty tags of twenty images in one publication."""
    for tag in TWENTY:
        it.add(tag, f"image-{tag}")
    it.publish()


def remove_last_signers(it: Collection) -> None:
    """Take every key out of the delegations; `targets/releases` stays behind without any."""
    for name in ("alice", "bob"):
        for key in it.key_ids(f"targets/{name}"):
            it.purge(key)


STEPS = [
    then(
        "an image that was never signed",
        lambda it: it.store("never", tag="v1"),
        {"v1": REFUSED, "latest": REFUSED},
        codes={"v1": "no_trust_data"},
    ),
    then(
        "the first signed push",
        lambda it: it.push("v1", "first"),
        {"v1": "first", "latest": REFUSED},
        codes={"latest": "not_signed"},
    ),
    then(
        "a tag pushed without signing",
        lambda it: it.store("unsigned", tag="v2"),
        {"v1": "first", "v2": REFUSED},
        codes={"v2": "not_signed"},
    ),
    then(
        "docker trust sign",
        lambda it: it.sign("v2", "second"),
        {"v1": "first", "v2": "second"},
    ),
    then(
        "a signed tag is moved to another image",
        lambda it: it.push("v1", "moved"),
        {"v1": "moved", "v2": "second"},
    ),
    then(
        "an unsigned push moves the tag at the registry only",
        lambda it: it.store("sneaked in", tag="v1"),
        {"v1": "moved"},
    ),
    then(
        "twenty tags at once",
        twenty_tags,
        {"t00": "image-t00", "t07": "image-t07", "t19": "image-t19", "t20": REFUSED},
    ),
    then(
        "the first signer",
        lambda it: it.add_signer("alice"),
        {"v1": "moved", "t03": "image-t03"},
    ),
    then(
        "a new tag signed by the signer",
        lambda it: it.push("v3", "by alice"),
        {"v3": "by alice", "v1": "moved"},
    ),
    then(
        "targets and releases name other digests for one tag",
        lambda it: it.push("v1", "released"),
        {"v1": "released", "v2": "second"},
    ),
    then(
        "a second signer",
        lambda it: it.add_signer("bob"),
        {"v1": "released", "v3": "by alice"},
    ),
    then(
        "a tag that both signers sign",
        lambda it: it.push("v4", "by both"),
        {"v4": "by both"},
    ),
    then(
        "docker trust revoke leaves the entry that targets has",
        lambda it: it.revoke("v1"),
        {"v1": "moved", "v4": "by both"},
    ),
    then(
        "docker trust revoke of a tag that only the signers list",
        lambda it: it.revoke("v3"),
        {"v3": REFUSED, "v4": "by both"},
        codes={"v3": "not_signed"},
    ),
    then(
        "a revoked tag is signed again",
        lambda it: it.push("v1", "again"),
        {"v1": "again"},
    ),
    then(
        "a signer is removed from all delegations",
        lambda it: it.purge(it.key_ids("targets/bob")[0]),
        {"v4": "by both", "v1": "again"},
    ),
    then(
        "the removed signer is added again",
        lambda it: it.add_signer("bob"),
        {"v4": "by both", "v1": "again"},
    ),
    then(
        "docker trust revoke of all leaves what targets itself lists",
        lambda it: it.revoke(),
        {"v1": "moved", "v4": REFUSED, "v2": "second", "t07": "image-t07"},
    ),
    then(
        "something is released again",
        lambda it: it.push("v5", "after all"),
        {"v5": "after all", "v2": "second"},
    ),
    then(
        "the last signers are removed",
        remove_last_signers,
        {"v2": "second", "v5": REFUSED},
        differs={"v2": "role_broken", "v5": "role_broken"},
    ),
    then(
        "a signer comes back",
        lambda it: (it.add_signer("alice"), it.push("v5", "resumed")),
        {"v2": "second", "v5": "resumed"},
    ),
]
