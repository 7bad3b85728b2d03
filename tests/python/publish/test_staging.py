"""What may be staged: roles, thresholds, and which staged changes are taken away."""

from __future__ import annotations

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import Collection

GUN = "registry.example/team/app"


@pytest.fixture
def staging(tmp_path):
    """A collection that stages only: it has neither server nor keys."""
    return Collection(GUN, keys=None, sink=None, trust_dir=tmp_path)


def staged(staging):
    return [(change.action, change.type, change.role, change.path) for change in staging.changes()]


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_asks_for_somebody(staging, threshold):
    with pytest.raises(ValueError, match="at least 1"):
        staging.add_delegation("targets/a", paths=[""], threshold=threshold)
    with pytest.raises(ValueError, match="at least 1"):
        staging.set_threshold("targets/a", threshold)
    assert staging.changes() == ()


@pytest.mark.parametrize(
    ("name", "told"), [("", '""'), ("a\nb", r'"a\nb"'), ("a\x1bb", r'"a\u001bb"')]
)
def test_what_no_target_can_be_called_is_not_staged(staging, name, told):
    """It would never be published, nor anything beside it."""
    with pytest.raises(ValueError, match="is no name of a target") as refused:
        staging.add_target(name, size=7, sha256="a" * 64)
    assert str(refused.value) == f"{told} is no name of a target"
    assert staging.changes() == ()


@pytest.mark.parametrize("role", ["", "root", "targets", "a", "targets/", "targets/A b", "*"])
def test_what_is_no_delegation_is_not_staged_as_one(staging, role):
    for stage in (
        lambda: staging.add_delegation(role, paths=[""]),
        lambda: staging.set_threshold(role, 1),
        lambda: staging.remove_delegation(role),
    ):
        with pytest.raises(ValueError, match="invalid delegation role name"):
            stage()
    assert staging.changes() == ()


def test_a_delegation_loses_what_is_named_and_without_that_everything(staging):
    staging.remove_delegation("targets/a")
    staging.remove_delegation("targets/a", paths=["x"], key_ids=["a" * 64])
    staging.remove_delegation("targets/a", every_path=True)
    assert [change.action for change in staging.changes()] == [
        "delete",
        "update",
        "update",
        "update",
    ]
    assert [change.data for change in staging.changes()] == [
        None,
        b'{"remove_paths":["x"]}',
        b'{"remove_keys":["%s"]}' % (b"a" * 64),
        b'{"clear_paths":true}',
    ]


def test_some_staged_changes_are_taken_away_and_the_rest_stays_in_order(staging):
    for name in ("v1", "v2", "v3"):
        staging.add_target(name, size=1, sha256="0" * 64)
    staging.reset([1])
    assert [path for *_, path in staged(staging)] == ["v1", "v3"]
    for wrong in ([2], [-1], [0, 7]):
        with pytest.raises(ValueError, match="there is no staged change"):
            staging.reset(wrong)
    assert len(staging.changes()) == 2
    staging.reset()
    assert staging.changes() == ()


def test_who_named_no_server_can_stage_and_not_publish(staging):
    staging.witness(["targets"])
    assert staged(staging) == [("update", "witness", "targets", "")]
    with pytest.raises(PublishError, match="no trust server was named"):
        staging.sink  # noqa: B018 - reading it is what fails
    assert repr(staging) == f"Collection({GUN!r})"
