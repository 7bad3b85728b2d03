"""The verb that makes docker find `docker trust` again."""

from __future__ import annotations

from contenttrust.cli.declarations.verb import Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_INSTALL = """\
A docker of version 29 or newer has no `docker trust` of its own; older ones do, and never run this:
beside such a one it is refused.
The link is made in $DOCKER_CONFIG/cli-plugins, or ~/.docker/cli-plugins.

examples:
  contenttrust docker-plugin install
  docker trust inspect registry.example.com/team/web
"""


def _declare_install(made: ArgumentParser) -> None:
    made.add_argument("-f", "--force", action="store_true", help="also where docker has a plug-in "
                      "of that name already, which is replaced or shadowed, and where docker is "
                      "too old to run it")  # fmt: skip


VERBS = (
    Verb(
        "docker-plugin install",
        "",
        "make `docker trust` of docker 29 and newer run contenttrust",
        _INSTALL,
        _declare_install,
    ),
)
