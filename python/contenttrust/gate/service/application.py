"""The HTTP interface: admission reviews, plain questions, health and metrics."""

from __future__ import annotations

import asyncio
import logging
import re

from aiohttp import web

from contenttrust import clock
from contenttrust.errors import ContentTrustError, shown
from contenttrust.gate.service import admission_answer
from contenttrust.gate.service.admission_images import asked_about
from contenttrust.gate.service.admission_review import ReviewError, parse
from contenttrust.gate.service.metrics import Metrics
from contenttrust.gate.service.strict_json import JsonError, decoded, encoded
from contenttrust.gate.service.verdicts import INTERNAL, Verdict, Verdicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from contenttrust.gate.audit_log import AuditLog
    from contenttrust.gate.service.admission_review import Review
    from contenttrust.gate.service.configuration import Configuration
    from contenttrust.policy.decision import Decision

SCHEMA = "contenttrust.gate/1"
_JSON = {"Content-Type": "application/json"}
_IMAGES = 1000
_DURATION = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_ROOM = 0.8
"""The part of the caller's patience that may be used up: the answer must reach it, too."""


class Service:
    """One running service: what it is asked over HTTP, it asks its gate."""

    def __init__(
        self, verdicts: Verdicts, configuration: Configuration, *, log: AuditLog | None
    ) -> None:
        """Prepare; nothing listens yet."""
        self.verdicts = verdicts
        self.metrics = Metrics(lambda: verdicts.waiting)
        self.metrics.policy(verdicts.policy)
        self.ready = False
        self._configuration = configuration
        self._log = log
        self._bytes = 0

    def application(self) -> web.Application:
        """What answers requests."""
        # Each handler reads within its own limit, and says so in the words of its protocol.
        application = web.Application(client_max_size=self._configuration.body_limit)
        application.router.add_post("/validate", self._guarded("validate", self._validate))
        application.router.add_post("/mutate", self._guarded("mutate", self._mutate))
        application.router.add_post("/verify", self._guarded("verify", self._verify))
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._readiness)
        application.router.add_get("/metrics", self._metrics)
        return application

    # --- what is said of images -----------------------------------------------

    async def judge(self, images: Sequence[str], *, until: float, door: str) -> list[Verdict]:
        """The verdicts on images, each one counted and written down before anybody acts on it."""
        verdicts = await self.verdicts.of(images, until=until)
        if self._log is not None:
            decisions = [verdict.decision for verdict in verdicts]
            try:
                self._log.write_all(decisions, door=door, at=clock.now().datetime)
            except ContentTrustError as error:
                verdicts = [self._not_written(decision, error) for decision in decisions]
        for verdict in verdicts:
            self.metrics.verdict(door, verdict)
        return verdicts

    def _not_written(self, decision: Decision, error: ContentTrustError) -> Verdict:
        """What must not be acted on, because nobody could look it up afterwards."""
        return Verdict(decision.refused(error.code or INTERNAL, str(error)), "none")

    # --- admission ------------------------------------------------------------

    async def _validate(self, request: web.Request, until: float) -> tuple[web.Response, str]:
        return await self._admission(request, until, door="validate")

    async def _mutate(self, request: web.Request, until: float) -> tuple[web.Response, str]:
        return await self._admission(request, until, door="mutate")

    async def _admission(
        self, request: web.Request, until: float, *, door: str
    ) -> tuple[web.Response, str]:
        body = await _body(request, until)
        try:
            review = parse(body)
        except ReviewError as error:
            if not error.uid:
                return _text(400, f"contenttrust: {error}"), "malformed"
            message = f"contenttrust: {error}"
            return _answer(admission_answer.denied(error.uid, message, code="malformed"))
        try:
            return _answer(await self._reviewed(review, until, door))
        except Exception:
            logging.getLogger(__name__).exception("a review could not be answered")
            message = "contenttrust: the gate failed for a reason of its own: see its log"
            return _answer(admission_answer.denied(review.uid, message, code=INTERNAL))

    async def _reviewed(self, review: Review, until: float, door: str) -> dict[str, Any]:
        try:
            places = asked_about(review, custom=self._configuration.custom)
        except ReviewError as error:
            if self._configuration.unknown_kinds == "warn" and error.unknown_kind:
                facts = {"verdict": "warn", "code": "unknown_kind"}
                found = admission_answer.allowed(review.uid, **facts)
                found["response"]["warnings"] = [shown(f"contenttrust: NOT CHECKED: {error}")[:240]]
                return found
            message = f"contenttrust: {error}"
            code = "unknown_kind" if error.unknown_kind else "malformed"
            return admission_answer.denied(review.uid, message, code=code)
        if not places:
            return admission_answer.allowed(review.uid, images="0")
        door = f"{door} dry-run" if review.dry_run else door
        verdicts = await self.judge([place.image for place in places], until=until, door=door)
        return admission_answer.answer(
            review,
            list(zip(places, verdicts, strict=True)),
            mutate=door.startswith("mutate"),
            unpinned=self._configuration.unpinned,
        )

    # --- everything else ------------------------------------------------------

    async def _verify(self, request: web.Request, until: float) -> tuple[web.Response, str]:
        try:
            question = decoded(await _body(request, until))
            images = _images(question)
        except JsonError as error:
            return _text(400, f"contenttrust: {error}"), "malformed"
        verdicts = await self.judge(images, until=until, door="verify")
        decisions = [verdict.decision.to_json() for verdict in verdicts]
        allowed = all(verdict.decision.allowed for verdict in verdicts)
        document = {"schema": SCHEMA, "allowed": allowed, "decisions": decisions}
        return _json(document), "allowed" if allowed else "denied"

    async def _health(self, request: web.Request) -> web.Response:  # noqa: ARG002
        return web.Response(text="ok\n")

    async def _readiness(self, request: web.Request) -> web.Response:  # noqa: ARG002
        return web.Response(text="ok\n") if self.ready else _text(503, "not ready")

    async def _metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=self.metrics.text(), headers=kind)

    # --- bounds ---------------------------------------------------------------

    def _guarded(
        self,
        door: str,
        handler: Callable[[web.Request, float], Awaitable[tuple[web.Response, str]]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler that has a deadline, takes its turn in the memory, and is counted."""
        limit = self._configuration.body_limit

        async def guarded(request: web.Request) -> web.Response:
            loop = asyncio.get_running_loop()
            began = loop.time()
            wanted = limit if request.content_length is None else request.content_length
            if wanted > limit:
                response, outcome = (
                    _text(413, f"contenttrust: more than {limit} bytes"),
                    "malformed",
                )
            elif self._bytes + wanted > self._configuration.memory:
                response, outcome = _text(503, "contenttrust: too many requests at once"), "busy"
            else:
                self._bytes += wanted
                try:
                    response, outcome = await handler(request, began + self._patience(request))
                except asyncio.TimeoutError:
                    response, outcome = (
                        _text(408, "contenttrust: the request came too slowly"),
                        "busy",
                    )
                except web.HTTPRequestEntityTooLarge:
                    response, outcome = (
                        _text(413, f"contenttrust: more than {limit} bytes"),
                        "malformed",
                    )
                finally:
                    self._bytes -= wanted
            self.metrics.request(door, outcome, loop.time() - began)
            return response

        return guarded

    def _patience(self, request: web.Request) -> float:
        """Seconds until there must be an answer: fewer than whoever asks will wait."""
        told = (
            _DURATION.fullmatch(request.query.get("timeout", "")) if request.query_string else None
        )
        mine = self._configuration.deadline
        return mine if told is None else min(mine, _ROOM * float(told[1]) * _UNITS[told[2]])


async def _body(request: web.Request, until: float) -> bytes:
    """What was sent, if it comes in time."""
    # A timer, as wait_for would make a task for every request.
    timer = asyncio.get_running_loop().call_at(
        until, request.content.set_exception, asyncio.TimeoutError()
    )
    try:
        return await request.read()
    finally:
        timer.cancel()


def _images(question: object) -> list[str]:
    images = question.get("images") if isinstance(question, dict) else None
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise JsonError('a question is an object with the member "images", a list of image names')
    if not images or len(images) > _IMAGES:
        raise JsonError(f"a question is about 1 to {_IMAGES} images")
    return images


def _answer(document: dict[str, Any]) -> tuple[web.Response, str]:
    outcome = "allowed" if document["response"]["allowed"] else "denied"
    body = admission_answer.encoded(document)
    return web.Response(body=body, headers=_JSON), outcome


def _json(document: dict[str, Any]) -> web.Response:
    return web.Response(body=encoded(document).encode() + b"\n", headers=_JSON)


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=shown(text) + "\n")
