"""Writes the licences and the bill of materials of what is compiled into the extension.

CMake calls it while it configures, with the Python that builds: only there is it known which
versions are taken. Shared libraries are not its business; they are named when they are grafted.

Usage: compiled_in.py FOLDER PROJECT VERSION [DISTRIBUTION[=FILE]]…
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from email.utils import parseaddr
from importlib import metadata
from pathlib import Path

# What the metadata of a distribution does not say as an SPDX expression.
SPDX = {"Apache v2.0": "Apache-2.0"}


def field(described: metadata.PackageMetadata, name: str) -> str:
    """A field of a distribution's metadata; empty if it is not there."""
    return str((described.get_all(name) or [""])[0])


def supplier(described: metadata.PackageMetadata) -> str:
    """Who publishes a distribution: its author's name, without the address."""
    return field(described, "Author") or parseaddr(field(described, "Author-email"))[0]


def licence(described: metadata.PackageMetadata) -> str:
    """The SPDX expression of a distribution.

    Raises:
        KeyError: It states none, and the table above does not know its words.
    """
    return field(described, "License-Expression") or SPDX[field(described, "License")]


def copy_licences(name: str, folder: Path) -> list[str]:
    """Copy the licence files of a distribution to `licenses/NAME/`; their paths below `folder`."""
    copied = []
    for path in metadata.files(name) or ():
        parts = [part.lower() for part in path.parts]
        in_metadata = parts[0].endswith(".dist-info")
        if in_metadata and ("licenses" in parts or parts[-1].startswith(("license", "notice"))):
            target = folder / "licenses" / name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(path.locate()), target)
            copied.append(target.relative_to(folder).as_posix())
    if not copied:
        sys.exit(f"{name}: no licence file comes with it")
    return sorted(copied)


def component(name: str, linked: str, folder: Path) -> dict[str, object]:
    """The CycloneDX component of an installed distribution.

    Args:
        name: The distribution, under its normalised name.
        linked: Path of the static library that is linked in; empty if only headers are used.
        folder: Where licence files are copied to.
    """
    described = metadata.metadata(name)
    version = metadata.version(name)
    purl = f"pkg:pypi/{name}@{version}"
    entry: dict[str, object] = {
        "type": "library",
        "bom-ref": purl,
        "supplier": {"name": supplier(described)},
        "name": name,
        "version": version,
        "licenses": [{"expression": licence(described)}],
        "purl": purl,
    }
    if linked:
        digest = hashlib.sha256(Path(linked).read_bytes()).hexdigest()
        entry["hashes"] = [{"alg": "SHA-256", "content": digest}]
    how = f"static: {Path(linked).name}" if linked else "headers"
    entry["properties"] = [
        {"name": "contenttrust:linkage", "value": how},
        *(
            {"name": "contenttrust:licence-file", "value": path}
            for path in copy_licences(name, folder)
        ),
    ]
    return entry


def main(folder: Path, project: str, version: str, *distributions: str) -> None:
    """Write `folder`/sboms and `folder`/licenses anew."""
    shutil.rmtree(folder, ignore_errors=True)
    own = f"pkg:pypi/{project}@{version}"
    parts = [
        component(name, linked, folder)
        for name, _, linked in (argument.partition("=") for argument in sorted(distributions))
    ]
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": own,
                "name": project,
                "version": version,
                "licenses": [{"expression": "Apache-2.0"}],
                "purl": own,
            }
        },
        "components": parts,
        "dependencies": [
            {"ref": own, "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"]} for part in parts),
        ],
    }
    written = folder / "sboms" / f"{project}.cdx.json"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps(bill, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
