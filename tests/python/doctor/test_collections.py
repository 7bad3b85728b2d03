"""Which collections a trust directory knows."""

from __future__ import annotations

from contenttrust.doctor import collections
from simulator.repository import Repository


def known(place):
    return collections.known(str(place.path))


def test_an_absent_trust_directory_knows_nothing(tmp_path):
    assert collections.known(str(tmp_path / "nowhere")).guns == []


def test_collections_are_known_from_the_cache_and_from_the_records(place):
    place.cache(Repository("docker.io/acme/cached"))
    place.verify(Repository("localhost:5000/both"))
    place.verify(Repository("just/recorded"))
    for file in place.metadata("just/recorded").rglob("*.json"):
        file.unlink()

    found = known(place)

    assert found.cached == ["docker.io/acme/cached", "localhost:5000/both"]
    assert found.recorded == ["just/recorded", "localhost:5000/both"]
    assert found.guns == ["docker.io/acme/cached", "just/recorded", "localhost:5000/both"]


def test_a_collection_below_another_one_is_known(place):
    place.cache(Repository("host/a"))
    place.cache(Repository("host/a/b"))

    assert known(place).cached == ["host/a", "host/a/b"]


def test_a_delegation_that_is_called_metadata_is_no_collection(place):
    repository = Repository("host/a")
    repository.delegate("targets/metadata")
    repository.delegate("targets/metadata/x")
    place.cache(repository)

    assert known(place).cached == ["host/a"]


def test_empty_directories_of_a_failed_pull_are_no_collection(place):
    place.metadata("host/failed").mkdir(parents=True)
    (place.metadata("host/failed").parent / "changelist").mkdir()

    assert known(place).guns == []


def test_a_damaged_record_is_a_failure_that_names_its_collection_where_it_can(place):
    place.verify(Repository("host/cached"))
    (record,) = place.records
    record.write_text("{")

    (finding,) = known(place).findings

    assert (finding.subject, finding.level) == ("host/cached", "failure")
    assert "do not simply delete it" in finding.advice


def test_a_damaged_record_without_a_cache_is_named_by_its_file(place):
    (place.path / "contenttrust").mkdir(mode=0o700)
    record = place.path / "contenttrust" / f"{'0' * 64}.json"
    record.write_bytes(b"\xff")

    (finding,) = known(place).findings

    assert (finding.subject, finding.level) == (str(record), "failure")


def test_a_record_under_another_one_s_name_is_damaged(place):
    place.verify(Repository("host/one"))
    (record,) = place.records
    other = record.with_name(f"{'0' * 64}.json")
    other.write_bytes(record.read_bytes())

    found = known(place)

    assert found.recorded == ["host/one"]
    (finding,) = found.findings
    assert "it speaks of host/one" in finding.message


def test_a_record_that_is_a_link_is_not_followed(place, tmp_path):
    place.verify(Repository("host/one"))
    (record,) = place.records
    record.rename(tmp_path / "elsewhere")
    record.symlink_to(tmp_path / "elsewhere")

    found = known(place)

    assert found.recorded == []
    assert "symbolic link" in found.findings[0].message


def test_locks_and_what_a_crash_left_behind_are_no_records(place):
    place.verify(Repository("host/one"))
    (place.path / "contenttrust" / f".{'0' * 64}.json.new").write_text("")

    found = known(place)

    assert found.recorded == ["host/one"]
    assert found.findings == []
