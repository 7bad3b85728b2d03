"""What files bring into a project that are not named, as far as docker compose tells it.

Docker compose tells the project without the values of variables, and what builds take from a
variable that it is given.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.gate.compose import places, plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from contenttrust.gate.compose.services import Build

_GIVEN = "given-by-the-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Who can be asked about files that are not named.

    Attributes:
        files: Those that are, in the order in which they are merged.
        env: Environment variables.
        program: Docker's.
        profiles: Those that are on; ``*`` for all.
    """

    files: Sequence[str]
    env: Mapping[str, str]
    program: str
    profiles: Sequence[str]

    def project(self) -> Mapping[str, Any]:
        """All services, as they are merged without the values of variables.

        Raises:
            ComposeConfigError: It cannot be told: variables say what is merged, too.
        """
        made, _ = plugin.config(
            self.files, profiles=["*"], env=self.env, program=self.program, is_raw=True
        )
        return made

    def open_arguments(self, build: Build, names: Collection[str]) -> list[str]:
        """Those of some build arguments that any file has without a value, or with a variable's.

        Args:
            build: That may have them.
            names: Of the arguments.

        Raises:
            ComposeConfigError: It cannot be told.
        """
        env = {**self.env, **dict.fromkeys(names, _GIVEN)}
        made, _ = plugin.config(self.files, profiles=self.profiles, env=env, program=self.program)
        args = places.value_of(made, (*build.path, "args"))
        return [one for one in sorted(names) if isinstance(args, dict) and args.get(one) == _GIVEN]
