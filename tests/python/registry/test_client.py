"""A registry asked: over https, on this machine also without, with credentials and without."""

from __future__ import annotations

import os
import pickle
import socket
import threading

import pytest

from asked_registry import asked, failure, reference, registry
from contenttrust.errors import FetchError, ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import NoImageError, Registry
from contenttrust.transport.tls import Tls
from servers import HttpsServer
from servers.answers import document, reset, status
from servers.registry import (
    IMAGE,
    INDEX,
    PATH,
    child,
    digest_of,
    image,
    index,
    name_of,
    path_of,
    platform,
    push,
)


def test_a_tag_stands_for_the_document_that_is_served(server):
    body = image()
    push(server, body)
    manifest = registry(server).manifest(reference(server))
    assert (manifest.digest, manifest.size, manifest.body) == (digest_of(body), len(body), body)
    assert asked(server) == [path_of("1")]


def test_all_four_types_are_asked_for_and_no_other(server):
    push(server, image())
    registry(server).manifest(reference(server))
    accepted = server.requests[0].headers["accept"].split(", ")
    assert len(accepted) == 4
    assert {IMAGE, INDEX} < set(accepted)
    assert not any("v1+prettyjws" in each or "*" in each for each in accepted)


def test_beside_a_digest_a_tag_does_not_count(server):
    digest = push(server, image(), tag=None)
    manifest = registry(server).manifest(reference(server, f":1@{digest}"))
    assert manifest.digest == digest
    assert asked(server) == [path_of(digest)]


def test_a_name_without_a_tag_means_latest(server):
    push(server, image(), tag="latest")
    registry(server).manifest(reference(server, ""))
    assert asked(server) == [path_of("latest")]


def test_a_registry_need_not_tell_the_digest(server):
    body = image()
    server.answer(path_of(), document(body, headers={"Content-Type": IMAGE}))
    assert registry(server).manifest(reference(server)).digest == digest_of(body)


def test_children_are_had_by_their_digests(server):
    amd = image("amd")
    push(server, amd, tag=None)
    push(server, index(child(amd, platform=platform("linux", "amd64"))), INDEX)
    asker = registry(server)
    (descriptor,) = asker.manifest(reference(server)).children
    assert asker.child(reference(server), descriptor).body == amd


def test_a_child_that_is_missing_is_told(server):
    push(server, index(child(image())), INDEX)
    asker = registry(server)
    (descriptor,) = asker.manifest(reference(server)).children
    with pytest.raises(NoImageError, match=f"has no image {PATH}@sha256:"):
        asker.child(reference(server), descriptor)


@pytest.mark.parametrize("members", [{"size": 3}, {"mediaType": INDEX}])
def test_t088_a_child_of_another_size_or_type_is_refused(server, members):
    body = image()
    push(server, body, tag=None)
    push(server, index(child(body, **members)), INDEX)
    asker = registry(server)
    (descriptor,) = asker.manifest(reference(server)).children
    with pytest.raises(ImageLookupError, match="another size or type"):
        asker.child(reference(server), descriptor)


def test_a_tag_that_is_not_there_is_no_refusal_but_no_answer(server):
    error = failure(registry(server), reference(server, ":2"), NoImageError)
    assert isinstance(error, FetchError)
    assert str(error) == (
        f"localhost:{server.port} has no image {PATH}:2: check the name, or push it."
    )
    assert (error.code, error.gun) == ("server_error", name_of(server, ""))
    assert error.subject == "2"


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (401, "unauthorized", "offers no way to log in"),
        (403, "unauthorized", "access is denied"),
        (429, "server_error", "it answers with status 429"),
        (500, "server_error", "it answers with status 500"),
        (204, "server_error", "it answers with status 204"),
    ],
)
def test_other_answers_are_told_as_a_registry_s(server, number, code, words):
    server.answer_all(status(number))
    error = failure(registry(server), reference(server))
    assert error.code == code
    assert words in str(error)
    assert "trust server" not in str(error)
    assert "trust server" not in error.explain()


