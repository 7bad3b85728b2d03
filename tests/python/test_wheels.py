"""What `./dev wheel` builds with and refuses to keep; the wheels themselves are made there."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from wheels import archives, bill_of_materials, grafted, interpreters

REQUIREMENTS = ["scikit-build-core>=0.11", "pybind11>=3.1"]


def program(path: Path, **said: object) -> Path:
    """A program that answers the probe as told."""
    facts = {
        "implementation": "cpython", "version": [3, 12, 1], "final": True, "free_threaded": False,
        "executable": str(path), "headers": True,
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({**facts, **said})}\nEND\n")
    path.chmod(0o755)
    return path


def environment(tmp_path: Path, path: str) -> dict[str, str]:
    return {"PATH": path, "PYENV_ROOT": str(tmp_path / "pyenv"), "HOME": str(tmp_path)}


def test_an_interpreter_on_path_goes_before_one_of_pyenv(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin" / "python3.12")
    program(tmp_path / "pyenv" / "versions" / "3.12.9" / "bin" / "python3.12")
    found = interpreters.find(environment(tmp_path, str(on_path.parent)))

    assert [one.executable for one in found if one.tag == "cp312"] == [on_path]


def test_of_pyenv_the_newest_version_is_taken(tmp_path: Path) -> None:
    folders = [tmp_path / "pyenv" / "versions" / name for name in ("3.12.9", "3.12.10", "3.12-dev")]
    programs = [program(folder / "bin" / "python3.12") for folder in folders]
    order = list(interpreters.candidates(12, environment(tmp_path, "")))

    assert order[:2] == [programs[1], programs[0]]


@pytest.mark.parametrize(
    "said",
    [
        {"implementation": "pypy"},
        {"version": [3, 11, 2]},
        {"final": False},
        {"free_threaded": True},
        {"headers": False},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_cannot_build_the_wheel_is_passed_over(
    tmp_path: Path, said: dict[str, object]
) -> None:
    assert interpreters.probe(program(tmp_path / "right"), 12) is not None
    assert interpreters.probe(program(tmp_path / "wrong", **said), 12) is None


def test_a_program_that_fails_is_no_interpreter(tmp_path: Path) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)

    assert interpreters.probe(shim, 12) is None


@pytest.mark.parametrize(
    ("shipped", "original"),
    [
        ("libcrypto-aa01e614.so.3", "libcrypto.so.3"),
        ("libsodium-703b3f76.so.23.3.0", "libsodium.so.23.3.0"),
        ("libgcc_s-0cd532bd.so", "libgcc_s.so"),
    ],
)
def test_a_grafted_library_has_its_name_back(shipped: str, original: str) -> None:
    assert grafted.original_name(shipped) == original


def test_a_library_of_unknown_licence_stops_the_wheel(tmp_path: Path) -> None:
    with pytest.raises(grafted.UnknownOriginError, match=r"libstranger\.so\.1: its licence"):
        grafted.component(tmp_path / "libstranger-01234567.so.1", [], tmp_path)


def test_a_library_of_no_package_stops_the_wheel(tmp_path: Path) -> None:
    with pytest.raises(grafted.UnknownOriginError, match="no package"):
        grafted.component(tmp_path / "libcrypto-01234567.so.3", [], tmp_path)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A small wheel, unpacked, with a complete bill of materials."""
    dist_info = tmp_path / "contenttrust-1.dist-info"
    library = tmp_path / "contenttrust.libs" / "libcrypto-aa01e614.so.3"
    for path, text in ((library, "code"), (dist_info / "licenses" / "terms", "free")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    parts = [
        {
            "type": "library", "name": name, "version": "1", "supplier": {"name": "somebody"},
            "licenses": [{"expression": "Apache-2.0"}], "purl": f"pkg:generic/{name}@1",
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(b"code").hexdigest()}],
            "properties": [
                {"name": bill_of_materials.LINKAGE, "value": linkage},
                {"name": bill_of_materials.LICENCE_FILE, "value": "licenses/terms"},
            ],
        }
        for name, linkage in (
            ("libssl3", "shared: contenttrust.libs/libcrypto-aa01e614.so.3"),
            ("pybind11", "headers"),
        )
    ]  # fmt: skip
    write_bill(tmp_path, parts)
    return tmp_path


def write_bill(unpacked: Path, parts: list[dict[str, object]]) -> None:
    document = bill_of_materials.document_of(unpacked)
    document.parent.mkdir(exist_ok=True)
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": parts}
    document.write_text(json.dumps(bill))


def parts_of(unpacked: Path) -> list[dict[str, object]]:
    return json.loads(bill_of_materials.document_of(unpacked).read_text())["components"]


def test_a_complete_bill_lacks_nothing(unpacked: Path) -> None:
    assert bill_of_materials.check(unpacked, REQUIREMENTS) == []


def test_a_library_that_no_entry_names_is_found(unpacked: Path) -> None:
    (unpacked / "contenttrust.libs" / "libother-01234567.so.1").write_text("other")
    (fault,) = bill_of_materials.check(unpacked, REQUIREMENTS)

    assert fault == "contenttrust.libs/libother-01234567.so.1: no entry with its digest"


def test_a_library_that_is_not_the_named_one_is_found(unpacked: Path) -> None:
    (unpacked / "contenttrust.libs" / "libcrypto-aa01e614.so.3").write_text("changed")

    assert len(bill_of_materials.check(unpacked, REQUIREMENTS)) == 1


