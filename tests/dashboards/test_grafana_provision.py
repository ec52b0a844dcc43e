"""Pushing dashboards: the requests against a local server that answers as Grafana documents its HTTP API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dashboards.grafana.provision import GrafanaRefused, provision

_TOKEN = "glsa_test"


class _Grafana(ThreadingHTTPServer):
    """State of a Grafana: folders, dashboards, and the writes it saw."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folders: dict[str, str] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.writes: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Grafana

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _refuse_strangers(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {_TOKEN}":
            return False
        self._answer(401, {"message": "Invalid API key"})
        return True

    def do_GET(self) -> None:
        if self._refuse_strangers():
            return
        path = self.path.split("?")[0]
        if path == "/api/folders":
            self._answer(200, [{"id": 1, "uid": u, "title": t} for u, t in self.server.folders.items()])
        elif path.startswith("/api/dashboards/uid/"):
            found = self.server.dashboards.get(path.rsplit("/", 1)[1])
            if found is None:
                self._answer(404, {"message": "Dashboard not found"})
            else:
                self._answer(200, {"dashboard": found, "meta": {"folderUid": "smartregion"}})
        else:
            self._answer(404, {"message": "Not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._refuse_strangers():
            return
        self.server.writes.append(self.path)
        if self.path == "/api/folders":
            if body["uid"] in self.server.folders:
                self._answer(409, {"message": "a folder with the same uid already exists"})
                return
            self.server.folders[body["uid"]] = body["title"]
            self._answer(200, {"id": 1, **body})
        elif self.path == "/api/dashboards/db":
            model = body["dashboard"]
            assert body["overwrite"] is True
            assert body["folderUid"] in self.server.folders
            version = self.server.dashboards.get(model["uid"], {}).get("version", 0) + 1
            self.server.dashboards[model["uid"]] = {**model, "id": 7, "version": version}
            self._answer(200, {"status": "success", "uid": model["uid"], "version": version})
        else:
            self._answer(404, {"message": "Not found"})


@pytest.fixture
def grafana() -> Iterator[_Grafana]:
    server = _Grafana()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _url(server: _Grafana) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_pushes_folder_and_dashboards_and_the_second_time_nothing(grafana: _Grafana) -> None:
    first = provision(_url(grafana), _TOKEN)
    assert set(grafana.dashboards) == {"smartregion-waste", "smartregion-traffic", "smartregion-operations"}
    assert all("success" in line or "made" in line for line in first)
    writes = list(grafana.writes)
    second = provision(_url(grafana), _TOKEN)
    assert grafana.writes == writes
    assert all("unchanged" in line or "was there" in line for line in second)


def test_a_dashboard_changed_by_hand_is_put_right(grafana: _Grafana) -> None:
    provision(_url(grafana), _TOKEN)
    grafana.dashboards["smartregion-waste"]["title"] = "by hand"
    provision(_url(grafana), _TOKEN)
    assert grafana.dashboards["smartregion-waste"]["title"] == "Abfall"


def test_a_wrong_token_is_one_clear_line(grafana: _Grafana) -> None:
    with pytest.raises(GrafanaRefused, match="Grafana at http") as refused:
        provision(_url(grafana), "wrong")
    assert "\n" not in str(refused.value)


def test_a_server_that_is_not_there_is_one_clear_line(free_port: int) -> None:
    with pytest.raises(GrafanaRefused, match=f"127.0.0.1:{free_port}"):
        provision(f"http://127.0.0.1:{free_port}", _TOKEN)
