"""Compose files merged without docker compose: as far as that needs no doubt.

What `extends` or includes others, and what has variables that are not set, is refused.

Source: the compose specification, "Merge" and "Profiles"; go.yaml.in/yaml/v3 `resolve.go`.
"""

from __future__ import annotations

import re

from contenttrust.errors import MalformedError, shown
from contenttrust.gate.compose import hooks, members, places
from contenttrust.gate.compose.interpolation import InterpolationError, interpolated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from contenttrust.gate.compose.interpolation import Lookup
    from contenttrust.yaml_nodes import Document, Path

# What images, and the ways to them, stand in. The rest is not looked at.
_MEMBERS = (
    "image",
    "build",
    "platform",
    "pull_policy",
    "profiles",
    "provider",
    "volumes",
    "models",
)
NO_SERVICES = "no compose file: it has no services"
_LISTED = {"args": "=", "additional_contexts": "="}
_LARGEST = 2**63
# Numbers to docker compose once their `_` are left out, which YAML 1.2 takes for texts or not.
_NUMBER = re.compile(
    r"[+-]?(0[xXoObB][+-]?[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?)", re.ASCII
)


class ComposeError(MalformedError):
    """A compose file cannot be understood here.

    Attributes:
        problem: What is wrong.
        file: In which file.
        line: Where, from 1.
        column: Where in that line, from 1.
    """

    def __init__(self, problem: str, document: Document, path: Path) -> None:
        self.problem = problem
        self.file = document.file
        found = document.scalar(path)
        self.line, self.column = found.line, found.column
        super().__init__(f"{shown(self.file)}:{self.line}:{self.column}: {problem}")


def merged(
    documents: Sequence[Document], *, lookup: Lookup, profiles: Sequence[str]
) -> dict[str, Any]:
    """The project that some files make together, as far as images need it.

    Args:
        documents: The files, in the order in which they are merged.
        lookup: Gives the value of a variable.
        profiles: Those that are on; ``*`` for all.

    Returns:
        Services by name. Lists of several files are joined: whatever one of them names is there.

    Raises:
        ComposeError: It cannot be told without docker compose.
    """
    services: dict[str, Any] = {}
    for document in documents:
        for name, path, service in _services(document):
            made = {
                member: _value(document, (*path, member), service[member], lookup)
                for member in _MEMBERS
                if service.get(member) is not None
            }
            if service.get(hooks.MEMBER) is not None:
                way, own = (*path, hooks.MEMBER), hooks.named(service[hooks.MEMBER])
                made[hooks.MEMBER] = _value(document, way, own, lookup)
            made |= dict.fromkeys(members.unknown(service, members.SERVICE))  # to be told
            _check_profiles(document, path, made)
            _normalise(document, path, made)
            _resolve_arguments(document, path, made, lookup)
            services[name] = _joined(services.get(name, {}), made)
    on = {name: service for name, service in services.items() if _on(service, profiles)}
    if not any((service.get("build") or {}).get("secrets") for service in on.values()):
        return {"services": on}
    secrets: Any = {}
    for document in documents:
        value = _value(document, ("secrets",), document.value.get("secrets"), lookup)
        secrets = _joined(secrets, value)
    return {"services": on, "secrets": secrets}


def _services(document: Document) -> list[tuple[str, Path, dict[str, Any]]]:
    project = document.value
    if not isinstance(project, dict) or not isinstance(project.get("services", {}), dict):
        raise ComposeError(NO_SERVICES, document, ())
    for name in members.unknown(project, members.PROJECT):
        problem = f"{shown(name)} is no part of a compose file: what is started is in services"
        raise ComposeError(problem, document, (name,))
    if project.get("include") is not None:
        raise ComposeError("include: only docker compose can read it", document, ("include",))
    found = []
    for name, service in (project.get("services") or {}).items():
        path: Path = ("services", name)
        if not isinstance(service, dict):
            raise ComposeError("no service", document, path)
        if service.get("extends") is not None:
            problem = "extends: only docker compose can read it"
            raise ComposeError(problem, document, (*path, "extends"))
        found.append((name, path, service))
    return found


