"""What hung where and when, what it was worth then, what is gone, and whose it is."""

import datetime as dt
from decimal import Decimal

import psycopg

from smartregion.waste.levels import container_states, level_series
from tests.smartregion.rolled import measure, roll_up, rows
from tests.smartregion.small_district import DAY, HOUR, NOW, add_container, add_site, add_station, mount

_ALWAYS = (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC))


def test_every_object_belongs_to_a_municipality(either: psycopg.Connection) -> None:
    either.execute("INSERT INTO sr.municipality (id, name) VALUES ('12066052', 'Calau')")
    add_container(either, "C1")
    add_station(either, "Z1")
    either.execute("INSERT INTO sr.building (id, name, lon, lat) VALUES ('B1', 'Schule', 13.9, 51.6)")
    either.execute("INSERT INTO sr.depot (id, name, lon, lat) VALUES ('D1', 'Hof', 13.9, 51.6)")
    either.execute(
        "INSERT INTO sr.disposal_site (id, name, lon, lat, fractions, open_from, open_to, service_s)"
        " VALUES ('E1', 'Deponie', 13.9, 51.6, '{paper}', '06:00', '16:00', 900)"
    )
    either.execute("INSERT INTO sr.vehicle (id, name, purpose, depot) VALUES ('V1', 'Kran', 'waste', 'D1')")
    either.execute(
        "INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)"
        " VALUES ('n', 'n', now(), 0, 0, 0, '{}')"
    )
    either.execute(
        "INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)"
        " SELECT '7f0', max(id), 'B 96', 'primary', '', 100, '{13.9}', '{51.6}' FROM sr.road_network"
    )
    for table in ("site", "station", "building", "depot", "disposal_site", "segment"):
        either.execute(f"UPDATE sr.{table} SET municipality = '12066052'")  # noqa: S608 - our own names
    found: dict[str, str] = dict(either.execute("SELECT kind, municipality FROM sr.object").fetchall())
    kinds = {"site", "container", "station", "vehicle", "building", "depot", "disposal_site", "segment"}
    assert found == dict.fromkeys(kinds, "12066052")


def test_a_swapped_sensor_leaves_each_container_its_own_history(either: psycopg.Connection) -> None:
    swap = NOW - DAY
    add_container(either, "C1")
    add_container(either, "C2")
    mount(either, "bin-1", "container", "C1", (_ALWAYS[0], swap), (2.0, 0.0))
    mount(either, "bin-1", "container", "C2", (swap, _ALWAYS[1]), (4.0, 0.0))
    measure(either, "bin-1", "distance", [(NOW - step * HOUR, 1.0) for step in range(48)])
    roll_up(either)
    before, after = (
        [level for _, level in level_series(either, id, NOW - 2 * DAY, NOW + HOUR)] for id in ("C1", "C2")
    )
    assert (set(before), set(after)) == ({0.5}, {0.75})
    kept = {
        row["object"]: (row["low"], row["high"], row["readings"]) for row in rows(either, "level", "month")
    }
    assert kept == {"C1": (0.5, 0.5, len(before)), "C2": (0.75, 0.75, len(after))}


def test_a_removed_container_is_gone_from_today_and_stays_in_its_history(either: psycopg.Connection) -> None:
    add_container(either, "C1", "bin-1")
    add_container(either, "C2", "bin-2")
    measure(either, "bin-1", "level", [(NOW - HOUR, 0.4)])
    roll_up(either)
    either.execute("UPDATE sr.container SET removed_at = %s WHERE id = 'C1'", (NOW,))
    roll_up(either)
    assert [state.id for state in container_states(either, NOW)] == ["C2"]
    assert level_series(either, "C1", NOW - DAY, NOW) == [(NOW - HOUR, 0.4)]
    assert [row["object"] for row in rows(either, "level", "day")] == ["C1"]
    removed = either.execute("SELECT id FROM sr.object WHERE removed_at IS NOT NULL").fetchall()
    assert removed == [("C1",)]


def test_a_new_transformer_ratio_counts_from_its_day_on(either: psycopg.Connection) -> None:
    add_site(either)
    either.execute("INSERT INTO sr.building (id, name, lon, lat) VALUES ('B1', 'Schule', 13.9, 51.6)")
    change = dt.datetime(2026, 6, 3, 10, tzinfo=dt.UTC)
    mount(either, "m1", "building", "B1", (_ALWAYS[0], change))
    mount(either, "m1", "building", "B1", (change, _ALWAYS[1]))
    either.execute("UPDATE sr.mounting SET factor = 40, last_value = 12 WHERE valid_to = %s", (change,))
    either.execute("UPDATE sr.mounting SET factor = 30 WHERE valid_from = %s", (change,))
    measure(either, "m1", "meter", [(change + step * HOUR, 12.0 + step) for step in range(-2, 3)])
    roll_up(either)
    assert [row["energy_kwh"] for row in rows(either, "energy", "hour")] == [
        Decimal(40), Decimal(40), Decimal(30), Decimal(30),
    ]  # fmt: skip
