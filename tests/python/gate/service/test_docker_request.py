"""What dockerd tells its plugin of a request has one reading, or is refused."""

from __future__ import annotations

import base64
import json

import pytest

from contenttrust.gate.service.docker_request import DockerRequestError, parse
from contenttrust.gate.service.docker_rules import kind_of, named, questions

DIGEST = "sha256:" + "a" * 64


def told(method="POST", uri="/v1.41/containers/create", body=None, headers=None):
    message = {"RequestMethod": method, "RequestUri": uri, "RequestHeaders": headers}
    if body is not None:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        message["RequestBody"] = base64.b64encode(body).decode()
    return message


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/containers/create", "/containers/create"),
        ("/v1.41/containers/create?name=x", "/containers/create"),
        ("/v1/containers/create", "/containers/create"),
        ("/v1.41/%63ontainers/create", "/containers/create"),
        ("http://docker/v1.41/containers/create", "/containers/create"),
        ("/v1.41/images/a%2Fb/push", "/images/a/b/push"),
        ("/vx/containers/create", "/vx/containers/create"),
    ],
)
def test_path_is_what_dockerd_routes_by(uri, path):
    assert parse(told(uri=uri)).path == path


@pytest.mark.parametrize(
    "uri",
    [
        "/v1.41/../containers/create",
        "/v1.41//containers/create",
        "//v1.41/containers/create",
        "/v1.41/%2e%2e/containers/create",
        "/v1.41/%2E/containers/create",
        "/v1.41/%252e%252e/containers/create",
        "/v1.41/containers/./create",
        "/v1.41/containers/create/",
        "/v1.41/containers\\create",
        "/v1.41/containers/create%00",
        "/v1.41/containers/create%0a",
        "/v1.41/containers/create%ff",
        "/v1.41/containers/create%",
        "/v1.41/containers/create%zz",
        "/v1.41/containers/create#/../info",
        "/v1.41/containers /create",
        "/v1.41/çontainers/create",
        "/v1.41/%C3%A7ontainers/create",
        "containers/create",
        "http://[/containers/create",
        "/images/create?fromImage=a;tag=1",
        "/images/create?fromImage=good&fromImage=evil",
        "/services/x/update?rollback=previous&rollback=none",
        "/images/create?fromImage=%ff",
        "/" + "a" * 20_000,
        "",
    ],
)
def test_uri_with_two_readings_is_refused(uri):
    with pytest.raises(DockerRequestError):
        parse(told(uri=uri))


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"RequestMethod": "POST"},
        {"RequestMethod": 1, "RequestUri": "/info"},
        {"RequestMethod": "POST", "RequestUri": "/info", "RequestHeaders": []},
        {"RequestMethod": "POST", "RequestUri": "/info", "RequestHeaders": {"A": 1}},
        {"RequestMethod": "POST", "RequestUri": "/info", "RequestBody": "not base64!"},
        {"RequestMethod": "POST", "RequestUri": "/info", "RequestBody": {}},
    ],
)
def test_message_that_is_none_is_refused(message):
    with pytest.raises(DockerRequestError):
        parse(message)


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"{",
        b"[]",
        b'{"Image": "a"} {"Image": "b"}',
        b'{"Image": "good", "image": "evil"}',
        b'{"Image": "good", "Image": "evil"}',
        b'{"Image": "a", "HostConfig": {}, "hostconfig": {"Mounts": []}}',
        b'{"Image": NaN}',
        b'{"Image": ""}',
        b'{"Image": null}',
        b'{"Image": ["a"]}',
        b"{}",
        b'{"Image": "a", "HostConfig": []}',
        b'{"Image": "a", "HostConfig": {"Mounts": {}}}',
        b'{"Image": "a", "HostConfig": {"Mounts": ["x"]}}',
        b'{"Image": "a", "HostConfig": {"Mounts": [{"Type": "image"}]}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_body_that_names_no_image_for_certain_is_refused(body):
    request = parse(told(body=body))
    with pytest.raises(DockerRequestError):
        questions(request)


def test_long_s_and_kelvin_are_letters_for_go():
    body = '{"Image": "a", "HostConfig": {}, "Ho\u017ftConfig": {"Mounts": []}}'.encode()
    with pytest.raises(DockerRequestError, match="twice"):
        questions(parse(told(body=body)))


def test_image_is_found_whatever_the_case_of_its_member():
    [question] = questions(parse(told(body={"iMaGe": "alpine"})))
    assert (question.image, question.what) == ("alpine", "tag")


def test_images_that_are_mounted_are_found_as_well():
    mounts = [{"Type": "image", "Source": "evil:1"}, {"Type": "bind", "Source": "/etc"}]
    body = {"Image": f"good@{DIGEST}", "HostConfig": {"Mounts": mounts}}
    assert [one.image for one in questions(parse(told(body=body)))] == [f"good@{DIGEST}", "evil:1"]


@pytest.mark.parametrize(
    ("image", "what"),
    [
        (f"alpine@{DIGEST}", "name@digest"),
        (f"alpine:3@{DIGEST}", "name@digest"),
        ("alpine", "tag"),
        ("alpine:3", "tag"),
        ("a" * 64, "id"),
        ("sha256:" + "a" * 64, "id"),
        ("a" * 12, "tag"),  # a short id, and a name of Docker Hub: dockerd would try both
    ],
)
def test_how_an_image_is_named(image, what):
    assert named(image).what == what


