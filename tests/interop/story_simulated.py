"""States that no original client can publish: expired roles, lies, files that are withheld."""

from __future__ import annotations

import time

from interop.comparison import REFUSED
from interop.simulated import Simulated, ago, from_now
from interop.story import then
from simulator import key_pair

RELEASES = "targets/releases"
SOON_S = 10
"""Long enough for all readers to ask once on a busy machine."""


def begin(it: Simulated) -> None:
    """Two tags in targets, one of them released with another digest."""
    it.tag("v1", "in targets")
    it.tag("v2", "only in targets")
    it.releases()
    it.tag("v1", "released", role=RELEASES)
    it.publish()


def expire(it: Simulated, name: str) -> None:
    """A role's new version is past its end already."""
    it.repo[name].expires = ago(minutes=1)
    it.publish(name)


def mend(it: Simulated, name: str) -> None:
    """The role's next version lives again."""
    it.renew(name)
    it.publish(name)


def expire_root(it: Simulated) -> None:
    """A new root, signed by the former, that is past its end already."""
    it.repo.next_root()
    it.repo.root.expires = ago(minutes=1)
    it.publish("targets")


def mend_root(it: Simulated) -> None:
    """The next root lives again."""
    it.repo.next_root()
    it.renew("root")
    it.publish("targets")


def ask_for_two(it: Simulated) -> None:
    """Releases needs two signatures and has one."""
    it.repo[RELEASES].threshold = 2
    it.repo[RELEASES].keys.append(key_pair("second key of releases").bare)
    it.repo[RELEASES].signers = it.repo[RELEASES].keys[:1]
    it.publish("targets", RELEASES)


def sign_twice(it: Simulated) -> None:
    """Both keys sign."""
    it.repo[RELEASES].signers = None
    it.publish(RELEASES)


GOOD = {"v1": "released", "v2": "only in targets"}
NOTHING = {"v1": REFUSED, "v2": REFUSED}
WITHOUT_RELEASES = {"v1": "in targets", "v2": "only in targets"}
BROKEN = {"v1": "role_broken", "v2": "role_broken"}
EXPIRED = {"v1": "expired", "v2": "expired"}

LAPSES = [
    then("a good collection", begin, GOOD),
    then("releases expires", lambda it: expire(it, RELEASES), WITHOUT_RELEASES, differs=BROKEN),
    then("releases is renewed", lambda it: mend(it, RELEASES), GOOD),
    then("releases lacks a signature", ask_for_two, WITHOUT_RELEASES, differs=BROKEN),
    then("releases has both signatures", sign_twice, GOOD),
    then("targets expires", lambda it: expire(it, "targets"), NOTHING, codes=EXPIRED),
    then("targets is renewed", lambda it: mend(it, "targets"), GOOD),
    then("snapshot expires", lambda it: expire(it, "snapshot"), NOTHING, codes=EXPIRED),
    then("snapshot is renewed", lambda it: mend(it, "snapshot"), GOOD),
    then("timestamp expires", lambda it: expire(it, "timestamp"), NOTHING, codes=EXPIRED),
    then("timestamp is renewed", lambda it: mend(it, "timestamp"), GOOD),
    then("root expires", expire_root, NOTHING, codes=EXPIRED),
    then("root is renewed", mend_root, GOOD),
]


def freeze(it: Simulated) -> None:
    """The timestamp has seconds to live, and no other comes."""
    it.repo["timestamp"].expires = from_now(seconds=SOON_S)
    it.ends = time.monotonic() + SOON_S
    it.publish("timestamp")


def wait_for_the_end(it: Simulated) -> None:
    """Nothing happens until the timestamp has expired."""
    time.sleep(max(0, it.ends + 1 - time.monotonic()))


