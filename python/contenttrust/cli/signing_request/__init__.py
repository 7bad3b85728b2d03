"""Verbs of signing requests: what several people sign, or who has no network, on its way."""
