#!/usr/bin/env python3
"""A token server for registries and trust servers, for tests.

It grants whatever scope is asked for to the user "admin" with the password "password", and "pull"
to anyone without credentials or with another name; a wrong password is refused with 401. Tokens
are signed with ES256 and carry the certificate in "x5c". Each grant is one JSON line on standard
error.
"""

from __future__ import annotations

import base64
import json
import secrets
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tls_server import TlsServer, listening_options

USER, PASSWORD = "admin", "password"
LIFE_S = 600


def b64url(data: bytes) -> str:
    """Base64 as JSON Web Tokens have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Makes tokens."""

    def __init__(self, name: str, certificate: Path, key: Path) -> None:
        self.name = name
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        self.certificate = loaded.public_bytes(serialization.Encoding.DER)
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        self.key = private

    def token(self, service: str, subject: str, access: list[dict[str, Any]]) -> str:
        """A token that grants `access` to `subject`."""
        now = int(time.time())
        head = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(self.certificate).decode()]}
        claims = {
            "iss": self.name,
            "sub": subject,
            "aud": service,
            "exp": now + LIFE_S,
            "nbf": now - 10,
            "iat": now,
            "jti": secrets.token_urlsafe(9),
            "access": access,
        }
        message = ".".join(b64url(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self.key.sign(message.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{message}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def granted(scopes: str, user: str) -> list[dict[str, Any]]:
    """What a user gets of the scopes asked for."""
    access = []
    for scope in scopes.split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        wanted = actions.split(",")
        allowed = wanted if user == USER else [action for action in wanted if action == "pull"]
        access.append({"type": kind, "name": name, "actions": allowed})
    return access


def handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    """The class that gives out tokens of that issuer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing; grants are written by `issue`."""

        def answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def issue(self, query: dict[str, list[str]], user: str, password: str) -> None:
            if user == USER and password != PASSWORD:
                self.answer(
                    401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}
                )
                return
            access = granted(" ".join(query.get("scope", [])), user)
            token = issuer.token(query.get("service", [""])[0], user, access)
            line = {"method": self.command, "path": self.path, "user": user, "granted": access}
            sys.stderr.write(json.dumps(line) + "\n")
            sys.stderr.flush()
            self.answer(200, {"token": token, "access_token": token, "expires_in": LIFE_S})

        def do_GET(self) -> None:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            scheme, _, value = self.headers.get("Authorization", "").partition(" ")
            basic = base64.b64decode(value).decode() if scheme == "Basic" else ""
            user, _, password = basic.partition(":")
            self.issue(query, user, password)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = urllib.parse.parse_qs(self.rfile.read(length).decode())
            # An identity token ("refresh_token") stands for the user whose password it is here.
            password = (form.get("password") or form.get("refresh_token") or [""])[0]
            user = form.get("username", [USER if "refresh_token" in form else ""])[0]
            self.issue(form, user, password)

    return Handler


def main() -> None:
    """Serve until the process is ended."""
    parser = listening_options("tokenserver.py", __doc__)
    parser.add_argument("--issuer", required=True)
    options = parser.parse_args()
    answers = handler(Issuer(options.issuer, Path(options.cert), Path(options.key)))
    with TlsServer(options.port, answers, certificate=options.cert, key=options.key) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
