"""An OpenID provider on loopback, with keys, codes and tokens of its own, as real ones have them."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "dojo", "a secret of the client"


class Provider:
    """Says of whoever asks that they are ``person``: the claims of a user."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.answers_nonsense = False
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}/realm"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def document(self) -> dict[str, Any]:
        names = ("authorization", "token", "userinfo")
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in names},
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}

    def agree(self, asked: dict[str, str]) -> str:
        """Where somebody who agrees is led."""
        code = secrets.token_urlsafe(12)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """For a code, once, for the client that asked and knows its verifier (PKCE)."""
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return None
        digest = sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return None
        access, now = secrets.token_urlsafe(12), int(time.time())
        self._tokens[access] = self.person
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, **self.person}
        signed = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def userinfo(self, access: str) -> dict[str, Any] | None:
        return self._tokens.get(access)


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        what = parts.path.removeprefix("/realm/")
        if self.provider.answers_nonsense:
            self._answer("<html>maintenance</html>", 200)
        elif what == ".well-known/openid-configuration":
            self._answer(self.provider.document())
        elif what == "jwks":
            self._answer(self.provider.jwks())
        elif what == "authorization":
            self.send_response(302)
            self.send_header("Location", self.provider.agree({k: v[0] for k, v in parse_qs(parts.query).items()}))
            self.end_headers()
        else:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            found = self.provider.userinfo(token)
            self._answer(found or {}, 200 if found else 401)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        found = self.provider.token({key: values[0] for key, values in form.items()})
        self._answer(found or {"error": "invalid_grant"}, 200 if found else 400)

    def _answer(self, content: Any, status: int = 200) -> None:
        body = content if isinstance(content, str) else json.dumps(content)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(content, str) else "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""
