"""Whether a project is the same wherever its files are read, but for what can be written down.

Variables are replaced when docker compose reads the files, not when they are checked. What decides
which images there are, and cannot be written beside them, has to stand there plainly.
"""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.compose import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.gate.compose.files import Composition


def check(project: Composition) -> None:
    """Refuse a project that may be another one where its files are read again.

    Raises:
        YamlError: It may be.
    """
    unread = [name for name in project.texts if all(d.file != name for d in project.documents)]
    if unread and project.doubt is not None:
        raise project.doubt
    for document in project.documents:
        if places.varies(places.value(document, ("include",))):
            problem = "include has variables: which files it brings is not settled"
            places.refuse(problem, [document], ("include",))
    for document, path, service in places.services(project.documents[::-1]):
        if places.varies(service.get("extends")):
            problem = "extends has variables: what it brings is not settled"
            places.refuse(problem, [document], (*path, "extends"))
        merged = project.services.get(str(path[-1]))
        has_none = isinstance(merged, dict) and not merged.get("image")
        if has_none and service.get("image") is not None:
            # Where this variable is set, it is pulled; and docker stack takes a file before.
            problem = "the image is empty here, and may not be elsewhere: leave it out"
            places.refuse(problem, [document], (*path, "image"))
        volumes = service.get("volumes")
        for number, volume in enumerate(volumes if isinstance(volumes, list) else ()):
            if isinstance(volume, dict) and places.varies(volume.get("type")):
                problem = "the type has variables: whether this is an image is not settled"
                places.refuse(problem, [document], (*path, "volumes", number, "type"))
        build = service.get("build")
        pairs = build.get("additional_contexts") if isinstance(build, dict) else None
        for number, pair in enumerate(pairs if isinstance(pairs, list) else ()):
            name = str(pair).partition("=")[0]
            if places.varies(name):
                problem = f"{shown(name)} has variables: which name it stands for is not settled"
                way = (*path, "build", "additional_contexts", number)
                places.refuse(problem, [document], way)
