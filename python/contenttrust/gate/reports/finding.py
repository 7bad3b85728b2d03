"""One thing that a gate has to say of a file: a decision on an image, or a fault of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contenttrust.errors import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from contenttrust.policy.decision import Decision, Remark
    from contenttrust.yaml_nodes import Document, Path

    Level = Literal["pass", "note", "warning", "error"]

_UNCHECKED = frozenset({"not_covered", "unknown_kind"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a file.

    Attributes:
        file: Its name, as it was given; ``-`` is standard input.
        line: From 1.
        column: From 1, counted in characters; 0 where only the line is known.
        end_line: Line of the last character; 0 where it is not known.
        end_column: The column behind the last character; 0 where it is not known.
        what: What stands there: a JSON pointer, an instruction.
    """

    file: str
    line: int = 1
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    what: str = ""

    @classmethod
    def at(cls, document: Document, path: Path, what: str) -> Spot:
        """Where a document has a value, from its first character to its last one.

        Args:
            document: Of the file.
            path: Of the value.
            what: What stands there.

        Raises:
            KeyError: The document has no such value.
        """
        found = document.scalar(path)
        return cls(
            file=document.file, line=found.line, column=found.column,
            end_line=found.end_line, end_column=found.end_column, what=what,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is said of one place.

    Attributes:
        spot: The place.
        level: ``error`` refuses; ``pass`` is an image that may be used.
        code: ``ok``, a reason code of `contenttrust.errors`, or a word of the gate's own.
        message: A sentence that may be printed as it is.
        image: As it was written, or empty.
        decision: What the policy said of it; None where it was not asked.
    """

    spot: Spot
    level: Level
    code: str
    message: str
    image: str = ""
    decision: Decision | None = None

    @property
    def refused(self) -> bool:
        """Whether this stops what the file is for."""
        return self.level == "error"

    def strictly(self) -> Finding:
        """The same where nothing is only told: a note of what nobody checks refuses."""
        if self.level != "note" or self.code not in _UNCHECKED:
            return self
        message = f"{self.message}; what is not covered is refused here (strict)"
        return replace(self, level="error", message=message)

    @staticmethod
    def decided(decision: Decision, spot: Spot) -> Finding:
        """What a policy said of an image.

        Args:
            decision: The decision.
            spot: Where the image stands.
        """
        level: Level = "pass"
        message = f"signed by {', '.join(map(shown, decision.signers)) or shown(decision.role)}"
        if not decision.allowed or decision.although or decision.verdict == "warn":
            level = "warning" if decision.allowed else "error"
            message = "; ".join(map(shown, decision.reasons)) or shown(decision.although)
        elif not decision.digest:
            message = "; ".join(map(shown, decision.reasons)) or "allowed"
        return Finding(
            spot=spot, level=level, code=decision.code, message=message, image=decision.image,
            decision=decision,
        )  # fmt: skip

    @staticmethod
    def fault(message: str, spot: Spot, *, code: str = "malformed", image: str = "") -> Finding:
        """Something that is refused before any policy is asked.

        Args:
            message: A sentence.
            spot: Where it is.
            code: Its reason code.
            image: The image that it is about.
        """
        return Finding(spot=spot, level="error", code=code, message=shown(message), image=image)

    @staticmethod
    def note(message: str, spot: Spot, *, code: str = "note") -> Finding:
        """Something that refuses nothing and is worth a line.

        Args:
            message: A sentence.
            spot: Where it is.
            code: A word for it.
        """
        return Finding(spot=spot, level="note", code=code, message=shown(message))


def warnings(findings: Sequence[Finding]) -> list[tuple[str, Remark]]:
    """What must be known beside the decisions, once for each collection.

    Args:
        findings: In the order in which they are told.

    Returns:
        The name of the collection, and what its verification warned of.
    """
    decisions = [finding.decision for finding in findings if finding.decision is not None]
    told = [(decision.gun, remark) for decision in decisions for remark in decision.warnings]
    return list(dict.fromkeys(told))
