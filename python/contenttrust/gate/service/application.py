"""The HTTP interface: admission reviews, plain questions, health and metrics."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace

from aiohttp import web

from contenttrust import clock
from contenttrust.errors import ContentTrustError, shown
from contenttrust.gate.check import not_made_here
from contenttrust.gate.service import admission_answer
from contenttrust.gate.service.admission_images import asked_about
from contenttrust.gate.service.admission_review import ReviewError, parse
from contenttrust.gate.service.metrics import Metrics
from contenttrust.gate.service.plain_requests import plain_alone
from contenttrust.gate.service.strict_json import JsonError, decoded, encoded
from contenttrust.gate.service.verdicts import INTERNAL, UNPINNED, Verdict, Verdicts
from contenttrust.policy.decision import Decision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any, TypeVar

    from contenttrust.gate.audit_log import AuditLog
    from contenttrust.gate.service.admission_review import Review
    from contenttrust.gate.service.configuration import Configuration

    _T = TypeVar("_T")

SCHEMA = "contenttrust.gate/1"
_JSON = {"Content-Type": "application/json"}
_IMAGES = 1000
_LARGE = 128 * 1024
"""Bytes that are understood in a few milliseconds."""
_LARGE_AT_ONCE = 2
_DURATION = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_ROOM = 0.8
"""The part of the caller's patience that may be used up: the answer must reach it, too."""


