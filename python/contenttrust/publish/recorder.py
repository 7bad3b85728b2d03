"""What a trust server answered while it was looked at once, so that it can be judged again."""

from __future__ import annotations

from contenttrust.errors import FetchError, ServerError
from contenttrust.publish.metadata import ROOT, TIMESTAMP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust._core import Wanted
    from contenttrust.transport.source import Answer, Source


class Recorder:
    """A source that remembers what it answered, and answers the same again."""

    def __init__(self, source: Source) -> None:
        """Remember the answers of a source.

        Args:
            source: The trust server.
        """
        self._source = source
        self.url = getattr(source, "url", "")
        self.files: dict[str, bytes] = {}
        self._answers: dict[tuple[str, str | None], Answer] = {}
        self._last: dict[str, Answer] = {}
        self._assumed: dict[str, bytes] = {}

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """See `Source.fetch`."""
        new = [file for file in files if not isinstance(self._known(file), bytes)]
        answers = self._source.fetch(gun, new) if new else []
        for file, answer in zip(new, answers, strict=True):
            self._answers[file.name, file.sha256] = answer
            self._last[file.name] = answer
            if isinstance(answer, bytes):
                self.files[file.name] = answer
        return [
            self._assumed.get(file.name) or self._answers[file.name, file.sha256] for file in files
        ]

    def _known(self, file: Wanted) -> Answer:
        return self._assumed.get(file.name) or self._answers.get((file.name, file.sha256))

    def is_failing(self, name: str) -> bool:
        """Whether the server says of a file that it is in trouble."""
        return isinstance(self._last.get(name), ServerError)

    def assume(self, name: str, file: bytes) -> None:
        """Answer with a file of our own."""
        self._assumed[name] = self.files[name] = file
        self._last[name] = file

    def assumes(self, name: str) -> bool:
        """Whether a file is of our own."""
        return name in self._assumed

    def check(self) -> None:
        """Refuse an outcome for which the server was not really asked.

        Raises:
            FetchError: It gave no answer.
        """
        for name in (ROOT, TIMESTAMP):
            answer = self._last.get(name)
            if isinstance(answer, FetchError):
                raise answer

    def has_nothing(self) -> bool:
        """Whether the server said that it has neither root nor timestamp."""
        return self._last.get(ROOT) is None and self._last.get(TIMESTAMP) is None