FREEZE = [
    then("a good collection", begin, GOOD),
    then("the timestamp has seconds to live", freeze, {"v1": "released"}),
    then("these seconds pass", wait_for_the_end, NOTHING, codes=EXPIRED),
    then(
        "the server has no timestamp at all",
        lambda it: it.publish(without=("timestamp",)),
        NOTHING,
    ),
    then("a new timestamp comes", lambda it: mend(it, "timestamp"), GOOD),
    then(
        "the timestamp is withheld while the former lives",
        lambda it: it.publish("targets", without=("timestamp",)),
        NOTHING,
        warm=GOOD,
    ),
]


def keep_and_go_on(it: Simulated) -> None:
    """Remember what is served, then publish a longer list."""
    it.kept = it.publish()
    it.tag("v1", "mended", role=RELEASES)
    it.tag("v3", "added")
    it.publish("targets", RELEASES)


ROLLBACK = [
    then("a good collection", begin, GOOD),
    then("v1 is mended", keep_and_go_on, {"v1": "mended", "v3": "added"}),
    then(
        "the former files come back",
        lambda it: it.serve(it.kept),
        {"v1": "released", "v3": REFUSED},
        warm={"v1": REFUSED},
    ),
    then("the newest files come back", lambda it: it.publish(), {"v1": "mended", "v3": "added"}),
]


def vanish(it: Simulated) -> None:
    """The snapshot lists releases no more, though targets still delegates to it."""
    it.repo[RELEASES].published = False
    it.publish("targets")


LEFT_OUT = [
    then("a good collection", begin, GOOD),
    then(
        "releases vanishes from the snapshot",
        vanish,
        WITHOUT_RELEASES,
        warm_differs={"v1": "missing_role", "v2": "missing_role"},
    ),
]


def smaller_and_older(it: Simulated) -> None:
    """Whoever holds the server's keys names an older, smaller targets file."""
    it.repo["targets"].version = 1
    it.repo.targets.pop("v3")
    it.repo.advance()
    it.publish()


def longer(it: Simulated) -> None:
    """A second publication with more in it."""
    it.tag("v3", "added")
    it.publish("targets")


SMALLER = [
    then("a good collection", begin, GOOD),
    then("a tag is added", longer, {"v3": "added", **GOOD}),
    then(
        "an older targets file that is smaller",
        smaller_and_older,
        {"v3": REFUSED, "v2": "only in targets"},
        warm_differs={"v3": "rollback", "v2": "rollback"},
    ),
]


def two_roots(it: Simulated) -> None:
    """Two more roots; the keys of the first sign the last as well, and that between is gone."""
    first = list(it.repo.root.keys)
    it.repo.rotate("root", [key_pair("second root").certified(it.gun)])
    it.repo.rotate("root", [key_pair("third root").certified(it.gun)])
    it.repo.retired_root_keys += first
    it.publish("targets", without=("2.root",))


GAP = [
    then("a good collection", begin, GOOD),
    then(
        "a root between is missing, but the known root's keys sign the newest",
        two_roots,
        GOOD,
        warm_differs={"v1": "root_chain", "v2": "root_chain"},
    ),
]


def foreign_root(it: Simulated) -> None:
    """A root of the next version that the former root's keys have not signed."""
    it.repo.next_root()
    it.repo.retired_root_keys = []
    it.repo.root.keys = [key_pair("foreign root").certified(it.gun)]
    it.repo["timestamp"].keys = [key_pair("foreign timestamp").bare]
    it.publish("targets")


def foreign_name(it: Simulated) -> None:
    """The certificate of root speaks of another collection."""
    it.repo.root.keys = [key_pair("foreign root").certified(f"{it.gun}-other")]
    it.publish("targets")


FOREIGN = [
    then("a good collection", begin, GOOD),
    then("a root that the former has not signed", foreign_root, GOOD, warm=NOTHING),
    then("a root for another collection", foreign_name, NOTHING),
]

STORIES = {
    "lapses": LAPSES,
    "freeze": FREEZE,
    "rollback": ROLLBACK,
    "left out": LEFT_OUT,
    "smaller": SMALLER,
    "gap": GAP,
    "foreign": FOREIGN,
}
