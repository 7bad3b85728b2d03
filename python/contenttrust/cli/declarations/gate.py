"""The verbs that check the images that files name."""

from __future__ import annotations

import argparse

from contenttrust.cli.argument_types import name_text
from contenttrust.cli.declarations.verb import (
    PASSPHRASES,
    Verb,
    add_gate,
    add_one,
    add_registry,
    add_several,
)
from contenttrust.cli.options import Gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_KUBERNETES = """\
Every document of every file is read. A kind that is not known, and has something that is named
like an image, is refused until --custom says where its images stand. With --write each image is
replaced by name@sha256:…, and no other byte changes; standard input is written to standard output.

examples:
  contenttrust gate kubernetes deploy/*.yaml
  helm template web ./chart | contenttrust gate kubernetes --write - | kubectl apply -f -
  contenttrust gate kubernetes --custom Rollout.argoproj.io=spec.template.spec rollout.yaml
  contenttrust gate kubernetes --lock trust.lock --format sarif --report trust.sarif deploy/web.yaml
"""

_DOCKERFILE = """\
Every image that a build uses is checked: FROM, COPY --from, RUN --mount, ONBUILD, # syntax, named
contexts, and what ONBUILD left in a signed base, of which its registry is asked. Stages behind
--target are left out. With --write each image is replaced by
name@sha256:…, variables in its name included, and no other byte changes; standard input is
written to standard output.

examples:
  contenttrust gate dockerfile Dockerfile
  cat Dockerfile | contenttrust gate dockerfile --write - | docker build -f - .
  contenttrust gate dockerfile --build-arg GO=1.25 --target release Dockerfile
  contenttrust gate dockerfile --build-context base=docker-image://alpine:3.19 Dockerfile
"""

_COMPOSE = """\
The files are merged as docker compose does. Where there is a docker with compose, it is asked what
they mean; else whatever needs it, such as extends and include, is refused. All profiles count
unless --profile names some. The Dockerfiles of what is built are read too, and what ONBUILD left
in their signed bases, of which registries are asked.

examples:
  contenttrust gate compose compose.yaml
  contenttrust gate compose --override-out compose.trust.yaml compose.yaml compose.prod.yaml
  contenttrust gate compose --profile debug --write compose.yaml
"""


def add_reports(parser: ArgumentParser) -> None:
    """Declare what all gates of files have: policy, lock file, reports."""
    add_gate(parser)
    add_one(parser, "--lock", dest="lock", metavar="FILE",
            help="write down which digest each image is signed for, and by whom")  # fmt: skip
    parser.add_argument("--locked", action="store_true", help="refuse what is not signed as the "
                        "lock file says, and leave that as it is")  # fmt: skip
    parser.add_argument("--format", choices=("sarif", "junit", "github"), action=Gather,
                        dest="form_after", help="the report in another form: for code scanning, "
                        "for CI servers, as annotations of a change")  # fmt: skip
    add_one(parser, "--report", dest="report", metavar="FILE",
            help="write the report to a file (default form: json)")  # fmt: skip


def kind_and_path(text: str) -> tuple[str, str]:
    """One `KIND=PATH` of `--custom`.

    Raises:
        ArgumentTypeError: The kind is missing, or the path is none.
    """
    from contenttrust.gate.kubernetes import custom_paths  # noqa: PLC0415

    kind, sign, path = text.partition("=")
    if not kind or not sign:
        raise argparse.ArgumentTypeError(f"{text!a} is not KIND=PATH")
    try:
        if path:
            custom_paths.steps(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return kind, path


def _declare_kubernetes(made: ArgumentParser) -> None:
    made.add_argument("files", nargs="+", metavar="FILE", type=name_text,
                      help="YAML or JSON; - is standard input")  # fmt: skip
    add_several(made, "--custom", dest="kinds", metavar="KIND=PATH", type=kind_and_path,
                help="where the images of a custom resource stand, such as Rollout.argoproj.io="
                "spec.template.spec; KIND= where it has none (may be repeated)")  # fmt: skip
    made.add_argument("--write", action="store_true", help="write each image as name@sha256:…")
    add_reports(made)


def _declare_dockerfile(made: ArgumentParser) -> None:
    made.add_argument("files", nargs="+", metavar="FILE", type=name_text,
                      help="a Dockerfile; - is standard input")  # fmt: skip
    add_several(made, "--build-arg", dest="build_args", metavar="NAME[=VALUE]",
                help="as the build gets it; without a value, that of the environment (may be "
                "repeated)")  # fmt: skip
    add_one(made, "--target", dest="stage", metavar="STAGE",
            help="the stage that is built (default: all are checked)")  # fmt: skip
    add_one(made, "--platform", dest="platform", metavar="OS/ARCH",
            help="what is built for, or several between commas")  # fmt: skip
    add_several(made, "--build-context", dest="build_contexts", metavar="NAME=VALUE",
                help="what takes the place of a name (may be repeated)")  # fmt: skip
    made.add_argument("--write", action="store_true", help="write each image as name@sha256:…")
    add_registry(made)
    add_reports(made)


def _declare_compose(made: ArgumentParser) -> None:
    made.add_argument("files", nargs="+", metavar="FILE", type=name_text,
                      help="compose files, in the order in which they are merged")  # fmt: skip
    add_several(made, "--profile", dest="profiles", metavar="NAME",
                help="count this profile only, and what has none (may be repeated)")  # fmt: skip
    add_one(made, "--override-out", dest="override_out", metavar="FILE",
            help="write a compose file that, named behind the others, pins what they "
            "start and build upon")  # fmt: skip
    made.add_argument("--write", action="store_true", help="write each image as name@sha256:…")
    made.add_argument("--without-docker", action="store_true", help="do not ask docker compose "
                      "what the files mean")  # fmt: skip
    add_registry(made)
    add_reports(made)


VERBS = (
    Verb(
        "gate compose",
        "FILE...",
        "check the images of compose files",
        _COMPOSE,
        _declare_compose,
        several="files",
        refuses=PASSPHRASES,
    ),
    Verb(
        "gate kubernetes",
        "FILE...",
        "check the images of Kubernetes manifests",
        _KUBERNETES,
        _declare_kubernetes,
        several="files",
        refuses=PASSPHRASES,
    ),
    Verb(
        "gate dockerfile",
        "FILE...",
        "check the images of Dockerfiles",
        _DOCKERFILE,
        _declare_dockerfile,
        several="files",
        refuses=PASSPHRASES,
    ),
)
