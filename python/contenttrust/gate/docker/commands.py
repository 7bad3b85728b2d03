"""Every command of docker: checked here, harmless, or named as not covered.

Harmless is what neither fetches an image nor starts a container that was not there, and gives
nothing to others. What is not in these tables is not known to be harmless.

Source: the command trees of docker CLI v20.10.24, v28.2.2 and v29.7.2, docker buildx v0.29.1,
docker compose v2.40.3 and v5.5.0, of which `start` makes the containers of hooks (`pre_start`).
"""

from __future__ import annotations

CHECKED: dict[str, str] = {
    "pull": "pull",
    "image pull": "pull",
    "push": "push",
    "image push": "push",
    "run": "run",
    "container run": "run",
    "create": "create",
    "container create": "create",
    "build": "build",
    "image build": "build",
    "builder build": "build",
    "builder b": "build",
    "buildx build": "build",
    "buildx b": "build",
}
"""What is done here, by the command in its short and its long form."""

HARMLESS = frozenset(
    [
        "attach",
        "checkpoint",
        "config",
        "context",
        "cp",
        "diff",
        "events",
        "exec",
        "export",
        "help",
        "history",
        "images",
        "info",
        "inspect",
        "kill",
        "login",
        "logout",
        "logs",
        "network",
        "pause",
        "port",
        "ps",
        "rename",
        "restart",
        "rm",
        "rmi",
        "save",
        "search",
        "secret",
        "start",
        "stats",
        "stop",
        "tag",
        "top",
        "trust",
        "unpause",
        "update",
        "version",
        "wait",
        "completion",
        "__complete",
        "__completeNoDesc",
    ]
)
"""Commands and whole families of commands."""

_BUILDERS = ("builder", "buildx")
_BUILDX = (
    "du history\0import imagetools\0inspect inspect install ls prune rm stop uninstall use version"
)
_FAMILIES = {
    "builder": _BUILDX,
    "buildx": _BUILDX,
    "compose": "attach config convert cp down events exec export help images kill logs ls pause "
    "port ps restart rm stats stop top unpause version volumes wait",
    "container": "attach cp diff exec export inspect kill list logs ls pause port prune ps rename "
    "remove restart rm start stats stop top unpause update wait",
    "image": "history inspect list ls prune remove rm rmi save tag",
    "manifest": "annotate create inspect rm",
    "node": "inspect list ls ps remove rm",
    "plugin": "disable inspect list ls remove rm set",
    "service": "inspect list logs ls ps remove rm",
    "stack": "config down list ls ps remove rm services",
    "swarm": "ca join-token leave unlock-key update",
    "system": "df events info prune",
    "volume": "create inspect list ls prune remove rm",
}
HARMLESS_BELOW: dict[str, frozenset[str]] = {
    family: frozenset(word.replace("\0", " ") for word in words.split(" "))
    for family, words in _FAMILIES.items()
}
"""Of families with other commands beside: those that are harmless."""

FAMILIES = frozenset(
    {
        *((family,) for family in _FAMILIES),
        *((b, below) for b in _BUILDERS for below in ("history", "imagetools")),
    }
)
"""Words that name several commands; alone they make docker print its help."""

_IMAGE = "it makes an image that nobody signed; running it is checked"
_BAKE = "it builds from files that are not read here; build each target with docker build"
_BUILD = "its build is not read here; build with docker build"
_BUILDER = "it starts a builder from an image of its own choice"
_INDEX = "it publishes an index and does not sign it; contenttrust sign does"
_SOCKET = "it gives whoever asks the API itself, where nothing is checked"
_PLUGIN = "plugins run with the daemon's rights, and are not checked"
_SCHEDULED = "the swarm may start containers upon it, and does not check their images"
_SERVICE = "the swarm fetches and starts its images, and does not check them"
NOT_COVERED: dict[str, str] = {
    "bake": _BAKE,
    "builder bake": _BAKE,
    "builder create": _BUILDER,
    "builder dap": _BUILD,
    "builder debug": _BUILD,
    "builder dial-stdio": _SOCKET,
    "builder f": _BAKE,
    "builder history": _BUILDER,
    "builder imagetools create": _INDEX,
    "buildx bake": _BAKE,
    "buildx create": _BUILDER,
    "buildx dap": _BUILD,
    "buildx debug": _BUILD,
    "buildx dial-stdio": _SOCKET,
    "buildx f": _BAKE,
    "buildx history": _BUILDER,
    "buildx imagetools create": _INDEX,
    "commit": _IMAGE,
    "compose": "its images are not checked; contenttrust gate compose checks its files",
    "container commit": _IMAGE,
    "image import": _IMAGE,
    "image load": _IMAGE,
    "import": _IMAGE,
    "load": _IMAGE,
    "manifest push": _INDEX,
    "node demote": _SCHEDULED,
    "node promote": _SCHEDULED,
    "node update": _SCHEDULED,
    "plugin create": _PLUGIN,
    "plugin enable": _PLUGIN,
    "plugin install": _PLUGIN,
    "plugin push": "it publishes a plugin and does not sign it",
    "plugin upgrade": _PLUGIN,
    "service create": _SERVICE,
    "service rollback": _SERVICE,
    "service scale": _SERVICE,
    "service update": _SERVICE,
    "stack deploy": _SERVICE,
    "stack up": _SERVICE,
    "swarm init": _SERVICE,
    "swarm join": _SERVICE,
    "swarm unlock": _SERVICE,
    "system dial-stdio": _SOCKET,
    "volume update": _SCHEDULED,
}
"""What fetches, starts, makes or publishes images past this check, and what can be said of it."""

_STARTING = frozenset({"builder inspect", "buildx inspect"})
"""Harmless, unless they are told to start the builder."""
UNKNOWN = "no such command is known here, so what it fetches or starts is not checked"
_LONGEST = 3


class Command:
    """What a command is.

    Attributes:
        kind: ``checked``, ``harmless``, ``not covered``, or ``family`` where only the first word of
            several stands there, which makes docker print its help.
        words: How many words name it.
        name: Of what is checked the last word, such as ``pull``; of others all words.
        remark: What is to be said of one that is not covered.
    """

    __slots__ = ("kind", "name", "remark", "words")

    def __init__(self, kind: str, words: int, name: str, remark: str = "") -> None:
        self.kind = kind
        self.words = words
        self.name = name
        self.remark = remark


def classified(arguments: list[str]) -> Command:
    """What a command line asks for.

    Args:
        arguments: From the command on, at least one.
    """
    first = arguments[0]
    if first in HARMLESS:
        return Command("harmless", 1, first)
    if tuple(arguments) in FAMILIES:
        return Command("family", len(arguments), " ".join(arguments))
    for count in range(_LONGEST, 0, -1):
        name = " ".join(arguments[:count])
        if len(arguments) < count or arguments[:count] != name.split(" "):
            continue
        if name in CHECKED:
            return Command("checked", count, CHECKED[name])
        if name in NOT_COVERED:
            return Command("not covered", count, name, NOT_COVERED[name])
        family, _, below = name.partition(" ")
        if below in HARMLESS_BELOW.get(family, ()):
            return _below(count, name, arguments[count:])
    return Command("not covered", 1, first, UNKNOWN)


def _below(count: int, name: str, arguments: list[str]) -> Command:
    """A command that is harmless unless one of its flags starts a builder."""
    if name in _STARTING and any(word.startswith("--bootstrap") for word in arguments):
        return Command("not covered", count, f"{name} --bootstrap", _BUILDER)
    return Command("harmless", count, name)
