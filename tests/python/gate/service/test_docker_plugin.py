"""dockerd's plugin: what is let through, and what whoever is refused is told to do."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.service.application import Service
from contenttrust.gate.service.configuration import DOORS, Configuration
from contenttrust.gate.service.docker_plugin import DockerPlugin, names_of
from contenttrust.gate.service.docker_rules import UNCOVERED
from contenttrust.gate.service.verdicts import Verdicts
from contenttrust.policy.rules import Default, Policy, Rule
from told_gate import DIGEST, GUN, decision

PINNED = f"{GUN}@{DIGEST}"
ID = "c" * 64


def asking(gate, script, *, names=None, allow=(), deadline=20.0, log=None):
    """Run a script with a function that asks the plugin about one request to dockerd."""
    names = {} if names is None else names

    async def resolve(image):
        found = names.get(image, [])
        if isinstance(found, Exception):
            raise found
        return found

    async def main() -> None:
        verdicts = Verdicts(gate, threads=2, pending=9, lifetime=60, entries=9)
        service = Service(verdicts, Configuration(), log=log)
        application = service.application()
        plugin = DockerPlugin(service, allow=allow, deadline=deadline, resolve=resolve)
        plugin.add_to(application)
        async with TestClient(TestServer(application)) as client:

            async def ask(method, uri, body=None, **headers):
                message = {"RequestMethod": method, "RequestUri": f"/v1.41{uri}"}
                message["RequestHeaders"] = {"Content-Length": "0", **headers}
                if body is not None:
                    message["RequestBody"] = base64.b64encode(json.dumps(body).encode()).decode()
                return await post(json.dumps(message).encode())

            async def post(body, path="/AuthZPlugin.AuthZReq"):
                answer = await client.post(path, data=body)
                assert answer.status == 200
                return json.loads(await answer.read())

            try:
                await script(ask, post)
            finally:
                gate.go.set()
                verdicts.close()

    asyncio.run(main())


def test_plugin_says_what_it_is(gate):
    async def script(ask, post):
        assert await post(b"", "/Plugin.Activate") == {"Implements": ["authz"]}
        assert await post(b"{}", "/AuthZPlugin.AuthZRes") == {"Allow": True}

    asking(gate, script)


@pytest.mark.parametrize(
    ("method", "uri", "body", "said"),
    [
        ("POST", f"/images/create?fromImage={GUN}&tag=1", None, f"use {PINNED}"),
        ("POST", f"/images/create?fromImage={GUN}&tag=9", None, "not_signed"),
        ("POST", f"/images/create?fromImage={GUN}", None, "all tags"),
        ("POST", f"/images/create?fromImage={GUN}&tag=sha256:{'b' * 64}", None, "not_signed"),
        ("POST", "/images/create?fromSrc=-&repo=x", None, "not covered"),
        ("POST", "/containers/create", {"Image": f"{GUN}:1"}, f"use {PINNED}"),
        ("POST", "/containers/create", {"Image": f"{GUN}:9"}, "not_signed"),
        ("POST", "/containers/create", {"Image": "Evil"}, "malformed"),
        ("POST", "/containers/create", {"Image": "a" * 64}, "no registry"),
        ("POST", "/containers/create", None, "passed no body on"),
        ("POST", "/containers/create?x=/auth", None, "passed no body on"),
        ("POST", "/services/create", {"TaskTemplate": {"ContainerSpec": {"Image": "x:1"}}}, "not_"),
        ("POST", "/build?t=x", None, "not covered: POST /build"),
        ("POST", "/session", None, "builder"),
        ("POST", "/images/load", None, "archive"),
        ("POST", "/plugins/pull?remote=x", None, "plugins"),
        ("POST", "/swarm/join", None, "managers"),
        (
            "POST",
            "/services/x/update?version=1&rollback=previous",
            {"TaskTemplate": {"ContainerSpec": {"Image": PINNED}}},
            "the specification before",
        ),
        ("POST", "/something/new", None, "not known"),
        ("POST", "/../containers/create", {"Image": PINNED}, "not a clean one"),
    ],
)
def test_what_is_refused_and_with_which_words(gate, method, uri, body, said):
    async def script(ask, post):
        told = await ask(method, uri, body)
        assert told["Allow"] is False
        assert said in told["Msg"]
        assert told["Msg"].startswith("contenttrust: ")

    asking(gate, script)


@pytest.mark.parametrize(
    ("method", "uri", "body"),
    [
        ("POST", f"/images/create?fromImage={GUN}&tag={DIGEST}", None),
        ("POST", f"/images/create?fromImage={GUN}@{DIGEST}", None),
        ("POST", "/containers/create?name=x", {"Image": PINNED}),
        ("POST", "/services/create", {"TaskTemplate": {"ContainerSpec": {"Image": PINNED}}}),
        ("GET", "/containers/json", None),
        ("POST", "/containers/x/start", None),
        ("DELETE", "/images/x", None),
        ("HEAD", "/_ping", None),
    ],
)
def test_what_is_let_through(gate, method, uri, body):
    async def script(ask, post):
        assert await ask(method, uri, body) == {"Allow": True}

    asking(gate, script)


@pytest.mark.parametrize("door", DOORS)
def test_t097_doors_that_cannot_be_checked_are_open_only_where_each_is_named(gate, door):
    uris = {
        "build": "/build",
        "load": "/images/load",
        "plugins": "/plugins/pull",
        "swarm": "/swarm/join",
        "import": "/images/create?fromSrc=-",
        "rollback": "/services/x/update?version=1&rollback=previous",
        "unknown": "/new",
    }
    assert uris.keys() == set(UNCOVERED)

    async def script(ask, post):
        for other, uri in uris.items():
            assert (await ask("POST", uri))["Allow"] is (other == door)

    asking(gate, script, allow=(door,))


@pytest.mark.parametrize("writable", [True, False])
def test_t145_door_that_is_open_is_written_down_or_shut(gate, tmp_path, writable):
    async def script(ask, post):
        assert (await ask("POST", "/build?t=x"))["Allow"] is writable

    path = tmp_path / "log" if writable else tmp_path / "absent" / "log"
    asking(gate, script, allow=("build",), log=AuditLog(path))
    if writable:
        line = json.loads(path.read_text())
        assert (line["image"], line["verdict"], line["code"]) == (
            "POST /build",
            "warn",
            "not_covered",
        )
        assert "docker-allow: build" in line["although"]


@pytest.mark.parametrize("form", [ID, f"sha256:{ID}"])
def test_t085_image_id_is_good_if_dockerd_has_it_by_a_digest_that_is_signed(gate, form):
    async def script(ask, post):
        assert (await ask("POST", "/containers/create", {"Image": form}))["Allow"]

    asking(gate, script, names={form: ["other@sha256:" + "b" * 64, PINNED]})


@pytest.mark.parametrize("known", [[], ["other@sha256:" + "b" * 64], OSError("x"), ValueError("x")])
def test_t085_any_other_image_id_is_refused(gate, known):
    async def script(ask, post):
        assert not (await ask("POST", "/containers/create", {"Image": ID}))["Allow"]

    asking(gate, script, names={ID: known})


def test_t085_short_ids_are_names_and_checked_as_such(gate):
    async def script(ask, post):
        told = await ask("POST", "/containers/create", {"Image": "c" * 12})
        assert "not_signed" in told["Msg"]

    asking(gate, script)


def test_image_that_the_policy_lets_through_without_a_digest_may_be_named_by_tag(gate):
    gate.decisions["local:1"] = decision("local:1", digest="", pinned="")

    async def script(ask, post):
        assert (await ask("POST", "/containers/create", {"Image": "local:1"}))["Allow"]

    asking(gate, script)


def test_t110_dockerd_is_answered_in_time(gate):
    gate.go.clear()

    async def script(ask, post):
        told = await ask("POST", "/containers/create", {"Image": PINNED})
        assert (told["Allow"], "deadline" in told["Msg"]) == (False, True)

    asking(gate, script, deadline=0.1)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"RequestMethod": "GET"}', b"\xff"])
def test_message_that_is_none_is_a_refusal(gate, body):
    async def script(ask, post):
        assert (await post(body))["Allow"] is False

    asking(gate, script)


def test_t110_failure_of_our_own_is_a_refusal(gate, monkeypatch, caplog):
    def broken(request):
        raise MemoryError

    monkeypatch.setattr("contenttrust.gate.service.docker_rules.kind_of", broken)

    async def script(ask, post):
        assert (await ask("GET", "/info"))["Allow"] is False

    asking(gate, script)
    assert "could not be answered" in caplog.text


@pytest.mark.parametrize(
    ("status", "body", "names"),
    [
        (200, {"Id": f"sha256:{ID}", "RepoDigests": [PINNED, "<none>@<none>"]}, [PINNED]),
        (200, {"Id": f"sha256:{ID}", "RepoDigests": None}, []),
        (404, {"message": "no such image"}, []),
        (200, {"Id": "sha256:" + "d" * 64, "RepoDigests": [PINNED]}, ValueError),
        (200, [], ValueError),
        (500, {}, ValueError),
        (None, None, OSError),
    ],
)
def test_names_of_an_image_id(tmp_path, status, body, names):
    from aiohttp import web

    socket = str(tmp_path / "docker.sock")

    async def answer(request):
        assert request.path == f"/images/sha256:{ID}/json"
        return web.json_response(body, status=status)

    async def main():
        application = web.Application()
        application.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        if status is not None:
            await web.UnixSite(runner, socket).start()
        try:
            if isinstance(names, list):
                assert await names_of(ID, socket=socket) == names
                assert await names_of(f"sha256:{ID}", socket=socket) == names
            else:
                with pytest.raises(names):
                    await names_of(ID, socket=socket)
        finally:
            await runner.cleanup()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("uri", "body"),
    [
        ("/swarm/init", {"ListenAddr": "0.0.0.0:2377"}),
        ("/swarm/update?version=1&rotateManagerToken=1", {}),
        ("/swarm/join", {"RemoteAddrs": ["10.0.0.2:2377"]}),
        ("/nodes/x/update?version=1", {"Role": "manager"}),
    ],
)
def test_what_brings_another_manager_is_denied(gate, uri, body):
    async def script(ask, post):
        told = await ask("POST", uri, body)
        assert told["Allow"] is False
        assert "other managers would start images here" in told["Msg"]
        assert "docker-allow: swarm" in told["Msg"]

    async def opened(ask, post):
        assert (await ask("POST", uri, body))["Allow"]

    asking(gate, script)
    asking(gate, opened, allow=("swarm",))


def test_a_local_build_is_run_and_never_pulled(gate):
    policy = Policy(rules=(Rule("localhost/**", local_build=True),))
    gate.policy.rule_for = policy.rule_for
    made = {"digest": "", "pinned": "", "rule": "localhost/**"}
    for name in ("localhost/mine:latest", "localhost/mine"):
        gate.decisions[name] = decision(name, **made)

    async def script(ask, post):
        assert await ask("POST", "/containers/create", {"Image": "localhost/mine"}) == {
            "Allow": True
        }
        service = {"TaskTemplate": {"ContainerSpec": {"Image": "localhost/mine"}}}
        for uri, body in (
            ("/images/create?fromImage=localhost/mine&tag=latest", None),
            ("/services/create", service),
        ):
            told = await ask("POST", uri, body)
            assert told["Allow"] is False
            assert "what is pulled needs a signature" in told["Msg"]

    asking(gate, script)


def _service(image, **configured):
    return {"TaskTemplate": {"ContainerSpec": {"Image": image}}, **configured}


@pytest.mark.parametrize(
    "configured",
    [
        {"UpdateConfig": {"FailureAction": "rollback"}},
        {"updateconfig": {"failureACTION": "rollback"}},
        {"UpdateConfig": {"FailureAction": "a later one"}},
        {"UpdateConfig": {"FailureAction": ["pause"]}},
    ],
)
def test_update_that_goes_back_by_itself_is_a_rollback(gate, configured):
    uri = "/services/x/update?version=7"

    async def shut(ask, post):
        told = await ask("POST", uri, _service(PINNED, **configured))
        assert told["Allow"] is False
        assert "--update-failure-action pause" in told["Msg"]
        assert "docker-allow: rollback" in told["Msg"]
        # There is nothing to go back to.
        assert await ask("POST", "/services/create", _service(PINNED, **configured)) == {
            "Allow": True
        }

    async def opened(ask, post):
        assert await ask("POST", uri, _service(PINNED, **configured)) == {"Allow": True}
        told = await ask("POST", uri, _service(f"{GUN}:9", **configured))
        assert "not_signed" in told["Msg"]  # the image that is shown is checked all the same

    asking(gate, shut)
    asking(gate, opened, allow=("rollback",))


@pytest.mark.parametrize(
    "configured",
    [
        {},
        {"UpdateConfig": None},
        {"UpdateConfig": {"Parallelism": 1}},
        {"UpdateConfig": {"FailureAction": ""}},
        {"UpdateConfig": {"FailureAction": "pause"}},
        {"UpdateConfig": {"FailureAction": "continue"}},
        {"RollbackConfig": {"FailureAction": "pause"}},
    ],
)
def test_update_that_stays_is_judged_by_its_image(gate, configured):
    async def script(ask, post):
        uri = "/services/x/update?version=7"
        assert await ask("POST", uri, _service(PINNED, **configured)) == {"Allow": True}

    asking(gate, script)


@pytest.mark.parametrize("mode", ["warn", "audit", "default", "enforce"])
def test_t115_what_is_only_watched_is_pulled_by_tag_signed_or_not(gate, tmp_path, caplog, mode):
    """Only what is not signed would be let through otherwise."""
    gate.policy = Policy(default=Default("warn"))
    if mode != "default":
        gate.policy = Policy(rules=(Rule("registry.example.com/**", mode=mode),))

    gate.decisions[PINNED] = decision(PINNED, "warn", although="too few")

    async def script(ask, post):
        told = await ask("POST", f"/images/create?fromImage={GUN}&tag=1")
        assert told["Allow"] is (mode != "enforce")
        assert (await ask("POST", "/containers/create", {"Image": ID}))["Allow"]

    asking(gate, script, log=AuditLog(tmp_path / "log"), names={ID: [PINNED]})
    line = json.loads(tmp_path.joinpath("log").read_text().splitlines()[0])
    assert f"NOT ENFORCED (default): {PINNED}: too few" in caplog.text
    assert line["code"] == "unpinned"
    text = f"{GUN}:1 could mean another image a moment later: use {PINNED}"
    ruled = "enforce" if mode == "default" else mode
    assert (line["verdict"], line["mode"]) == ("deny" if mode == "enforce" else "warn", ruled)
    assert (f"NOT ENFORCED ({mode}): {GUN}:1: " in caplog.text) is (mode != "enforce")
    assert (text in caplog.text) is (text in line["although"]) is (mode != "enforce")
