"""The files that a project is read from: a file beside them is written over none of these."""

from __future__ import annotations

import os

from contenttrust.gate.compose import brought_files, environment_file
from contenttrust.gate.file_name import here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.compose.files import Composition


def is_read(project: Composition, name: str, *, env: Mapping[str, str]) -> bool:
    """Whether a name is that of a file of the project, by whatever link.

    Args:
        project: One that can be written beside.
        name: The file.
        env: Environment variables.

    Raises:
        YamlError: Which files others bring cannot be told.
        EnvironmentFileError: Which files of variables there are cannot be.
        FileNameError: One of them has a name that means two files.
    """
    start = here() or os.getcwd()  # noqa: PTH109 -- the names are texts
    folder = os.path.dirname(next(iter(project.texts)))  # noqa: PTH120
    files = [*project.texts, *environment_file.names(folder, env)]
    files += [built.spot(1).file for built in project.builds]
    if project.brought is not None:
        brought = brought_files.documents(project.documents)
        files += [os.path.join(start, document.file) for document in brought]  # noqa: PTH118
    return any(_is_same(name, file) for file in files)


def _is_same(name: str, file: str) -> bool:
    try:
        return os.path.samefile(name, file)  # noqa: PTH121
    except OSError:  # one of them is not there
        return False
