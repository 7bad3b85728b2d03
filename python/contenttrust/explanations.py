"""The words for each reason code: Docker's own line, what happened, what it means, what to do."""

from __future__ import annotations

from contenttrust.explanation_texts import (
    BROKEN,
    CAUSES,
    DOCKER_LINES,
    NO_ROOT_PATH,
    OTHER,
    TEXTS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.errors import ContentTrustError

_HERE = {
    "trust_directory",
    "trust_directory_full",
    "trust_directory_locked",
    "trust_directory_unwritable",
    "not_cached",
    "credentials",
    "certificate_files",
}
"""What lies on this machine: no server had a part in it."""
_LACKING = {
    "a home directory": "trust_directory_unwritable",
    "a writable trust directory": "trust_directory_unwritable",
    "free space": "trust_directory_full",
    "a free lock": "trust_directory_locked",
}
_MAY_PUBLISH = "an account that may publish"
_EXPECTED = {
    ("tls", "TLS"): "not_tls",
    ("server_error", "a trust server's verdict"): "server_without_verdict",
}
"""What else than metadata a check asked for, where that needs other words."""
_UNSIGNED = ("No valid trust data for ", "No trust data for ")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def explain(error: ContentTrustError, *, beside_headline: bool = False) -> str:
    """What happened, what it means and what to do next, in at most three sentences.

    Args:
        error: What went wrong.
        beside_headline: Whether `headline` is shown too, which says the cause already.
    """
    words = _words(error)
    if beside_headline:
        words["facts"] = words["bare_facts"]
    sentences = [_sentence(text.format_map(words)) for text in _texts(error)]
    return " ".join(sentence for sentence in sentences if sentence)


def line(error: ContentTrustError) -> str:
    """Docker's line where Docker has one, the cause, then what to do next."""
    advice = _sentence(_texts(error)[2].format_map(_words(error)))
    return f"{_sentence(headline(error))} {advice}".rstrip()


def headline(error: ContentTrustError) -> str:
    """Docker's line where Docker has one, and the cause."""
    words = _words(error)
    message = words["message"]
    if error.code == "expired" and error.found:
        message = message.replace(error.found, _as_docker_writes(error.found))
    docker = _docker_line(error).format_map(words)
    if docker and message.startswith((docker, *_UNSIGNED)):
        head = message  # the engine knows which of Docker's two lines for an unsigned tag fits
    elif docker:
        head = f"{docker}: {message}" if message else docker
    elif not message:
        head = _texts(error)[0].format_map(words)
    elif _key(error) in {*_HERE, "name", "public_key", "own_words"}:
        head = message
    else:  # then nothing else says what it is about
        head = f"{words['What']}: {message}"
    return head


def _docker_line(error: ContentTrustError) -> str:
    """The line of Docker or Notary for this situation, or an empty text."""
    if _key(error) in {*_HERE, "own_words"}:
        return ""
    if error.code in {"signature", "threshold"} and error.role == "root":
        return f"{NO_ROOT_PATH}: failed to validate integrity of roots"
    # Docker has a line of its own for the status 401 alone.
    is_status = error.code == "server_error" and error.found.isdigit()
    if is_status or (error.code == "unauthorized" and error.found == "403"):
        return "unable to reach trust server at this time: {found}."
    return DOCKER_LINES.get(error.code, "")


def _texts(error: ContentTrustError) -> tuple[str, str, str]:
    return TEXTS.get(_key(error), OTHER)


def _key(error: ContentTrustError) -> str:  # noqa: PLR0911 - one a kind
    """Which texts fit: those of the code, unless the error is not about a collection's metadata."""
    from contenttrust import errors  # noqa: PLC0415 - loads us

    kinds = {
        errors.RecordError: "trust_directory",
        errors.TrustDirectoryError: "trust_directory",
        errors.NotCachedError: "not_cached",
        errors.CredentialsError: "credentials",
        errors.PublicKeyError: "public_key",
    }
    if type(error) in kinds:
        kind = kinds[type(error)]
        return _LACKING.get(error.expected, kind) if kind == "trust_directory" else kind
    in_own_words = (errors.KeyStoreError, errors.PublishError, errors.ImageLookupError)
    not_read_back = error.upload == "accepted" and isinstance(error, errors.FetchError)
    if not_read_back or isinstance(error, in_own_words):
        return "own_words"
    if (error.code, error.expected) in _EXPECTED:
        return _EXPECTED[error.code, error.expected]
    for (code, beginning), key in CAUSES.items():
        if error.code == code and error.message.startswith(beginning):
            return key
    if error.code == "not_signed" and error.role.startswith("targets/"):
        return "not_released"  # a delegation lists it
    if error.code == "limit_exceeded" and not error.expected.startswith("at most "):
        return "fixed_limit"  # those that can be set say how much is allowed
    return "name" if error.code == "malformed" and not error.role else error.code


def _words(error: ContentTrustError) -> dict[str, str]:
    """What the templates may speak of, each with a word in its place where it is unknown."""
    from contenttrust.errors import shown  # noqa: PLC0415 - errors loads this module

    # The name of a collection is ASCII: what only looks like one must not look right here.
    gun = shown(error.gun).encode("ascii", "backslashreplace").decode() or "this collection"
    what = f"the {shown(error.role)} metadata of {gun}" if error.role else f"metadata of {gun}"
    subject = shown(error.subject) or "the tag"
    writes = error.expected == _MAY_PUBLISH
    unknown = "nothing was changed" if writes else "whether the image may be trusted is not known"
    found = BROKEN.get(error.found, error.found) if error.code == "role_broken" else error.found
    facts = [
        f"{name} {shown(value)}"
        for name, value in (("expected", error.expected), ("found", found))
        if value
    ]
    bare_facts = f" ({', '.join(facts)})" if facts else ""
    message = error.message.removesuffix(".")
    return {
        "gun": gun,
        "what": what,
        "What": what[0].upper() + what[1:],
        "subject": subject,
        "Subject": subject if error.subject else "The tag",
        "found": shown(error.found),
        "facts": (f": {message}" if message else "") + bare_facts,
        "bare_facts": bare_facts,
        "message": message,
        "do": "publish" if writes else "read",
        "unknown": unknown,
        "Unknown": unknown[0].upper() + unknown[1:],
    }


def _as_docker_writes(moment: str) -> str:
    """An RFC 3339 time as Docker shows it: `Fri Nov 20 00:00:00 UTC 2026`."""
    from contenttrust._core import Instant  # noqa: PLC0415 - only when an error is shown

    instant = Instant.parse(moment)
    if instant is None:
        return moment
    time = instant.datetime
    day = f"{_DAYS[time.weekday()]} {_MONTHS[time.month - 1]} {time.day}"
    return f"{day} {time.hour:02}:{time.minute:02}:{time.second:02} UTC {time.year:04}"


def _sentence(text: str) -> str:
    """`text` with one full stop, unless it is empty."""
    text = text.rstrip(": ")
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
