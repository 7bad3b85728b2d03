"""Files of Kubernetes objects: their images with line and column, and the same pinned."""

from __future__ import annotations

from dataclasses import dataclass, field

from contenttrust.gate.judged import Use
from contenttrust.gate.kubernetes.places import ManifestError, NotCoveredError, images, known
from contenttrust.gate.reports.finding import Finding, Spot
from contenttrust.yaml_nodes import YamlError, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.yaml_nodes import Document, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One file, or one stream.

    Attributes:
        file: Its name; ``-`` is standard input.
        text: What it holds.
        uses: Its images.
        keys: Of each use the number of its document and the path in it.
        findings: What is refused, or worth a line, before any image is judged.
    """

    file: str
    text: bytes
    uses: tuple[Use, ...]
    keys: tuple[tuple[int, Path], ...]
    findings: tuple[Finding, ...]
    _documents: tuple[Document, ...] = field(repr=False)

    def pinned(self, values: Mapping[str, str]) -> bytes:
        """The file with other images.

        Args:
            values: What to write in place of an image; empty, or none: it stays.

        Raises:
            YamlError: An image cannot be replaced where it stands.
        """
        from contenttrust.gate.yaml_text import replaced  # noqa: PLC0415 -- only who writes

        edits = {
            key: values[use.image]
            for key, use in zip(self.keys, self.uses, strict=True)
            if values.get(use.image, "") not in {"", use.image}
        }
        if not edits:
            return self.text
        text = self.text.decode()
        return replaced(text, edits, file=self.file, documents=self._documents).encode()


def manifest(
    text: bytes, *, file: str, custom: Mapping[str, Sequence[str]] | None = None
) -> Manifest:
    """Read the objects of a file.

    Args:
        text: One YAML or JSON document, or several.
        file: Its name, for messages.
        custom: As for `contenttrust.gate.kubernetes.images`.

    Returns:
        What it holds; what cannot be understood is among its findings.
    """
    uses: list[Use] = []
    keys: list[tuple[int, Path]] = []
    findings: list[Finding] = []
    try:
        documents = read(text, file=file)
    except YamlError as error:
        spot = Spot(file=file, line=error.line, column=error.column)
        findings.append(Finding.fault(error.problem + _if_template(text), spot))
        return Manifest(
            file=file, text=text, uses=(), keys=(), findings=tuple(findings), _documents=()
        )
    if all(document.value is None for document in documents):
        findings.append(Finding.note("there is no manifest in it", Spot(file=file)))
    for number, document in enumerate(documents):
        if document.value is None:  # what helm leaves of a template without content
            continue
        try:
            places = list(images(document.value, custom=custom))
        except (ManifestError, NotCoveredError) as error:
            code = "not_covered" if isinstance(error, NotCoveredError) else "malformed"
            spot = _spot(document, error.path)
            findings.append(Finding.fault(error.problem, spot, code=code))
            continue
        for place in places:
            uses.append(Use(image=place.image, spot=_spot(document, place.path)))
            keys.append((number, place.path))
        if not places and not known(document.value, custom=custom):
            kind = document.value["kind"]
            message = f"the kind {kind} is not known; nothing in it is named like an image"
            findings.append(Finding.note(message, _spot(document, ("kind",)), code="unknown_kind"))
    return Manifest(
        file=file, text=text, uses=tuple(uses), keys=tuple(keys), findings=tuple(findings),
        _documents=tuple(documents),
    )  # fmt: skip


def _if_template(text: bytes) -> str:
    """What to do about a file that becomes YAML only when a program has filled it in."""
    hint = "; it looks like a template: render it first, as with helm template"
    return hint if b"{{" in text or b"{%" in text else ""


def _spot(document: Document, path: Path) -> Spot:
    from contenttrust.gate.kubernetes.pointer import written  # noqa: PLC0415

    return Spot.at(document, path, written(path))
