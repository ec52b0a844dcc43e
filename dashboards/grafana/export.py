"""Dashboards as files that a Grafana reads when it starts (file provisioning)."""

import json
import pathlib

from dashboards.grafana.build import DATASOURCE_UID, build_all

_SOURCES = f"""\
apiVersion: 1
datasources:
  - name: Smart Region
    uid: {DATASOURCE_UID}
    type: grafana-postgresql-datasource
    access: proxy
    url: $SMARTREGION_REPORT_HOST
    user: $SMARTREGION_REPORT_USER
    isDefault: true
    editable: false
    secureJsonData:
      password: $__file{{/run/secrets/report_password}}
    jsonData:
      database: $SMARTREGION_REPORT_DATABASE
      sslmode: $SMARTREGION_REPORT_SSLMODE
      postgresVersion: 1500
      timescaledb: false
"""
_PROVIDER = """\
apiVersion: 1
providers:
  - name: Smart Region
    folder: Smart Region
    type: file
    disableDeletion: true
    allowUiUpdates: false
    options:
      path: /etc/grafana/provisioning/dashboards
"""


def export(folder: pathlib.Path) -> list[pathlib.Path]:
    """Write `dashboards/*.json`, their provider and the data source below `folder`; returns the files.

    Mount the folder as /etc/grafana/provisioning. Writing twice gives the same bytes.
    """
    files = {
        "datasources/smartregion.yaml": _SOURCES,
        "dashboards/smartregion.yaml": _PROVIDER,
        **{
            f"dashboards/{name}.json": json.dumps(model, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
            for name, model in build_all().items()
        },
    }
    written = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
