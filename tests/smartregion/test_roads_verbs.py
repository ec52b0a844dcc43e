"""`roads import` and `roads matrix` as a user types them."""

import csv
import io
import json
import os
import pathlib
import subprocess

import pytest

from tests.routing.roads_drawing import draw, points

_ROAD = {"highway": "tertiary", "name": "Landstraße"}
_NODES = {1: (0.0, 0.0), 2: (3000.0, 0.0), 3: (3000.0, 800.0), 8: (9000.0, 0.0), 9: (9000.0, 500.0)}


def _run(smartregion: str, database_url: str, *args: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SMARTREGION_DATABASE_URL": database_url}
    return subprocess.run(
        [smartregion, "roads", *map(str, args)], capture_output=True, text=True, env=environment, timeout=60
    )


@pytest.fixture
def extract(tmp_path: pathlib.Path) -> pathlib.Path:
    """A road and an island."""
    return draw(
        tmp_path / "land.osm", _NODES, {10: ((1, 2, 3), _ROAD), 11: ((8, 9), _ROAD | {"name": "Insel"})}
    )


def test_import_for_several_trucks(
    smartregion: str, database_url: str, extract: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    truck = tmp_path / "small.toml"
    truck.write_text('name = "small"\nweight_t = 3.5\n', encoding="utf-8")
    done = _run(smartregion, database_url, "import", extract, "--for-truck", truck)
    assert done.returncode == 0, done.stderr
    assert "roads for another truck: small" in done.stdout
    done = _run(smartregion, database_url, "import", extract, "--for-truck", truck, "--for-truck", truck)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "smartregion: truck: 'small' is not a name that no other truck of the import has",
    )


def test_import_then_matrix(
    smartregion: str, database_url: str, extract: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = _run(smartregion, database_url, "import", extract)
    assert done.returncode == 0, done.stderr
    assert "land: 2 nodes, 2 edges, 3.8 km from 2 of 2 ways" in done.stdout
    assert "cut off: 1 pieces in 1 islands, 0.5 km" in done.stdout
    assert "way 11 Insel" in done.stdout
    assert "roads with" in done.stderr

    spots = points((500.0, 10.0), (2500.0, -10.0), (1000.0, 400.0))
    table = tmp_path / "points.csv"
    rows = [
        f"{name};{lon:.7f};{lat:.7f}".replace(".", ",") for name, (lon, lat) in zip("abc", spots, strict=True)
    ]
    table.write_text("\n".join(["id;lon;lat", *rows]), encoding="utf-8")
    done = _run(smartregion, database_url, "matrix", table)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "warning: point c lies 400 m from the nearest road\n"
    found = {(row["from"], row["to"]): row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert len(found) == 9
    assert float(found["a", "b"]["distance_m"]) == pytest.approx(2000.0, abs=1.0)
    assert float(found["a", "b"]["duration_s"]) == pytest.approx(2000.0 / (50 / 3.6), abs=0.5)
    assert float(found["c", "c"]["distance_m"]) == 0.0

    out = tmp_path / "matrix.csv"
    assert _run(smartregion, database_url, "matrix", table, "--out", out).stdout == ""
    assert out.read_text(encoding="utf-8") == done.stdout


def test_the_newest_network_is_used_and_a_name_is_replaced(
    smartregion: str, database_url: str, extract: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for name in ("one", "two", "one"):
        assert _run(smartregion, database_url, "import", extract, "--name", name).returncode == 0
    table = tmp_path / "points.csv"
    lon, lat = points((500.0, 10.0))[0]
    table.write_text(f"lon,lat\n{lon},{lat}\n", encoding="utf-8")
    assert (
        _run(smartregion, database_url, "matrix", table).stdout
        == "from,to,distance_m,duration_s\n1,1,0.0,0.0\n"
    )


def test_route_isochrone_and_what_was_cut_off(
    smartregion: str, database_url: str, extract: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    assert _run(smartregion, database_url, "import", extract).returncode == 0
    (one, north), (other, south) = points((500.0, 10.0), (2994.0, 600.0)).tolist()
    line = tmp_path / "route.geojson"
    done = _run(smartregion, database_url, "route", one, north, other, south, "--geojson", line)
    assert done.stdout.splitlines() == [
        "3.10 km, 3.7 min",
        "  1. Nach Osten losfahren auf Landstraße, 3,1 km",
        "  2. Ziel auf der linken Seite, Landstraße",
    ]
    kinds = [feature["geometry"]["type"] for feature in json.loads(line.read_text())["features"]]
    assert kinds == ["LineString", "Point", "Point"]

    areas, picture = tmp_path / "areas.geojson", tmp_path / "areas.svg"
    files = "--geojson", areas, "--svg", picture
    done = _run(smartregion, database_url, "isochrone", one, north, "--minutes", 1, 2, *files)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["minutes", "2", "1"]
    assert len(json.loads(areas.read_text())["features"]) == 2
    assert picture.read_text().count("<path") == 2
    assert "containers</text>" in picture.read_text()

    done = _run(smartregion, database_url, "cut-off")
    assert done.stdout.splitlines()[0] == "osm_way,name,lon,lat,length_m"
    assert done.stdout.splitlines()[1].startswith("11,Insel,")
    assert done.stdout.splitlines()[1].endswith(",500.0")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.csv", "x,y\n1,2\n", "line 1: 'x,y' is not a head with columns lon and lat"),
        ("p.csv", "lon,lat\n13.9,far\n", "line 2 lat: 'far' is not a number of degrees from -90 to 90"),
        ("p.csv", "lon,lat\n13.9,51.6\n51.6,113.9\n", "line 3 lat: '113.9' is not a number of degrees"),
        ("p.csv", "lon,lat\n13.9\n", "line 2 lat: '' is not a number"),
        ("p.csv", "lon,lat\n", "is not a file with at least one point"),
        ("p.csv", "", "is not a head with columns lon and lat"),
        (None, "", "No such file or directory, expected a CSV file"),
        ("p.csv", "lon,lat\n13.9,51.6\n", "road network: none in the database, expected one"),
    ],
)
def test_bad_points_get_one_clear_line(
    smartregion: str, database_url: str, tmp_path: pathlib.Path, name: str | None, content: str, said: str
) -> None:
    table = tmp_path / (name or "nowhere.csv")
    if name:
        table.write_text(content, encoding="utf-8")
    done = _run(smartregion, database_url, "matrix", table)
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unreadable_extract_gets_one_clear_line(
    smartregion: str, database_url: str, tmp_path: pathlib.Path
) -> None:
    broken = tmp_path / "region.osm.pbf"
    broken.write_bytes(b"this is no protocol buffer")
    done = _run(smartregion, database_url, "import", broken)
    assert done.returncode == 1
    assert f"{broken}: not readable" in done.stderr
    assert done.stderr.count("\n") == 1
