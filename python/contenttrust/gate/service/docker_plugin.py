"""dockerd's authorization plugin: what may be pulled, created or deployed through its API.

Source: Docker Engine, "Access authorization plugin"; moby `pkg/authorization/api.go`.
"""

from __future__ import annotations

import asyncio
import json
import logging

from aiohttp import web

from contenttrust.errors import shown
from contenttrust.gate.service import docker_rules
from contenttrust.gate.service.docker_request import DockerRequestError, parse
from contenttrust.gate.service.strict_json import JsonError, decoded
from contenttrust.gate.service.verdicts import not_enforced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from contenttrust.gate.service.application import Service
    from contenttrust.gate.service.docker_request import DockerRequest
    from contenttrust.gate.service.docker_rules import Question
    from contenttrust.policy.decision import Decision

    Resolve = Callable[[str], Awaitable[Sequence[str]]]

_CONTENT_TYPE = "application/vnd.docker.plugins.v1.1+json"
_MESSAGE_LIMIT = 4096
_HINTS = {
    "build": "dockerd's builder pulls and runs images that are not checked",
    "load": "an archive brings images without signatures",
    "import": "an import makes an image without a signature",
    "plugins": "plugins of dockerd are not checked",
    "swarm": "other managers would start images here that are not checked",
    "rollback": "swarm would start the images of the specification before, which is not shown",
    "unknown": "what the request does is not known",
}
_GOES_BACK = (
    "where the update fails swarm would start the images of the specification before, which is not "
    "shown: use --update-failure-action pause or continue (UpdateConfig.FailureAction)"
)


