"""Compose files: every image that a project starts or builds upon, found, judged and pinned."""
