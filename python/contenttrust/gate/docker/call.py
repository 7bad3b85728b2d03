"""One command that is checked: what was asked for, who judges it, and the docker underneath."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

from contenttrust.errors import shown
from contenttrust.gate.docker.refusal import NotWrittenError, RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.gate.check import Gate
    from contenttrust.gate.docker.grammar import CommandLine
    from contenttrust.gate.docker.program import Docker
    from contenttrust.policy.decision import Decision
    from contenttrust.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command that is checked.

    Attributes:
        name: ``pull``, ``push``, ``run``, ``create`` or ``build``.
        words: As it was written, such as ``image``, ``pull``; flags of a family included.
        line: What stands behind it.
        docker: The program underneath, which checks nothing itself.
        gate: Who judges images.
        env: The environment of the command.
        quiet: Whether what stops nothing is not said.
    """

    name: str
    words: Sequence[str]
    line: CommandLine
    docker: Docker
    gate: Gate
    env: Mapping[str, str]
    quiet: bool = False
    _said: set[str] = field(default_factory=set)
    _allowed: dict[str, Decision] = field(default_factory=dict)

    def allowed(self, image: str, *, pulled: bool = False) -> Decision:
        """The decision on an image, which is to be used; what was allowed although is said.

        It is made once: a server whose next answer is another has no say in the same command.

        Args:
            image: As it was written.
            pulled: Whether a registry is to give it, so that it cannot have been made here.

        Raises:
            RefusedError: It is not to be used.
        """
        known = self._allowed.get(image)
        if known is None or (pulled and self.is_built_here(known)):
            known = self._allowed[image] = self._decided(image, pulled=pulled)
        return known

    def _decided(self, image: str, *, pulled: bool) -> Decision:
        [decision] = self.gate.check_many([image], pulled=[image] if pulled else [])
        warnings = self._warnings(decision)
        if not decision.allowed:
            raise RefusedError(*_reasons(decision), *warnings)  # docker's text comes first
        for line in warnings:
            complain(line)
        if decision.although:
            complain(f"{image} is let through: {decision.although}")
        return decision

    def refused(self, decision: Decision, reason: str, *, code: str = "policy") -> RefusedError:
        """What ends the command because of an image that may be used, but not like this.

        Args:
            decision: That it may be used.
            reason: A sentence.
            code: Its reason code.
        """
        self.gate.refuse(decision, code=code, reason=reason)
        return RefusedError(reason)

    def _warnings(self, decision: Decision) -> list[str]:
        """What must be known of the trust data, once for each collection."""
        lines = [f"warning: {decision.gun}: {one}" for one in decision.warnings]
        new = [line for line in lines if line not in self._said]
        self._said.update(lines)
        return [] if self.quiet else new

    def is_built_here(self, decision: Decision) -> bool:
        """Whether the policy takes an image for one that was made on this machine."""
        reference = decision.reference
        rule = None if reference is None else self.gate.policy.rule_for(reference)
        return rule is not None and rule.local_build

    def usable(self, decision: Decision) -> str:
        """What to use in place of an image's name: its signed digest, where there is one."""
        return familiar(decision.pinned) if decision.pinned else decision.image

    def pinned(self, image: str) -> str:
        """What to use in place of an image that is to be used, once it is verified.

        Raises:
            RefusedError: It is not to be used.
        """
        return self.usable(self.allowed(image))

    def arguments(self, *operands: str, line: CommandLine | None = None) -> list[str]:
        """The command with other operands."""
        return [*self.words, *(self.line if line is None else line).words(), *operands]

    def tag(self, reference: Reference, pinned: str) -> bool:
        """Give an image that was checked its tag, as docker does.

        Args:
            reference: By its tag.
            pinned: The image, by its digest.
        """
        name = f"{reference.familiar}:{reference.tag}"
        done = self.docker.answers(["image", "tag", pinned, name])
        if done:
            say_beside(f"Tagging {pinned} as {name}")
        return done


def _reasons(decision: Decision) -> tuple[str, ...]:
    """Why an image is not to be used, Docker's own text first."""
    first, *others = decision.reasons
    docker = ("No valid trust data", "No trust data", "Error: ", "Warning: ")
    theirs = [reason for reason in others if reason.startswith(docker)]
    rest = [reason for reason in (first, *others) if reason not in theirs]
    return (*theirs, *rest) if theirs else decision.reasons


def familiar(name: str) -> str:
    """A name with a digest as Docker shows it."""
    from contenttrust.reference import Reference  # noqa: PLC0415 - see the program's start-up

    reference = Reference.parse(name)
    return f"{reference.familiar}@{reference.digest}"


def say(line: str) -> None:
    """A line on standard output, after whatever docker has printed there; see `write`."""
    write(f"{line}\n")


def write(text: str) -> None:
    """Text on standard output.

    Raises:
        NotWrittenError: It cannot be written; a closed pipe stays a BrokenPipeError.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWrittenError(error.strerror) from None


def say_beside(line: str) -> None:
    """A line on standard error, as docker has it."""
    os.write(2, f"{line}\n".encode(errors="backslashreplace"))


def complain(*lines: str) -> None:
    """What this program says of itself, on standard error, harmless to read whoever wrote it."""
    for number, line in enumerate(lines):
        say_beside(f"{'    ' if number else 'contenttrust: '}{shown(line)}")
