"""The engine's values under their public names: nobody makes a verdict by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

import contenttrust as ct
from contenttrust import _core, model


def test_every_name_is_the_engine_s_own():
    for name in model.__all__:
        assert getattr(model, name) is getattr(_core, name)


@pytest.mark.parametrize(
    "value",
    [
        model.TrustedRepository,
        model.SignedTag,
        model.Signer,
        model.State,
        model.RoleInfo,
        model.Notice,
        model.Step,
        model.Tags,
        model.Batch,
        model.Anchor,
    ],
)
def test_t141_what_the_engine_decides_has_no_constructor(value):
    with pytest.raises(TypeError):
        value()
    with pytest.raises(TypeError):
        object.__new__(value)
    with pytest.raises(TypeError, match="made by the engine only"):
        value.__new__(value)


@pytest.mark.parametrize("value", [getattr(model, name) for name in model.__all__])
def test_t141_what_the_engine_decides_cannot_be_subclassed(value):
    with pytest.raises(TypeError):
        type("Forged", (value,), {})


def test_t141_what_the_engine_decided_cannot_be_changed():
    limits = model.Requirements()
    with pytest.raises(AttributeError):
        limits.root_length = 1
    anchor = model.Anchor.remembered()
    with pytest.raises(AttributeError):
        anchor.first_use = lambda: None


def test_t141_what_was_verified_is_no_truth_value(vectors: Path, tmp_path: Path) -> None:
    case = vectors / "good-one-tag"
    facts = json.loads((case / "case.json").read_text())
    now = datetime.fromisoformat(facts["verify_at"].replace("Z", "+00:00"))
    repository = ct.load(facts["gun"], source=case / "tuf", trust_dir=tmp_path, now=now)

    for value in (repository, *repository.tags.values()):
        with pytest.raises(TypeError, match="not a truth value"):
            bool(value)