@pytest.mark.parametrize(
    "image", ["sha256:" + "a" * 63 + "@", "Evil", f"x@{DIGEST[:-1]}", "-x", "a b"]
)
def test_names_that_are_none_have_no_reference(image):
    found = named(image)
    assert found.reference is None
    assert found.what != "id"


@pytest.mark.parametrize(
    ("query", "image"),
    [
        ("fromImage=alpine&tag=3", "alpine:3"),
        ("fromImage=alpine%3A3", "alpine:3"),
        (f"fromImage=alpine&tag={DIGEST}", f"alpine@{DIGEST}"),
        (f"fromImage=alpine@{DIGEST}&tag=", f"alpine@{DIGEST}"),
    ],
)
def test_image_of_a_pull(query, image):
    [question] = questions(parse(told(uri=f"/v1.41/images/create?{query}")))
    assert question.image == image


@pytest.mark.parametrize(
    "query",
    ["fromImage=alpine", "fromImage=alpine%3A3&tag=4", "fromImage=Alpine&tag=4"],
)
def test_pull_that_is_not_of_one_image_for_certain_is_refused(query):
    with pytest.raises(DockerRequestError):
        questions(parse(told(uri=f"/images/create?{query}")))


@pytest.mark.parametrize("query", ["fromImage=a&tag=1", "fromSrc=-"])
@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded; x=y",
        "multipart/form-data; boundary=x",
    ],
)
def test_form_could_name_another_image_than_the_uri(query, kind):
    request = parse(told(uri=f"/images/create?{query}", headers={"Content-Type": kind}))
    with pytest.raises(DockerRequestError, match="body of type"):
        kind_of(request)


@pytest.mark.parametrize("length", [{}, {"Content-Length": "7"}, {"Content-Length": "00"}])
def test_body_of_a_pull_could_be_a_form(length):
    headers = {"Content-Type": "text/plain", **length}
    request = parse(told(uri="/images/create?fromImage=a&tag=1", headers=headers))
    with pytest.raises(DockerRequestError, match="no body"):
        kind_of(request)


def test_images_of_services():
    task = {"ContainerSpec": {"Image": "web:1", "Mounts": [{"Type": "image", "Source": "x:1"}]}}
    request = parse(told(uri="/services/create", body={"TaskTemplate": task}))
    assert [one.image for one in questions(request)] == ["web:1", "x:1"]
    for body in ({}, {"TaskTemplate": {"PluginSpec": {"Remote": "x"}}}):
        with pytest.raises(DockerRequestError):
            questions(parse(told(uri="/services/create", body=body)))
    attached = {"TaskTemplate": {"NetworkAttachmentSpec": {"ContainerID": "x"}}}
    assert questions(parse(told(uri="/services/create", body=attached))) == []


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/containers/create", "covered"),
        ("POST", "/images/create?fromImage=a&tag=1", "covered"),
        ("POST", "/services/create", "covered"),
        ("POST", "/services/abc/update?version=1", "covered"),
        ("POST", "/services/abc/update?version=1&rollback=", "covered"),
        ("POST", "/services/abc/update?version=1&rollback=none", "covered"),
        ("POST", "/services/abc/update?version=1&rollback=previous", "rollback"),
        ("POST", "/services/abc/update?version=1&rollback=Previous", "rollback"),
        ("POST", "/images/create?fromSrc=-", "import"),
        ("POST", "/images/create", "import"),
        ("POST", "/build?t=x", "build"),
        ("POST", "/session", "build"),
        ("POST", "/grpc", "build"),
        ("POST", "/moby.buildkit.v1.Control/Solve", "build"),
        ("POST", "/build/prune", "harmless"),
        ("POST", "/images/load", "load"),
        ("POST", "/plugins/pull?remote=x", "plugins"),
        ("POST", "/plugins/create?name=x", "plugins"),
        ("POST", "/plugins/a/b/upgrade?remote=x", "plugins"),
        ("POST", "/plugins/a/enable", "plugins"),
        ("POST", "/plugins/a/disable", "harmless"),
        ("POST", "/swarm/join", "swarm"),
        ("POST", "/swarm/init", "swarm"),
        ("POST", "/swarm/update?version=1&rotateManagerToken=1", "swarm"),
        ("POST", "/nodes/abc/update?version=1", "swarm"),
        ("POST", "/swarm/leave", "harmless"),
        ("POST", "/commit?container=x", "harmless"),
        ("POST", "/images/x/tag?repo=y", "harmless"),
        ("POST", "/containers/x/start", "harmless"),
        ("POST", "/exec/x/start", "harmless"),
        ("PUT", "/containers/x/archive", "harmless"),
        ("GET", "/info", "harmless"),
        ("HEAD", "/_ping", "harmless"),
        ("DELETE", "/images/x", "harmless"),
        ("POST", "/containers/x/sneak", "unknown"),
        ("POST", "/new/endpoint", "unknown"),
        ("PUT", "/images/create", "unknown"),
        ("PATCH", "/containers/create", "unknown"),
        ("post", "/containers/create", "unknown"),
        ("POST", "/containers/create/x", "unknown"),
    ],
)
def test_every_endpoint_has_its_line_or_is_unknown(method, path, kind):
    headers = {"Content-Length": "0"}
    assert kind_of(parse(told(method=method, uri=f"/v1.41{path}", headers=headers))) == kind
