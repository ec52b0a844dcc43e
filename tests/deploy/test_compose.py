"""The compose file: against the compose schema, and against what it mounts."""

import importlib.resources
import json
import pathlib
import re
from typing import Any

import jsonschema
import pytest
import yaml

from dashboards.grafana.export import export

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def test_fits_the_compose_schema(compose: dict[str, Any]) -> None:
    vendored = importlib.resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    jsonschema.validate(compose, json.loads(vendored.read_text("utf-8")))


def test_every_service_has_a_health_check_and_restarts(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name != "migrate":
            assert "test" in service["healthcheck"], name
            assert service["restart"] == "unless-stopped", name
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name


def test_every_mounted_file_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), (name, source)
            else:
                assert source in compose["volumes"], (name, source)


def test_every_secret_is_declared_and_made(compose: dict[str, Any]) -> None:
    script = (DEPLOY / "make-secrets").read_text()
    made = set(re.findall(r"\b(?:keep|secrets/)\s?([a-z_]+)", script)) | set(
        re.search(r"for name in (.*?); do", script, re.DOTALL)[1].replace("\\", "").split()  # type: ignore[index]
    )
    used = {
        entry if isinstance(entry, str) else entry["source"]
        for service in compose["services"].values()
        for entry in service.get("secrets", [])
    }
    assert used == set(compose["secrets"])
    assert used <= made


def test_no_password_in_the_files() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file() and "secrets" not in path.parts and path.suffix in {".yaml", ".sh", ".sql", ""}:
            assert not re.search(r"PASSWORD[:=]\s*['\"]?[A-Za-z0-9]{6,}", path.read_text()), path


def test_only_the_proxy_and_the_encrypted_broker_are_published(compose: dict[str, Any]) -> None:
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert published == {"broker": ["8883:8883"], "proxy": ["80:80", "443:443"]}
    assert compose["networks"]["inside"]["internal"] is True


def test_grafana_files_are_what_the_program_exports(tmp_path: pathlib.Path) -> None:
    for path in export(tmp_path):
        shipped = DEPLOY / "grafana" / path.relative_to(tmp_path)
        assert shipped.read_bytes() == path.read_bytes(), (
            f"run: smartregion grafana export deploy/grafana ({shipped})"
        )


def test_the_image_runs_as_an_ordinary_user() -> None:
    _, build, runtime = re.split(r"^FROM ", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert "pip install" in build
    assert re.search(r"^USER smartregion$", runtime, re.MULTILINE)
    assert "pip install" not in runtime
