"""The two readers that are compared: `docker pull` and `contenttrust verify`."""

from __future__ import annotations

import json
import re
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interop.parts import docker
from interop.processes import Ran, run

REFUSALS = (
    "No valid trust data for ",
    "No trust data for ",
    "remote trust data does not exist for ",
    "trust data missing for remote repository ",
    "out-of-date: ",
    "potential malicious behavior",
    "could not validate the path to a trusted root",
    "could not rotate trust to a new trusted root",
    "no valid hash, expecting sha256",
    "error contacting notary server",
    "client is offline",
    "not authorized to perform this operation",
    "unauthorized",
)
"""How docker words that it trusts an image not, or cannot tell. All else is a broken test."""


@dataclass(frozen=True)
class Verdict:
    """What a reader says of one image.

    Attributes:
        digest: The digest to use, or None where it refuses.
        code: Why it refuses: our reason code, or docker's text.
        why: The same in words, with the role.
        notices: Reason codes of our warnings and broken roles; docker's standard error.
    """

    digest: str | None
    code: str = ""
    why: str = ""
    notices: tuple[str, ...] = ()


def pulled(env: Mapping[str, str], image: str) -> Verdict:
    """What `docker pull` makes of an image."""
    ran = run([docker() or "docker", "pull", image], env)
    if ran.code != 0:
        assert any(text in ran.said for text in REFUSALS), str(ran)
        return Verdict(None, ran.said)
    asked = re.findall(r"^Pull \(1 of 1\): .*@(sha256:[0-9a-f]{64})$", ran.out, re.MULTILINE)
    got = re.findall(r"^Digest: (sha256:[0-9a-f]{64})$", ran.out, re.MULTILINE)
    assert len(asked) == 1, str(ran)
    assert asked == got, str(ran)
    return Verdict(asked[0], notices=tuple(ran.err.splitlines()))


def program() -> str:
    """The installed command; `-m` would start through more modules."""
    return str(Path(sysconfig.get_path("scripts"), "contenttrust"))


def contenttrust(env: Mapping[str, str], *arguments: str) -> tuple[Ran, Any]:
    """Run our command and read its document."""
    ran = run([program(), *arguments, "-o", "json", "--no-input"], env)
    assert "Traceback" not in ran.err, str(ran)
    return ran, json.loads(ran.out)


def verified(env: Mapping[str, str], images: Sequence[str], *options: str) -> list[Verdict]:
    """What `contenttrust verify` says of each image, once it is sure that its parts agree."""
    ran, document = contenttrust(env, "verify", *options, *images)
    verdicts = []
    codes = {0}
    for image, result in zip(images, document["results"], strict=True):
        error = result["error"] or {"code": "", "role": "", "message": ""}
        assert result["image"] == image
        assert result["verified"] == (error["code"] == "") == (result["digest"] is not None)
        notices = [notice["code"] for notice in (*result["degraded"], *result["warnings"])]
        why = f"{error['role']}: {error['message']}" if error["code"] else ""
        verdicts.append(Verdict(result["digest"], error["code"], why, tuple(notices)))
        codes.add(3 if error["code"] in COULD_NOT_TELL else 1 if error["code"] else 0)
    assert ran.code == (1 if 1 in codes else max(codes)), str(ran)
    return verdicts


COULD_NOT_TELL = {"unreachable", "server_error", "unauthorized", "tls", "service_ended"}
