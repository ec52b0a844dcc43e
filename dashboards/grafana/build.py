"""From panels to the JSON that Grafana 11 reads."""

import importlib.resources
import json
from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import geomap, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common, dashboard

from dashboards.grafana.panels import PAGES, Page, Panel
from smartregion.store.queries import parse

DATASOURCE_UID = "smartregion"
_SOURCE = dashboard.DataSourceRef(type_val="grafana-postgresql-datasource", uid=DATASOURCE_UID)
_CALM = "#5b7f9e"
_ALARM = "#b3261e"


class SqlQuery(Dataquery):
    """A query of Grafana's PostgreSQL data source; the SDK has no class for it."""

    def __init__(self, sql: str, *, as_series: bool) -> None:
        self._sql = sql
        self._as_series = as_series

    def to_json(self) -> dict[str, Any]:
        """As Grafana stores it."""
        return {
            "refId": "A",
            "datasource": {"type": _SOURCE.type_val, "uid": _SOURCE.uid},
            "editorMode": "code",
            "rawQuery": True,
            "rawSql": self._sql,
            "format": "time_series" if self._as_series else "table",
        }

    def build(self) -> "SqlQuery":
        """The SDK builds targets when it builds a panel."""
        return self


def queries(page: Page) -> Mapping[str, str]:
    """SQL of a dashboard's panels by name."""
    text = (importlib.resources.files("dashboards.grafana") / "sql" / f"{page.name}.sql").read_text("utf-8")
    return parse(text, page.name)


def build_all() -> dict[str, dict[str, Any]]:
    """JSON models of all dashboards by name."""
    return {page.name: build(page) for page in PAGES}


def build(page: Page) -> dict[str, Any]:
    """JSON model of one dashboard; the same input gives the same bytes."""
    board = (
        dashboards.Dashboard(page.title)
        .uid(f"smartregion-{page.name}")
        .description(page.description)
        .tags(["smartregion"])
        .timezone("browser")
        .refresh("1m")
        .time(page.period, "now")
        .readonly()
    )
    sql = queries(page)
    for panel in page.panels:
        board = board.with_panel(_panel(panel, sql[panel.query]))
    model: dict[str, Any] = json.loads(json.dumps(board.build(), cls=JSONEncoder, sort_keys=True))
    return model


def _panel(panel: Panel, sql: str) -> Any:
    match panel.kind:
        case "stat":
            built: Any = stat.Panel().graph_mode(common.BigValueGraphMode.NONE)
        case "lines":
            built = timeseries.Panel().line_width(1).fill_opacity(0).span_nulls(False)
        case "bars":
            built = (
                timeseries.Panel()
                .draw_style(common.GraphDrawStyle.BARS)
                .fill_opacity(60)
                .stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL))
            )
        case "table":
            built = table.Panel()
        case "map":
            built = (
                geomap.Panel()
                .layers([_level_layer()])
                .basemap(common_builders.MapLayerOptions().type("default").name(""))
            )
    built = (
        built.title(panel.title)
        .datasource(_SOURCE)
        .unit(panel.unit)
        .span(panel.width)
        .height(panel.height)
        .with_target(SqlQuery(sql, as_series=panel.kind in ("lines", "bars")))
    )
    return built.thresholds(_thresholds(panel))


def _thresholds(panel: Panel) -> dashboards.ThresholdsConfig:
    steps = [dashboard.Threshold(value=None, color=_CALM)]
    alarm_at = 0.8 if panel.kind == "map" else panel.alarm_at
    if alarm_at is not None:
        steps.append(dashboard.Threshold(value=alarm_at, color=_ALARM))
    return dashboards.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _level_layer() -> common_builders.MapLayerOptions:
    """Circles at lon/lat, coloured and sized by level."""
    place = common_builders.FrameGeometrySource().mode(common.FrameGeometrySourceMode.COORDS)
    style = {
        "color": {"field": "level", "fixed": _CALM},
        "size": {"field": "level", "min": 3, "max": 9, "fixed": 5},
        "opacity": 0.8,
    }
    return (
        common_builders.MapLayerOptions()
        .type("markers")
        .name("Behälter")
        .location(place.latitude("lat").longitude("lon"))
        .config({"showLegend": True, "style": style})
        .tooltip(True)
    )
