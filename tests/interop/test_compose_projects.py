"""Projects as people write them: what the gate finds is what docker compose says that it starts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from interop.compose_files import PIN, environment, project, there, told_by_docker


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose, and of nothing else."""
    made = environment(tmp_path, monkeypatch)
    return {name: value for name, value in made.items() if name != "TAG"}


PROJECTS: dict[str, dict[str, str]] = {
    "a web application": {
        "compose.yaml": """\
name: shop
x-logging: &logging
  driver: json-file
  options: {max-size: 10m}
x-app: &app
  image: "${REGISTRY:-registry.example.com}/shop/app:${APP_TAG:?say which}"
  restart: unless-stopped
  logging: *logging
  environment: &environment
    DATABASE_URL: postgres://db/shop
    SECRET_KEY_FILE: /run/secrets/key
services:
  web:
    <<: *app
    command: ["serve"]
    ports: ["8080:80"]
    depends_on:
      db: {condition: service_healthy}
    secrets: [key]
    configs: [{source: nginx, target: /etc/nginx/nginx.conf}]
  worker:
    <<: *app
    command: [work]
    environment:
      <<: *environment
      QUEUES: high,low
    deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 256M}}}
  db:
    image: postgres:16-alpine
    healthcheck: {test: ["CMD-SHELL", "pg_isready -U $$POSTGRES_USER"], interval: 5s}
    volumes: ["data:/var/lib/postgresql/data"]
  cache:
    image: redis:7@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
volumes: {data: }
secrets: {key: {environment: KEY}}
configs: {nginx: {content: "events {}"}}
""",
        ".env": "# what is shipped\nAPP_TAG=1.4\nKEY=\"not 'simple' $$\"\n",
    },
    "profiles": {
        "compose.yaml": """\
services:
  web: {image: web:1}
  mail: {image: "mailhog/mailhog", profiles: [dev]}
  debug: {image: busybox, profiles: [dev, debug], network_mode: "service:web"}
  e2e:
    image: mcr.microsoft.com/playwright:v1.40
    profiles: ["test"]
    platform: linux/amd64
    depends_on: [web]
""",
    },
    "extends": {
        "common.yaml": """\
services:
  base:
    image: company/base:2
    environment: [A=1]
  python:
    extends: {service: base}
    image: company/python:3
""",
        "compose.yaml": """\
services:
  one: {extends: {file: common.yaml, service: base}}
  two: {extends: {file: common.yaml, service: python}, command: x}
  three: {extends: one, image: company/three}
""",
    },
    "include": {
        "compose.yaml": """\
include:
  - db/compose.yaml
  - path: [queue/compose.yaml, queue/override.yaml]
    env_file: queue/queue.env
services:
  app: {image: app:1, depends_on: [postgres, rabbit]}
""",
        "db/compose.yaml": "services: {postgres: {image: 'postgres:${PG:-16}'}}\n",
        "db/.env": "PG=15\n",
        "queue/compose.yaml": "services: {rabbit: {image: 'rabbitmq:${RABBIT}'}}\n",
        "queue/override.yaml": "services: {rabbit: {image: 'rabbitmq:${RABBIT}-management'}}\n",
        "queue/queue.env": "RABBIT=3\n",
    },
    "several files": {
        "compose.yaml": """\
services:
  web:
    image: web:latest
    build: {context: ., target: dev, args: {VERSION: "1"}}
    pull_policy: build
    volumes: [".:/src"]
  db: {image: "mariadb:10"}
""",
        "compose.prod.yaml": """\
services:
  web:
    image: registry.example.com/web:1.2
    build: !reset null
    pull_policy: always
    volumes: !override ["assets:/assets"]
  db: {image: "mariadb:11", ports: !override []}
  exporter: {image: "prom/mysqld-exporter:v0.15.0"}
volumes: {assets: }
""",
        "Dockerfile": "FROM unused\n",
    },
    "builds": {
        "compose.yaml": """\
services:
  api:
    build:
      context: ./api
      dockerfile: docker/Dockerfile.prod
      target: run
      args:
        - GO_VERSION=1.23
        - DEBUG
      cache_from: ["type=local,src=/tmp/cache"]
      secrets: [token]
      ssh: [default]
      platforms: [linux/amd64, linux/arm64]
      labels: {a: b}
  site:
    image: company/site
    pull_policy: build
    build:
      dockerfile_inline: |
        # syntax=docker/dockerfile:1
        FROM node:22 AS build
        RUN npm ci && echo "$${PATH}"
        FROM nginx:1.27
        COPY --from=build /x /y
  short: {build: ./api/docker}
secrets: {token: {file: ./token}}
""",
        "api/docker/Dockerfile.prod": """\
ARG GO_VERSION=1.20
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS build
RUN --mount=type=cache,target=/cache go build
FROM gcr.io/distroless/static AS run
COPY --from=build /app /app
FROM debug
""",
        "api/docker/Dockerfile": "FROM alpine\n",
        "token": "t",
    },
    "built here and used again": {
        "compose.yaml": """\
services:
  migrate: {image: company/app:dev, pull_policy: never, command: migrate}
  app: {image: company/app:dev, pull_policy: build, build: {context: ., dockerfile: app.Dockerfile}}
  base: {build: {context: ., dockerfile: base.Dockerfile}, profiles: [never]}
  on-top:
    build: {dockerfile_inline: "FROM base", additional_contexts: {base: "service:base"}}
""",
        "app.Dockerfile": "FROM python:3.12-slim\n",
        "base.Dockerfile": "FROM debian:12\nONBUILD RUN true\n",
        ".env": "COMPOSE_BAKE=true\n",
    },
    "pull policies": {
        "compose.yaml": """\
services:
  a: {image: a, pull_policy: always}
  b: {image: "b:1", pull_policy: missing}
  c: {image: "c:1", pull_policy: if_not_present}
  d: {image: "d:1", pull_policy: daily}
  e: {image: "e:1", pull_policy: every_12h}
  f: {image: "f:1", pull_policy: never}
  g: {image: "g:1", pull_policy: refresh}
  h: {image: "quay.io/h@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}
""",
    },
    "images in volumes": {
        "compose.yaml": """\
services:
  app:
    image: app
    volumes:
      - {type: image, source: "models:${MODEL:-small}", target: /models, image: {subpath: a}}
      - {type: bind, source: ./x, target: /x, bind: {create_host_path: true}}
      - {type: tmpfs, target: /t}
      - named:/n:ro
    tmpfs: /run
volumes: {named: {driver: local}}
""",
    },
    "variables of every kind": {
        "compose.yaml": """\
services:
  a: {image: "${A}"}
  b: {image: "x/${B-none}:${B:-empty}"}
  c: {image: "x/c:${SET:+given}${UNSET:+not}"}
  d: {image: "${NESTED:-y/${INNER:-z}}:1"}
  e: {image: "$REPO/e:$$1"}
  f: {image: "${A}", labels: {x: "${NOT_THERE}"}}
""",
        ".env": "A=from/env:1\nexport REPO=team\nSET=1\nB=\n",
    },
    "a development container": {
        "compose.yaml": """\
version: "3.8"
services:
  app:
    container_name: app
    image: mcr.microsoft.com/devcontainers/base:ubuntu
    init: true
    user: "${UID:-1000}:${GID:-1000}"
    volumes: ["${PWD:-.}:/work:cached", "/var/run/docker.sock:/var/run/docker.sock"]
    env_file: [{path: ./missing.env, required: false}]
    extra_hosts: ["host.docker.internal:host-gateway"]
    ulimits: {nofile: {soft: 1024, hard: 2048}}
    develop: {watch: [{action: sync, path: ./src, target: /src}]}
    labels: [a=b]
  hook:
    image: alpine
    post_start: [{command: [echo, hi]}]
    gpus: all
networks: {default: {name: dev, ipam: {config: [{subnet: 10.0.0.0/24}]}}}
x-anything: {image: not/started}
""",
    },
}