class DockerPlugin:
    """Answers dockerd for one service."""

    def __init__(
        self, service: Service, *, allow: Sequence[str], deadline: float, resolve: Resolve
    ) -> None:
        """Prepare.

        Args:
            service: Gives the verdicts.
            allow: Doors of `docker_rules.UNCOVERED` that stay open.
            deadline: Seconds until dockerd is answered.
            resolve: Gives the names with digests that dockerd knows an image id by.
        """
        self._service = service
        self._allow = frozenset(allow)
        self._deadline = deadline
        self._resolve = resolve

    def add_to(self, application: web.Application) -> None:
        """Add the routes of the protocol."""
        application.router.add_post("/Plugin.Activate", self._activate)
        application.router.add_post("/AuthZPlugin.AuthZReq", self._request)
        application.router.add_post("/AuthZPlugin.AuthZRes", self._response)

    async def _activate(self, request: web.Request) -> web.Response:  # noqa: ARG002
        return _answer({"Implements": ["authz"]})

    async def _response(self, request: web.Request) -> web.Response:
        await request.read()  # what was let through may be answered
        return _answer({"Allow": True})

    async def _request(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            asked = parse(decoded(await request.read()))
            refusal = await self._refusal(asked, began + self._deadline)
        except (JsonError, DockerRequestError) as error:
            refusal = f"malformed: {error}"
        except Exception:
            logging.getLogger(__name__).exception("a request of dockerd could not be answered")
            refusal = "internal: the gate failed for a reason of its own: see its log"
        outcome = "denied" if refusal else "allowed"
        self._service.metrics.request("dockerd", outcome, loop.time() - began)
        if not refusal:
            return _answer({"Allow": True})
        message = shown(f"contenttrust: {refusal}")[:_MESSAGE_LIMIT]
        return _answer({"Allow": False, "Msg": message})

    async def _refusal(self, asked: DockerRequest, until: float) -> str:
        """Why a request is refused; empty where it is not."""
        kind = docker_rules.kind_of(asked)
        what = f"{asked.method} {asked.path}"
        if kind == docker_rules.HARMLESS:
            return ""
        if kind != docker_rules.COVERED:
            return self._uncovered(what, kind, _HINTS[kind])
        if docker_rules.may_go_back(asked):
            refusal = self._uncovered(what, "rollback", _GOES_BACK)
            if refusal:
                return refusal
        # A container is made of what dockerd has; everything else is fetched, here or elsewhere.
        local = asked.path == "/containers/create"
        for question in docker_rules.questions(asked):
            refusal = await self._of_image(question, until, local=local)
            if refusal:
                return refusal
        return ""

    def _uncovered(self, what: str, door: str, hint: str) -> str:
        """Why a request is refused that cannot be checked; empty where its door is open."""
        if door not in self._allow:
            return f"not covered: {what}: {hint} (docker-allow: {door} would let it through)"
        reason = f"{hint}; docker-allow: {door} lets it through"
        verdict = self._service.unchecked(what, code="not_covered", reason=reason, door="dockerd")
        return "" if verdict.decision.allowed else verdict.decision.reasons[0]

    async def _of_image(self, question: Question, until: float, *, local: bool) -> str:
        if question.what == "id":
            return await self._of_id(question.image, until)
        if question.reference is None:
            return f"malformed: {question.what}"
        [verdict] = await self._service.judge(
            [question.image], until=until, door="dockerd", unpinned="deny", local=local
        )
        decision = verdict.decision
        if not decision.allowed:
            reason = decision.reasons[0] if decision.reasons else "it is not allowed"
            return f"{decision.code}: {question.image}: {reason}"
        _log(decision)
        return ""

    async def _of_id(self, image: str, until: float) -> str:
        """An id is good if dockerd has that image under a name with a digest that is."""
        remaining = until - asyncio.get_running_loop().time()
        try:
            names = await asyncio.wait_for(self._resolve(image), remaining)
        except (asyncio.TimeoutError, OSError, ValueError) as error:
            return f"unreachable: dockerd does not say which image {image} is: {error}"
        if not names:
            return f"not_signed: the image {image} has come from no registry by its digest"
        verdicts = await self._service.judge(names, until=until, door="dockerd", unpinned="deny")
        for verdict in verdicts:
            if verdict.decision.allowed:
                _log(verdict.decision)
                return ""
        decision = verdicts[0].decision
        reason = decision.reasons[0] if decision.reasons else "it is not allowed"
        return f"{decision.code}: {decision.image}: {reason}"


def _log(decision: Decision) -> None:
    """Tell of an image that is let through although a check refused it: dockerd tells nobody."""
    if decision.verdict == "warn":
        text = f"{not_enforced(decision)}: {decision.image}: {decision.although}"
        logging.getLogger(__name__).warning("%s", shown(text)[:_MESSAGE_LIMIT])


def _answer(document: dict[str, Any]) -> web.Response:
    return web.Response(body=json.dumps(document).encode(), content_type=_CONTENT_TYPE)


async def names_of(image: str, *, socket: str) -> list[str]:
    """The names with digests under which dockerd has an image id.

    dockerd asks its plugin about this request as well, while it waits for the answer to another
    one: the plugin answers both, as its event loop never waits for either.

    Args:
        image: ``sha256:`` and 64 hexadecimal digits, or these alone.
        socket: dockerd's.

    Raises:
        OSError: dockerd gives no answer.
        ValueError: It gives another answer than it should.

    Source: Docker Engine API 1.41, ``ImageInspect``.
    """
    from aiohttp import ClientError, ClientSession, UnixConnector  # noqa: PLC0415 - on demand

    digits = image.removeprefix("sha256:")
    url = f"http://docker/images/sha256:{digits}/json"
    try:
        async with ClientSession(connector=UnixConnector(path=socket)) as session:
            answer = await session.get(url)
            if answer.status == web.HTTPNotFound.status_code:
                return []
            body = await answer.read()
    except ClientError as error:
        raise OSError(str(error)) from None
    found = decoded(body)
    if answer.status != web.HTTPOk.status_code or not isinstance(found, dict):
        raise ValueError(f"status {answer.status}")
    # With a name that is no id dockerd would have looked for another image.
    if found.get("Id") != f"sha256:{digits}":
        raise ValueError("it names another image")
    names = found.get("RepoDigests") or []
    return [name for name in names if isinstance(name, str) and not name.startswith("<none>@")]
