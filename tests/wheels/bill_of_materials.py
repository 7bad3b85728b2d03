"""One CycloneDX document in a wheel: what is compiled in, and what auditwheel grafted.

The build wrote down what it compiled in, auditwheel which packages its libraries are from. Both
become one document, and `check` holds it against what is really in the wheel.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from wheels import grafted

LINKAGE = "contenttrust:linkage"
LICENCE_FILE = "contenttrust:licence-file"
BACKEND = "scikit-build-core"
"""A build requirement of which nothing gets into the wheel."""


def dist_info_of(unpacked: Path) -> Path:
    """The metadata folder of an unpacked wheel."""
    (folder,) = unpacked.glob("*.dist-info")
    return folder


def document_of(unpacked: Path) -> Path:
    """The document of an unpacked wheel."""
    dist_info = dist_info_of(unpacked)
    return dist_info / "sboms" / f"{dist_info.name.partition('-')[0]}.cdx.json"


def libraries_of(unpacked: Path) -> list[Path]:
    """The grafted libraries of an unpacked wheel."""
    return sorted(path for path in unpacked.glob("*.libs/*") if path.is_file())


def complete(unpacked: Path) -> None:
    """Move what auditwheel wrote down into our document, with licences, digests and suppliers.

    Raises:
        UnknownOriginError: A library has no known package or licence.
    """
    document, dist_info = document_of(unpacked), dist_info_of(unpacked)
    theirs = dist_info / "sboms" / "auditwheel.cdx.json"
    bill, seen = json.loads(document.read_text("utf-8")), json.loads(theirs.read_text("utf-8"))
    added = [
        grafted.component(library, seen["components"], dist_info)
        for library in libraries_of(unpacked)
    ]
    bill["components"] += added
    bill["metadata"]["tools"] = {
        "components": [{"type": "application", **tool} for tool in seen["metadata"]["tools"]]
    }
    references = [part["bom-ref"] for part in added]
    bill["dependencies"][0]["dependsOn"] += references
    bill["dependencies"] += [{"ref": reference} for reference in references]
    document.write_text(json.dumps(bill, indent=1) + "\n", "utf-8")
    theirs.unlink()


def outdated(unpacked: Path) -> list[str]:
    """The grafted libraries that the distribution has a newer package of, one sentence each."""
    parts = json.loads(document_of(unpacked).read_text("utf-8"))["components"]
    shared = [part for part in parts if part.get("purl", "").startswith("pkg:deb/")]
    newer = [grafted.newer_than(part["name"], part["version"]) for part in shared]
    return [
        f"{part['description']} is of {part['name']} {part['version']}, but apt has {version}"
        for part, version in zip(shared, newer, strict=True)
        if version
    ]


def values(part: dict[str, Any], name: str) -> list[str]:
    """The values of a component's properties of that name."""
    return [entry["value"] for entry in part.get("properties", ()) if entry["name"] == name]


def compiled_in(requirements: list[str]) -> set[str]:
    """The build requirements that leave something in the wheel on this machine."""
    parsed = map(Requirement, requirements)
    wanted = {
        str(canonicalize_name(one.name))
        for one in parsed
        if one.marker is None or one.marker.evaluate()
    }
    return wanted - {BACKEND}


def check(unpacked: Path, requirements: list[str]) -> list[str]:
    """What the document of a wheel lacks; nothing if it is complete.

    Args:
        unpacked: The wheel's files.
        requirements: `build-system.requires` of the project.
    """
    dist_info, text = dist_info_of(unpacked), document_of(unpacked).read_text("utf-8")
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    found = [f"not CycloneDX 1.6: {error}"] if error is not None else []
    parts = json.loads(text)["components"]
    for part in parts:
        found += [
            f"{part['name']}: no {member}"
            for member in ("version", "supplier", "licenses", "purl")
            if not part.get(member)
        ]
        files = [dist_info / name for name in values(part, LICENCE_FILE)]
        if not files or not all(file.is_file() and file.stat().st_size for file in files):
            found.append(f"{part['name']}: its licence is not in the wheel")
    named = {value: part for part in parts for value in values(part, LINKAGE)}
    for library in libraries_of(unpacked):
        name = library.relative_to(unpacked).as_posix()
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
        hashes = named.get(f"shared: {name}", {}).get("hashes", ())
        if digest not in {entry["content"] for entry in hashes}:
            found.append(f"{name}: no entry with its digest")
    missing = compiled_in(requirements) - {part["name"] for part in parts}
    return [*found, *(f"{name}: compiled in, and no entry" for name in sorted(missing))]
