"""The verbs of signers: who may sign the tags of an image repository."""

from __future__ import annotations