def _value(document: Document, path: Path, value: Any, lookup: Lookup) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        try:
            return interpolated(value, lookup)
        except InterpolationError as error:
            raise ComposeError(str(error), document, path) from None
    if isinstance(value, dict):
        return {k: _value(document, (*path, k), v, lookup) for k, v in value.items()}
    if isinstance(value, list):
        return [_value(document, (*path, i), v, lookup) for i, v in enumerate(value)]
    return value


def _normalise(document: Document, path: Path, service: dict[str, Any]) -> None:
    """Write the short forms as the long ones, so that two files can be joined."""
    build = service.get("build")
    if isinstance(build, str):
        service["build"] = build = {"context": build}
    if build is None:
        return
    if not isinstance(build, dict):
        raise ComposeError("build is neither a folder nor a mapping", document, (*path, "build"))
    for member, sign in _LISTED.items():
        items = build.get(member)
        if isinstance(items, list):
            if not all(isinstance(item, str) for item in items):
                problem = f"{member} has an item that is no text: put it in quotes"
                raise ComposeError(problem, document, (*path, "build", member))
            pairs = [item.partition(sign) for item in items]
            build[member] = {name: value if found else None for name, found, value in pairs}
    _write_numbers(document, (*path, "build", "args"), build.get("args"))


def _write_numbers(document: Document, path: Path, args: Any) -> None:  # noqa: ANN401
    """Make texts of the build arguments that are numbers to every reader of YAML alike.

    Of `010`, `1.0` and their like docker compose makes another text. They stay, to be refused; of
    `0B1` and `1E_3` as well, which are texts here.
    """
    for name, value in args.items() if isinstance(args, dict) else ():
        written = places.value(document, (*path, name))
        if _is_number(written) and document.scalar((*path, name)).is_plain:
            problem = f"the value of {shown(name)} is a number to docker compose: put it in quotes"
            raise ComposeError(problem, document, (*path, name))
        if isinstance(value, int) and not isinstance(value, bool):
            place = document.scalar((*path, name))
            # As it is written, then: neither signs nor zeros before it, and no other base.
            if len(str(value)) == place.end - place.start and abs(value) < _LARGEST:
                args[name] = str(value)


def _is_number(text: object) -> bool:
    return isinstance(text, str) and bool(_NUMBER.fullmatch(text[:1] + text[1:].replace("_", "")))


def _check_profiles(document: Document, path: Path, service: dict[str, Any]) -> None:
    own = service.get("profiles", [])
    if not isinstance(own, list) or not all(isinstance(one, str) for one in own):
        problem = "profiles is no list of texts"
        raise ComposeError(problem, document, (*path, "profiles"))


def _resolve_arguments(
    document: Document, path: Path, service: dict[str, Any], lookup: Lookup
) -> None:
    """Give build arguments without a value that of the variable with their name."""
    args: Any = (service.get("build") or {}).get("args")
    if not isinstance(args, dict):
        return
    try:
        for name in [name for name, value in args.items() if value is None]:
            args[name] = lookup(str(name))
    except InterpolationError as error:
        raise ComposeError(str(error), document, (*path, "build")) from None


def _joined(old: Any, new: Any, *, within: str = "") -> Any:  # noqa: ANN401
    """What two files make of one value, the member `within` of something."""
    if isinstance(old, dict) and isinstance(new, dict):
        made = dict(old)
        for name, value in new.items():
            # A build argument without a value has none, whatever a file before says.
            taken_back = value is None and within == "args"
            made[name] = None if taken_back else _joined(old.get(name), value, within=name)
        return made
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return old if new is None else new  # a null takes nothing back


def _on(service: dict[str, Any], profiles: Sequence[str]) -> bool:
    own = service.get("profiles") or []
    return not own or "*" in profiles or bool(set(own) & set(profiles))
