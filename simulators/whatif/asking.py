"""The platform's API as a dispatcher or a driver's device asks it."""

import json
import urllib.error
import urllib.request
from typing import Any

from simulators.errors import SimulatorError

_PATIENCE_S = 60.0


class Api:
    """One API with a key; raises SimulatorError with the answer when it refuses."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key

    def get(self, path: str) -> Any:
        """The answer as plain data."""
        return self._ask(path, None)

    def post(self, path: str, body: object = None) -> Any:
        """The answer as plain data, None where there is none."""
        return self._ask(path, json.dumps(body).encode() if body is not None else b"")

    def _ask(self, path: str, body: bytes | None) -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}{path}", body, headers)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            told = " ".join(error.read().decode("utf-8", "replace").split())
            raise SimulatorError(f"API: {path}: {error.code}: {told[:200]}") from error
        except OSError as error:
            raise SimulatorError(f"API: {path}: no answer: {error}") from error
        return json.loads(text) if text else None