@pytest.fixture(params=PROJECTS.values(), ids=list(PROJECTS))
def names(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The files of a project to give to `-f`; it is the current folder's."""
    for name, text in request.param.items():
        tmp_path.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(name).write_text(text)
    return [name for name in request.param if name.startswith("compose")]


def config(env: dict[str, str], names: list[str], *options: str) -> str:
    files = [f"--file={name}" for name in names]
    return told_by_docker(env, "compose", *files, "--profile=*", "config", *options)


def test_the_images_of_a_project_are_those_that_docker_compose_lists(
    env: dict[str, str], names: list[str]
) -> None:
    services = json.loads(config(env, names, "--format=json"))
    theirs = set(config(env, names, "--images").split())
    made_here = {
        service.get("image", f"{services['name']}-{name}")
        for name, service in services["services"].items()
        if "build" in service
    }
    asked, read = (there(names, env, program) for program in ("docker", None))

    assert [finding.message for finding in asked.findings if finding.refused] == []
    ours = {one.image for one in asked.started if not one.target and not one.context}
    assert theirs - made_here <= ours <= theirs
    if not any(finding.refused for finding in read.findings):
        assert {use.image for use in read.uses} == {use.image for use in asked.uses}


def test_nothing_of_a_project_but_front_ends_has_a_tag_behind_the_override(
    env: dict[str, str], names: list[str]
) -> None:
    made = there(names, env)
    Path("trust.yaml").write_bytes(made.override({use.image: PIN for use in made.uses}))
    pinned = there([*names, "trust.yaml"], env)

    assert [finding.message for finding in pinned.findings if finding.refused] == []
    assert {use.image for use in pinned.uses if use.spot.what != "# syntax"} <= {PIN}
    assert len(pinned.started) >= len(made.started)


@pytest.mark.parametrize("program", ["docker", None])
def test_t100_a_name_that_goes_back_over_a_link_is_shortened_by_docker_compose(
    env: dict[str, str], program: str | None
) -> None:
    Path("deep", "er").mkdir(parents=True)
    Path("link").symlink_to("deep/er")
    Path("deep", "other.yaml").write_text("services: {a: {image: web:1}}")
    Path("other.yaml").write_text("services: {a: {image: evil:1}}")
    name = "link/../other.yaml"
    told = json.loads(told_by_docker(env, "compose", "-f", name, "config", "--format", "json"))
    assert told["services"]["a"]["image"] == "evil:1"
    made = there([os.path.normpath(name)], env, program)  # as the command line does it
    assert [use.image for use in made.uses] == ["evil:1"]


def test_t100_how_docker_is_called_tells_no_project_that_it_is_checked(
    env: dict[str, str],
) -> None:
    text = "services: {web: {build: '.${DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND}/x'}}\n"
    Path(".docker/x").mkdir(parents=True)
    Path(".docker/x/Dockerfile").write_text("FROM good")
    [finding] = project(env, compose=text).findings

    assert finding.refused
    assert "docker is called by another name" in finding.message