def test_a_licence_that_is_not_shipped_is_found(unpacked: Path) -> None:
    (unpacked / "contenttrust-1.dist-info" / "licenses" / "terms").unlink()
    faults = bill_of_materials.check(unpacked, REQUIREMENTS)

    assert faults == [
        f"{name}: its licence is not in the wheel" for name in ("libssl3", "pybind11")
    ]


def test_a_build_requirement_without_an_entry_is_found(unpacked: Path) -> None:
    write_bill(unpacked, [part for part in parts_of(unpacked) if part["name"] != "pybind11"])

    assert bill_of_materials.check(unpacked, REQUIREMENTS) == [
        "pybind11: compiled in, and no entry"
    ]


@pytest.mark.parametrize("member", ["version", "supplier", "licenses", "purl"])
def test_an_entry_without_a_member_is_found(unpacked: Path, member: str) -> None:
    parts = parts_of(unpacked)
    del parts[0][member]
    write_bill(unpacked, parts)

    assert f"libssl3: no {member}" in bill_of_materials.check(unpacked, REQUIREMENTS)


def test_a_bill_against_the_schema_is_found(unpacked: Path) -> None:
    parts = parts_of(unpacked)
    parts[0]["hashes"] = [{"alg": "SHA-256", "content": "no digest"}]
    write_bill(unpacked, parts)

    assert bill_of_materials.check(unpacked, REQUIREMENTS)[0].startswith("not CycloneDX 1.6")


def test_a_requirement_of_another_machine_needs_no_entry() -> None:
    here, elsewhere = "a; python_version > '3'", "b; sys_platform == 'nowhere'"

    assert bill_of_materials.compiled_in([*REQUIREMENTS, here, elsewhere]) == {"pybind11", "a"}


def test_an_sdist_with_tests_or_compiled_files_has_a_surplus(tmp_path: Path) -> None:
    right = ["LICENSE", "cpp/src/a.cpp", "python/contenttrust/a.py"]
    wrong = ["tests/test_a.py", ".gitignore", "python/contenttrust/a.so", "python/__pycache__/a"]
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for name in right + wrong:
            archive.addfile(tarfile.TarInfo(f"contenttrust-1/{name}"), io.BytesIO())

    surplus = archives.sdist_surplus(tmp_path / "a.tar.gz")
    assert surplus == [f"contenttrust-1/{name}" for name in wrong]


def wheel_of(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_wheels_differ_by_files_and_by_what_these_say(tmp_path: Path) -> None:
    one = wheel_of(tmp_path / "1", **{"a.py": "1", "b.py": "1", "c.so": "1", "d.py": "1"})
    other = wheel_of(tmp_path / "2", **{"a.py": "1", "b.py": "2", "c.so": "2"})

    assert archives.differences(one, one) == []
    assert archives.differences(one, other) == ["d.py: only in one of both", "b.py: not the same"]
    assert archives.same_code(one, one)
    assert not archives.same_code(one, other)


def test_a_module_that_a_wheel_lacks_is_found(tmp_path: Path) -> None:
    package = tmp_path / "contenttrust"
    package.mkdir()
    for name in ("a.py", "b.py", "_core.pyi", "py.typed"):
        (package / name).touch()
    held = {f"contenttrust/{name}": "" for name in ("a.py", "_core.pyi", "py.typed")}

    wheel = wheel_of(tmp_path / "wheel", **held)
    assert archives.missing_modules(wheel, package) == ["contenttrust/b.py"]


def apt(folder: Path, monkeypatch: pytest.MonkeyPatch, candidate: str) -> None:
    """An apt that knows one version of every package."""
    file = folder / "apt-cache"
    file.write_text(f"#!/bin/sh\nprintf '$2:\\n  Installed: x\\n  Candidate: {candidate}\\n'\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="versions are compared by dpkg")
@pytest.mark.parametrize(
    ("candidate", "newer"),
    [
        ("3.0.22-1~deb12u2", True),
        ("3.0.19-1~deb12u2", False),
        ("3.0.9-1", False),
        ("(none)", False),
    ],
)
def test_a_grafted_library_older_than_the_distribution_s_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, candidate: str, *, newer: bool
) -> None:
    apt(tmp_path, monkeypatch, candidate)
    dist_info = tmp_path / "wheel" / "contenttrust-0.1.0.dist-info"
    (dist_info / "sboms").mkdir(parents=True)
    part = {
        "name": "libssl3", "version": "3.0.19-1~deb12u2", "description": "libcrypto.so.3",
        "purl": "pkg:deb/debian/libssl3@3.0.19-1~deb12u2",
    }  # fmt: skip
    compiled = {"name": "pybind11", "version": "3", "purl": "pkg:pypi/pybind11@3"}
    document = dist_info / "sboms" / "contenttrust.cdx.json"
    document.write_text(json.dumps({"components": [compiled, part]}))

    told = bill_of_materials.outdated(tmp_path / "wheel")

    sentence = f"libcrypto.so.3 is of libssl3 3.0.19-1~deb12u2, but apt has {candidate}"
    assert told == ([sentence] if newer else [])


def test_without_apt_nothing_newer_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert grafted.newer_than("libssl3", "1") == ""
