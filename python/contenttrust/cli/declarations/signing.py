"""The verbs of image repositories, by the names that docker trust has for them."""

from __future__ import annotations

from contenttrust.cli.argument_types import digest, name_text
from contenttrust.cli.declarations.verb import (
    IMAGE_HELP,
    PASSPHRASES,
    VERDICTS,
    Verb,
    add_one,
    add_several,
    add_yes,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

_SIGN = """\
Digest and size come from the registry: no daemon is needed. All tags of one repository are
published at once. A repository that is not signed yet is initialized, as by docker.

examples:
  contenttrust sign registry.example.com/team/web:1.4
  contenttrust sign --recursive registry.example.com/team/web:1.4 registry.example.com/team/web:1
"""
_REVOKE = """\
Without a tag all signatures of the repository go, once that is confirmed.

examples:
  contenttrust revoke registry.example.com/team/web:1.4
  contenttrust revoke -y registry.example.com/team/web
"""
_SIGNER_ADD = """\
A repository that is not signed yet is initialized. The signer has NAME.pub from `key generate`.

examples:
  contenttrust signer add --key alice.pub alice registry.example.com/team/web
"""
_SIGNER_REMOVE = """\
What the others release is signed again, and the server is asked afterwards whether the signer is
gone. A removal that would leave too few signatures is refused, with what to do first.

examples:
  contenttrust signer remove alice registry.example.com/team/web
  contenttrust signer remove --revoke alice registry.example.com/team/web
"""
_SIGNER_LIST = """\
examples:
  contenttrust signer list registry.example.com/team/web
"""


def _declare_sign(made: ArgumentParser) -> None:
    made.add_argument("images", metavar="IMAGE:TAG", nargs="+", type=name_text, help=IMAGE_HELP)
    made.add_argument("--local", action="store_true", help="the digest that the docker daemon has "
                      "pushed or pulled under that tag, instead of the registry's")  # fmt: skip
    add_one(made, "--digest", dest="digest", metavar="DIGEST", type=digest, help="the digest to be "
            "signed, sha256:HEX, instead of the one that the tag has now")  # fmt: skip
    made.add_argument("--recursive", action="store_true", help="of an index also the images in it, "
                      "by their digests")  # fmt: skip
    add_one(made, "--signer", dest="first_signer", metavar="NAME", help="of the first signer of a "
            "new repository (default: the only one whose key is here)")  # fmt: skip


def _declare_revoke(made: ArgumentParser) -> None:
    made.add_argument("image", metavar="IMAGE[:TAG]", type=name_text, help=IMAGE_HELP)
    add_yes(made, "all signatures are taken away")


def _add_signer(made: ArgumentParser) -> None:
    made.add_argument("signer", metavar="NAME", type=name_text, help="of the signer")
    made.add_argument("names", metavar="REPOSITORY", nargs="+", type=name_text, help="an image "
                      "without a tag")  # fmt: skip


def _declare_signer_add(made: ArgumentParser) -> None:
    _add_signer(made)
    add_several(made, "--key", dest="keys", metavar="FILE", help="PEM file with a public key or a "
                "certificate of the signer (may be repeated)")  # fmt: skip
    add_yes(made, "what the same key signed before counts again")


def _declare_signer_remove(made: ArgumentParser) -> None:
    _add_signer(made)
    made.add_argument("-f", "--force", action="store_true", help="do not ask before the last "
                      "signer is removed, and with it all that was released; and remove a signer "
                      "whose key other signers have too")  # fmt: skip
    made.add_argument("--revoke", action="store_true", help="take back the tags that nobody else "
                      "lists, in the same publication")  # fmt: skip
    add_yes(made, "a signer goes, and what nobody else lists stays released; the last signer goes "
            "by -f only")  # fmt: skip


def _declare_signer_list(made: ArgumentParser) -> None:
    made.add_argument("image", metavar="REPOSITORY", type=name_text, help="an image without a tag")


VERBS = (
    Verb(
        "sign",
        "IMAGE:TAG [IMAGE:TAG ...]",
        "sign tags of images",
        _SIGN,
        _declare_sign,
        several="images",
        refuses=VERDICTS,
    ),
    Verb(
        "revoke",
        "IMAGE[:TAG]",
        "take the signature of a tag away, or of all tags",
        _REVOKE,
        _declare_revoke,
        refuses=VERDICTS,
    ),
    Verb(
        "signer add",
        "NAME REPOSITORY [REPOSITORY ...]",
        "let somebody sign the tags of repositories",
        _SIGNER_ADD,
        _declare_signer_add,
        several="names",
        refuses=VERDICTS,
    ),
    Verb(
        "signer remove",
        "NAME REPOSITORY [REPOSITORY ...]",
        "remove a signer, and whatever rests on its signature",
        _SIGNER_REMOVE,
        _declare_signer_remove,
        several="names",
        refuses=VERDICTS,
    ),
    Verb(
        "signer list",
        "REPOSITORY",
        "list the signers of a repository and their keys",
        _SIGNER_LIST,
        _declare_signer_list,
        refuses=PASSPHRASES,
    ),
)
