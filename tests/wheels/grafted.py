"""Shared libraries that auditwheel grafted in: which package of the distribution each came from."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

# What the licence of each library is. A library that is not named here stops the wheel: somebody
# has to look at its terms first.
SPDX = {
    "libcrypto": "Apache-2.0",
    "libsimdjson": "Apache-2.0",
    "libsodium": "ISC",
}
GRAFTED_NAME = re.compile(r"(?P<stem>.+)-[0-9a-f]{8}(?P<version>\.so(\.[0-9.]+)?)")
DOCUMENTS = Path("/usr/share/doc")


class UnknownOriginError(Exception):
    """A library would be shipped without anybody knowing where it is from and under which terms."""


def original_name(grafted: str) -> str:
    """The name that a library had before auditwheel put a digest into it."""
    match = GRAFTED_NAME.fullmatch(grafted)
    if match is None:
        raise UnknownOriginError(f"{grafted} is not named as auditwheel names libraries")
    return match["stem"] + match["version"]


def files_of(package: str) -> set[str]:
    """The file names that a package of the distribution installs."""
    listed = subprocess.run(
        ["dpkg-query", "--listfiles", package], check=True, capture_output=True, text=True
    )
    return {Path(line).name for line in listed.stdout.splitlines()}


def distribution_name() -> str:
    """Who supplies the packages, as the system calls itself."""
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    return fields["NAME"].strip('"')


def newer_than(package: str, version: str) -> str:
    """The version that apt would install in place of one that is grafted; empty if none is newer.

    What apt knows is as old as its lists; without apt nothing is known.
    """
    if shutil.which("apt-cache") is None:
        return ""
    policy = subprocess.run(
        ["apt-cache", "policy", package],
        check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    found = re.search(r"^ +Candidate: (\S+)$", policy.stdout, re.MULTILINE)
    if found is None or found[1] == "(none)":
        return ""
    compared = subprocess.run(["dpkg", "--compare-versions", version, "lt", found[1]], check=False)
    return found[1] if compared.returncode == 0 else ""


def origin(library: str, packages: list[dict[str, Any]]) -> dict[str, Any]:
    """The component of auditwheel's document whose package installs a library.

    Raises:
        UnknownOriginError: None does, or it is no package of Debian's kind.
    """
    for package in packages:
        if package["purl"].startswith("pkg:deb/") and library in files_of(package["name"]):
            return package
    raise UnknownOriginError(f"{library}: no package of the distribution is known to hold it")


def component(grafted: Path, packages: list[dict[str, Any]], dist_info: Path) -> dict[str, Any]:
    """The CycloneDX component of a grafted library; its licence is copied into the wheel.

    Args:
        grafted: The library as it is shipped.
        packages: The components of auditwheel's document.
        dist_info: Where the licences of the unpacked wheel are.

    Raises:
        UnknownOriginError: Nothing says which package it is from, or under which licence.
    """
    library = original_name(grafted.name)
    stem = library.partition(".so")[0]
    if stem not in SPDX:
        raise UnknownOriginError(f"{library}: its licence is not in the table of {__name__}")
    package = origin(library, packages)
    licence = dist_info / "licenses" / package["name"] / "copyright"
    licence.parent.mkdir(parents=True, exist_ok=True)
    licence.write_bytes((DOCUMENTS / package["name"] / "copyright").read_bytes())
    shipped = grafted.relative_to(dist_info.parent).as_posix()
    return {
        "type": "library",
        "bom-ref": f"{package['purl']}#{library}",
        "supplier": {"name": distribution_name()},
        "name": package["name"],
        "version": package["version"],
        "description": library,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(grafted.read_bytes()).hexdigest()}],
        "licenses": [{"expression": SPDX[stem]}],
        "purl": package["purl"],
        "properties": [
            {"name": "contenttrust:linkage", "value": f"shared: {shipped}"},
            {
                "name": "contenttrust:licence-file",
                "value": licence.relative_to(dist_info).as_posix(),
            },
        ],
    }