class _BusyError(Exception):
    """The requests under way fill the memory that they may have."""


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
        self._turns = asyncio.Semaphore(_LARGE_AT_ONCE)

    def application(self) -> web.Application:
        """What answers requests."""
        # Each handler reads within its own limit, and says so in the words of its protocol.
        application = web.Application(
            client_max_size=self._configuration.body_limit, middlewares=[plain_alone]
        )
        application.router.add_post("/validate", self._guarded("validate", self._validate))
        application.router.add_post("/mutate", self._guarded("mutate", self._mutate))
        application.router.add_post("/verify", self._guarded("verify", self._verify))
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._readiness)
        application.router.add_get("/metrics", self._metrics)
        return application

    # --- what is said of images -----------------------------------------------

    async def judge(
        self,
        images: Sequence[str],
        *,
        until: float,
        door: str,
        unpinned: str,
        local: bool = False,
    ) -> list[Verdict]:
        """The verdicts on images, each one counted and written down before anybody acts on it.

        Args:
            images: As they are written.
            until: By the clock of the event loop: when there must be an answer.
            door: Who asks.
            unpinned: What becomes of a signed image that is named by its tag: it is to ``pass``,
                because the caller replaces it; else ``deny`` or ``warn``. Where the policy only
                watches, it is told and not denied.
            local: Whether images of this machine are meant, which can have been made on it.
        """
        verdicts = await self.verdicts.of(images, until=until)
        if not local:
            verdicts = [self._pulled(verdict) for verdict in verdicts]
        if unpinned != "pass":
            verdicts = [self._held(verdict, unpinned) for verdict in verdicts]
        return self.written(verdicts, door=door)

    def _pulled(self, verdict: Verdict) -> Verdict:
        decision = not_made_here(self.verdicts.policy, verdict.decision)
        return verdict if decision is verdict.decision else Verdict(decision, verdict.how)

    def _held(self, verdict: Verdict, unpinned: str) -> Verdict:
        """A verdict that does not let a name through that may mean another image a moment later.

        Unless the policy would let through an unsigned one in its place.
        """
        decision, policy = verdict.decision, self.verdicts.policy
        reference = decision.reference
        if reference is None or not decision.allowed or not decision.pinned:
            return verdict
        if reference.digest == decision.digest:
            return verdict
        rule = policy.rule_for(reference)
        mode = policy.default.verdict if rule is None else rule.mode
        if mode == "allow":
            return verdict
        reason = f"{decision.image} could mean another image a moment later: use {decision.pinned}"
        watched = mode in {"warn", "audit"} and not self.verdicts.strict
        if unpinned == "deny" and not watched:
            return Verdict(decision.refused(UNPINNED, reason), verdict.how)
        why = reason
        if watched and rule is not None:
            why = f"the rule {rule.match.text} has the mode {mode}: {reason}"
        elif watched:
            mode = decision.mode  # as of an unsigned image that a default lets through
        else:
            mode = "warn"
        although = "; ".join(filter(None, [why, decision.although]))
        told = replace(decision, verdict="warn", mode=mode, although=although)
        if decision.verdict == "allow":  # else it says already what was not satisfied
            told = replace(told, code=UNPINNED, reasons=(reason,))
        return Verdict(told, verdict.how)

    def unchecked(self, what: str, *, code: str, reason: str, door: str) -> Verdict:
        """What is let through although nobody can check it, by the configuration's word.

        Args:
            what: That is let through.
            code: Why it cannot be checked.
            reason: The same as a sentence, with who lets it through.
            door: Who asks.
        """
        decision = Decision(
            image=what,
            reference=None,
            verdict="warn",
            code=code,
            reasons=(shown(reason),),
            mode="warn",
            policy=self.verdicts.policy.name,
            policy_digest=self.verdicts.policy.digest,
            although=shown(reason),
        )
        return self.written([Verdict(decision, "none")], door=door)[0]

    def written(self, verdicts: list[Verdict], *, door: str) -> list[Verdict]:
        """The verdicts, counted and written down; refusals where they cannot be written."""
        if self._log is not None:
            lines = [verdict.line for verdict in verdicts]
            try:
                self._log.write_all(lines, door=door, at=clock.stamp())
            except ContentTrustError as error:
                logging.getLogger(__name__).error("refused: %s", error)  # noqa: TRY400 - it is told
                code = error.code or INTERNAL
                verdicts = [
                    Verdict(verdict.decision.refused(code, str(error)), "none")
                    for verdict in verdicts
                ]
        for verdict in verdicts:
            self.metrics.verdict(door, verdict)
        return verdicts

    # --- admission ------------------------------------------------------------

    async def _validate(self, body: bytes, until: float) -> tuple[web.Response, str]:
        return await self._admission(body, until, door="validate")

    async def _mutate(self, body: bytes, until: float) -> tuple[web.Response, str]:
        return await self._admission(body, until, door="mutate")

    async def _admission(self, body: bytes, until: float, *, door: str) -> tuple[web.Response, str]:
        try:
            review = await self._understood(body, until, lambda: parse(body))
        except ReviewError as error:
            if not error.uid:
                return _text(400, f"contenttrust: {error}"), "malformed"
            message = f"contenttrust: {error}"
            return _answer(admission_answer.denied(error.uid, message, code="malformed"))
        try:
            return _answer(await self._reviewed(review, body, until, door))
        except _BusyError:
            raise
        except Exception:
            logging.getLogger(__name__).exception("a review could not be answered")
            message = "contenttrust: the gate failed for a reason of its own: see its log"
            return _answer(admission_answer.denied(review.uid, message, code=INTERNAL))

    async def _reviewed(
        self, review: Review, body: bytes, until: float, door: str
    ) -> dict[str, Any]:
        custom = self._configuration.custom
        try:
            asked = await self._understood(body, until, lambda: asked_about(review, custom=custom))
        except ReviewError as error:
            return admission_answer.denied(review.uid, f"contenttrust: {error}", code="malformed")
        if asked.unknown and self._configuration.unknown_kinds != "warn":
            message = f"contenttrust: {asked.unknown}"
            return admission_answer.denied(review.uid, message, code="unknown_kind")
        places = asked.places
        if len(places) > _IMAGES:
            message = f"contenttrust: an object may name {_IMAGES} images: this has {len(places)}"
            return admission_answer.denied(review.uid, message, code="malformed")
        mutate, verdicts = door == "mutate", []
        door = f"{door} dry-run" if review.dry_run else door
        if places:
            verdicts = await self.judge(
                [place.image for place in places],
                until=until,
                door=door,
                unpinned="pass" if mutate else self._configuration.unpinned,
            )
        unchecked = None
        if asked.unknown and all(verdict.decision.allowed for verdict in verdicts):
            unchecked = self._not_understood(review, asked.unknown, door)
        checked = list(zip(places, verdicts, strict=True))
        return admission_answer.answer(review, checked, mutate=mutate, unchecked=unchecked)

    def _not_understood(self, review: Review, unknown: str, door: str) -> Verdict:
        """What is said of what nobody knows in an object, where such is let through."""
        metadata = review.document.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        what = f"{review.kind} {review.namespace}/{name}"
        reason = f"{unknown}; unknown-kinds: warn lets it through"
        return self.unchecked(what, code="unknown_kind", reason=reason, door=door)

    # --- everything else ------------------------------------------------------

    async def _verify(self, body: bytes, until: float) -> tuple[web.Response, str]:
        try:
            images = await self._understood(body, until, lambda: _images(decoded(body)))
        except JsonError as error:
            return _text(400, f"contenttrust: {error}"), "malformed"
        verdicts = await self.judge(images, until=until, door="verify", unpinned="pass")
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
        handler: Callable[[bytes, float], Awaitable[tuple[web.Response, str]]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler that has a deadline, takes its turn in the memory, and is counted."""
        limit = self._configuration.body_limit

        async def guarded(request: web.Request) -> web.Response:
            loop = asyncio.get_running_loop()
            began = loop.time()
            until = began + self._patience(request)
            pieces: list[bytes] = []
            try:
                await self._read(request, pieces, until)
                response, outcome = await handler(b"".join(pieces), until)
            except asyncio.TimeoutError as error:
                error.__traceback__ = None  # it holds what has come, and the request holds it
                response, outcome = _text(408, "contenttrust: the request came too slowly"), "busy"
            except web.HTTPRequestEntityTooLarge:
                response = _text(413, f"contenttrust: more than {limit} bytes")
                outcome = "malformed"
            except _BusyError:
                response, outcome = _text(503, "contenttrust: too many requests at once"), "busy"
            finally:
                self._bytes -= sum(map(len, pieces))
            self.metrics.request(door, outcome, loop.time() - began)
            return response

        return guarded

    async def _read(self, request: web.Request, pieces: list[bytes], until: float) -> None:
        """Read what is sent into `pieces`, which count among all that is being answered.

        Raises:
            asyncio.TimeoutError: It does not come in time.
            HTTPRequestEntityTooLarge: It is more than one request may be.
            _BusyError: It is more than there is room for beside all others.
        """
        limit, size, told = self._configuration.body_limit, 0, request.content_length or 0
        if told > limit:
            raise web.HTTPRequestEntityTooLarge(limit, told)
        content, timer = request.content, None
        if not content.is_eof():  # else all of it has come already
            # A timer, as wait_for would make a task for every request.
            timer = asyncio.get_running_loop().call_at(
                until, content.set_exception, asyncio.TimeoutError()
            )
        try:
            while piece := await content.readany():
                # By what has come: who says much and sends nothing must not keep others out.
                if self._bytes + len(piece) > self._configuration.memory:
                    raise _BusyError
                pieces.append(piece)
                self._bytes += len(piece)
                size += len(piece)
                if size > limit:
                    raise web.HTTPRequestEntityTooLarge(limit, size)
        finally:
            if timer is not None:
                timer.cancel()

    async def _understood(self, body: bytes, until: float, read: Callable[[], _T]) -> _T:
        """Understand what was sent; what is large in a thread, as others are answered meanwhile.

        Raises:
            _BusyError: Other large requests are not done before this must be answered.
        """
        if len(body) <= _LARGE:
            return read()
        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(self._turns.acquire(), max(0.0, until - loop.time()))
        except asyncio.TimeoutError:
            raise _BusyError from None
        try:
            return await loop.run_in_executor(None, read)
        finally:
            self._turns.release()

    def _patience(self, request: web.Request) -> float:
        """Seconds until there must be an answer: fewer than whoever asks will wait."""
        told = (
            _DURATION.fullmatch(request.query.get("timeout", "")) if request.query_string else None
        )
        mine = self._configuration.deadline
        return mine if told is None else min(mine, _ROOM * float(told[1]) * _UNITS[told[2]])


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