def test_nobody_there_is_told(plain, server):
    with HttpsServer(None) as gone:
        pass
    error = failure(Registry(f"localhost:{gone.port}"), reference(gone))
    assert error.code == "unreachable"
    assert "check the image's name and the connection" in str(error)


def test_an_error_keeps_its_code_when_it_is_pickled(server):
    server.answer_all(status(403))
    error = failure(registry(server), reference(server))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again)) == (type(error), vars(error))


def test_images_of_another_registry_are_not_asked_for(server):
    with pytest.raises(ValueError, match="is no image of"):
        registry(server).manifest(Reference.parse("registry.example.com/team/web:1"))
    assert server.requests == []


# Without TLS: on this machine alone.


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LocalHost"])
def test_a_registry_on_this_machine_may_speak_plain_http(plain, host):
    body = image()
    push(plain, body)
    asker = Registry(f"{host}:{plain.port}")
    assert asker.manifest(reference(plain, host=host)).body == body
    assert asked(plain) == [path_of("1")]


def test_an_ipv6_address_is_this_machine_too():
    with HttpsServer(None, family=socket.AF_INET6) as server:
        push(server, image())
        asker = Registry(f"[::1]:{server.port}")
        assert asker.manifest(reference(server, host="[::1]")).digest == digest_of(image())


def test_a_registry_without_tls_is_not_asked_for_it_again(plain):
    push(plain, image())
    asker = registry(plain)
    for _ in range(3):
        asker.manifest(reference(plain))
    assert plain.connections == 2


def test_a_registry_that_answers_over_https_is_not_asked_without(server):
    server.answer_all(status(404))
    asker = registry(server)
    failure(asker, reference(server), NoImageError)
    server.answer_all(reset())
    error = failure(asker, reference(server))
    assert error.code == "unreachable"
    assert "https://" in str(error)


def test_the_first_failure_is_told_where_neither_is_spoken(server):
    server.answer_all(reset())
    error = failure(registry(server), reference(server))
    assert "https://localhost" in str(error)


def test_certificates_are_not_checked_on_this_machine(authority):
    with HttpsServer(authority.issue(("other.example",), self_signed=True)) as server:
        push(server, image())
        assert registry(server).manifest(reference(server)).digest == digest_of(image())


def test_certificates_that_were_named_are_checked_even_on_this_machine(server, authority):
    push(server, image())
    asker = registry(server, tls=Tls(ca_files=(authority.ca_file,)))
    assert asker.manifest(reference(server)).digest == digest_of(image())
    error = failure(registry(server, tls=Tls()), reference(server))
    assert error.code == "tls"
    assert f"/etc/docker/certs.d/localhost:{server.port}/ca.crt" in str(error)


def test_certificates_of_others_are_always_checked():
    with pytest.raises(ValueError, match="loopback hosts only"):
        Registry("registry.example.com", tls=Tls(verify=False))


def test_docker_hub_is_asked_where_docker_asks_it():
    assert Registry("docker.io").url == "https://registry-1.docker.io"
    assert Registry("registry.example.com:8443").url == "https://registry.example.com:8443"


@pytest.mark.parametrize("domain", ["", "a b", "a@b", "a/b", "a:0", "a:70000", "ä", "..", "a?b"])
def test_a_domain_that_is_no_host_is_refused(domain):
    with pytest.raises(ValueError, match=r"host|URL"):
        Registry(domain)


# Threads and processes.


def test_threads_take_turns(server):
    push(server, image())
    asker = registry(server)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(asker.manifest(reference(server)).digest))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [digest_of(image())] * 4


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_connects_anew(server):
    push(server, image())
    asker = registry(server)
    asker.manifest(reference(server))
    process = os.fork()
    if process == 0:
        good = False
        try:
            good = asker.manifest(reference(server)).digest == digest_of(image())
        finally:
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    asker.manifest(reference(server))
    assert server.connections == 2
