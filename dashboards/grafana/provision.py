"""Dashboards pushed to a running Grafana over its HTTP API; doing it twice changes nothing."""

from typing import Any

from dashboards.grafana.build import build_all
from smartregion.errors import SmartRegionError

FOLDER_UID = "smartregion"
_FOLDER_TITLE = "Smart Region"


class GrafanaRefused(SmartRegionError):
    """Grafana does not answer or refuses what we ask."""


def provision(url: str, token: str) -> list[str]:
    """Create or update the folder and every dashboard; returns a line for each.

    Needs the extra `grafana`. The data source with uid smartregion comes from `grafana export`.
    Raises GrafanaRefused with what Grafana said.
    """
    try:
        from grafana_client.api import GrafanaApi
        from grafana_client.client import GrafanaException, TokenAuth
    except ImportError as error:
        raise GrafanaRefused("grafana-client is not installed: pip install 'smartregion[grafana]'") from error
    try:
        grafana = GrafanaApi.from_url(url, credential=TokenAuth(token), timeout=15.0)  # type: ignore[no-untyped-call]
        lines = [_ensure_folder(grafana)]
        return lines + [_push(grafana, name, model) for name, model in build_all().items()]
    except (GrafanaException, OSError) as error:
        raise GrafanaRefused(f"Grafana at {url}: {' '.join(str(error).split())[:200]}") from error


def _ensure_folder(grafana: Any) -> str:
    known = {folder["uid"] for folder in grafana.folder.get_all_folders()}
    if FOLDER_UID in known:
        return f"folder {_FOLDER_TITLE}: was there"
    grafana.folder.create_folder(_FOLDER_TITLE, uid=FOLDER_UID)
    return f"folder {_FOLDER_TITLE}: made"


def _push(grafana: Any, name: str, model: dict[str, Any]) -> str:
    if _same(grafana, model):
        return f"dashboard {name}: unchanged"
    answer = grafana.dashboard.update_dashboard(
        {
            "dashboard": {**model, "id": None},
            "folderUid": FOLDER_UID,
            "overwrite": True,
            "message": "smartregion",
        }
    )
    return f"dashboard {name}: {answer['status']}, version {answer['version']}"


def _same(grafana: Any, model: dict[str, Any]) -> bool:
    from grafana_client.client import GrafanaClientError

    try:
        there = grafana.dashboard.get_dashboard(model["uid"])["dashboard"]
    except GrafanaClientError as error:
        if error.status_code == 404:
            return False
        raise
    return _comparable(there) == _comparable(model)


def _comparable(model: dict[str, Any]) -> dict[str, Any]:
    """Without what Grafana sets itself."""
    return {key: value for key, value in model.items() if key not in ("id", "version")}
