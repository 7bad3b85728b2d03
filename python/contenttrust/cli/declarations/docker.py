"""The verb that stands before docker's own command line."""

from __future__ import annotations

from contenttrust.cli.declarations.verb import Verb, add_gate, add_registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_DOCKER = """\
Docker's command line, of any version, stands behind `--`. pull, run, create and build get the
digest that is signed in place of a tag; push signs what was pushed. Everything else is docker as it
is; of commands that fetch or start images unchecked, that is said. Made for an alias.

It is on where DOCKER_CONTENT_TRUST is, or where there is a policy. --disable-content-trust works as
in docker, unless the policy forbids it. CONTENTTRUST_DOCKER names another docker than that on PATH.

exit codes:
  docker's; refused: 125 for run, create and build, 1 for the others; no docker: 127

examples:
  contenttrust docker -- run --rm alpine:3.19
  contenttrust docker --policy trust-policy.yaml -- build -t web .
  alias docker='contenttrust docker --'
"""
HINT = "docker's own command and flags stand behind --: contenttrust docker -- pull alpine:3.19"


def _declare(made: ArgumentParser) -> None:
    add_registry(made)
    add_gate(made)


VERBS = (
    Verb(
        "docker",
        "-- COMMAND [ARG ...]",
        "run docker, with the images that it fetches and starts verified first",
        _DOCKER,
        _declare,
        hint=HINT,
    ),
)
