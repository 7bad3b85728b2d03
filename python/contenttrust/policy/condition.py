"""A Python callable as a requirement: it sees the facts and says yes, or why not."""

from __future__ import annotations

import marshal
import secrets
from dataclasses import dataclass
from hashlib import sha256
from types import FunctionType

from contenttrust.errors import shown
from contenttrust.policy.requirements import Requirement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.policy.evidence import Evidence
    from contenttrust.policy.facts import Facts


@dataclass(frozen=True, slots=True)
class Condition(Requirement):
    """A callable that takes `Facts` and returns True, or False or a sentence that says why not.

    Attributes:
        function: The callable.
        name: What it is called in reasons.
        mark: What tells it from others in the digest of a policy.
    """

    function: Callable[[Facts], bool | str]
    name: str
    mark: str

    @staticmethod
    def of(function: Callable[[Facts], bool | str]) -> Condition:
        """Wrap a callable."""
        name = getattr(function, "__qualname__", type(function).__qualname__)
        return Condition(function, name, _mark(function))

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:  # noqa: ARG002
        """What is missing; whatever is not plainly True refuses, an exception too."""
        try:
            answer: object = self.function(evidence.facts)
        except Exception as error:  # noqa: BLE001 - doubt is refusal, whatever the cause
            return (shown(f"{self.name} failed: {type(error).__name__}: {error}"),)
        if answer is True:
            return ()
        if isinstance(answer, str) and answer:
            return (shown(answer),)
        if answer is False or answer == "":
            return (shown(f"{self.name} says no"),)
        return (shown(f"{self.name} answered with {type(answer).__name__}, not True or False"),)

    def describe(self) -> object:
        """Its name; no file can say more of it."""
        return {"python": self.name, "mark": self.mark}


def _mark(function: object) -> str:
    """The same for the same code; new each time for what has a state that cannot be seen."""
    if (
        isinstance(function, FunctionType)
        and not function.__closure__
        and not function.__defaults__
        and not function.__kwdefaults__
    ):
        where = f"{function.__module__}:{function.__qualname__}".encode()
        return sha256(where + b"\0" + marshal.dumps(function.__code__)).hexdigest()[:16]
    return secrets.token_hex(8)
