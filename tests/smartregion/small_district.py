"""A few objects and what their devices measured, written straight into the tables as ingest leaves them."""

import datetime as dt
from collections.abc import Iterable, Sequence

import psycopg

NOW = dt.datetime(2026, 6, 10, 10, tzinfo=dt.UTC)
"""A Wednesday at noon in Berlin, outside holidays."""
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
_EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_FOREVER = (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC))


def receipt(received: dt.datetime, worker: int = 0) -> int:
    """Receipt of a message that came then."""
    return int((received - _EPOCH) / dt.timedelta(microseconds=1)) * 1024 + worker


def add_site(connection: psycopg.Connection, id: str = "S1", lon: float = 13.9, lat: float = 51.6) -> None:
    """A site named after its id."""
    connection.execute(
        "INSERT INTO sr.site (id, name, street, place, lon, lat)"
        " VALUES (%s, %s, 'Hauptstraße 1', 'Senftenberg', %s, %s) ON CONFLICT DO NOTHING",
        (id, f"Standplatz {id}", lon, lat),
    )


def add_container(
    connection: psycopg.Connection,
    id: str,
    device: str | None = None,
    site: str = "S1",
    distances_m: tuple[float, float] | None = None,
    fraction: str = "paper",
) -> None:
    """A container on a site, with a device when one is named."""
    add_site(connection, site)
    connection.execute(
        "INSERT INTO sr.container (id, site, fraction, volume_l, rhythm_days) VALUES (%s, %s, %s, 3000, 14)",
        (id, site, fraction),
    )
    if device is not None:
        mount(connection, device, "container", id, distances_m=distances_m)


def add_station(
    connection: psycopg.Connection, id: str = "Z1", device: str = "dz1", lanes: int = 2, scheme: str = "1"
) -> None:
    """A counting station with its device."""
    connection.execute(
        "INSERT INTO sr.station (id, name, road, place, lon, lat, class_scheme)"
        " VALUES (%s, %s, 'B 96', 'Senftenberg', 13.95, 51.52, %s)",
        (id, f"Zählstelle {id}", scheme),
    )
    for lane in range(1, lanes + 1):
        connection.execute("INSERT INTO sr.lane VALUES (%s, %s, %s)", (id, lane, f"Richtung {lane}"))
    mount(connection, device, "station", id)


def add_device(connection: psycopg.Connection, name: str) -> int:
    """A device, unless it is there; its number."""
    connection.execute("INSERT INTO sr.device (name) VALUES (%s) ON CONFLICT DO NOTHING", (name,))
    return int(connection.execute("SELECT id FROM sr.device WHERE name = %s", (name,)).fetchall()[0][0])


def mount(
    connection: psycopg.Connection,
    device: str,
    kind: str,
    object: str,
    span: tuple[dt.datetime, dt.datetime] = _FOREVER,
    distances_m: tuple[float, float] | None = None,
) -> None:
    """Hang a device on an object for a span of time; distances are empty, full."""
    empty_m, full_m = distances_m or (None, None)
    connection.execute(
        "INSERT INTO sr.mounting VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (add_device(connection, device), kind, object, *span, empty_m, full_m),
    )


def tell(
    connection: psycopg.Connection,
    device: str,
    quantity: str,
    values: Sequence[tuple[dt.datetime, float]],
    received: dt.datetime = NOW,
) -> None:
    """Readings of one device, and the newest of them in `latest`."""
    number = add_device(connection, device)
    _ensure(connection, [time for time, _ in values])
    series = connection.execute(
        "INSERT INTO sr.series (device, quantity) SELECT %s, id FROM sr.quantity WHERE key = %s"
        " ON CONFLICT (device, quantity) DO UPDATE SET device = excluded.device RETURNING id",
        (number, quantity),
    ).fetchall()[0][0]
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY sr.reading (time, message, value, series) FROM STDIN") as copy,
    ):
        for time, value in values:
            copy.write_row((time, receipt(received), value, series))
    time, value = max(values)
    set_latest(connection, device, quantity, time, value, received)


def count(
    connection: psycopg.Connection,
    device: str,
    lane: int,
    intervals: Iterable[tuple[dt.datetime, int, int]],
    completeness: float = 1.0,
    column: str = "kfz",
    speed_kmh: float | None = 60.0,
) -> None:
    """Intervals (begin, length in s, vehicles) of one lane, and the newest of them in `latest`."""
    rows = list(intervals)
    number = add_device(connection, device)
    _ensure(connection, [time for time, _, _ in rows])
    columns = f"time, message, device, interval_s, lane, completeness, speed_kmh, {column}"
    with connection.cursor() as cursor, cursor.copy(f"COPY sr.lane_interval ({columns}) FROM STDIN") as copy:
        for time, length_s, vehicles in rows:
            copy.write_row((time, receipt(NOW), number, length_s, lane, completeness, speed_kmh, vehicles))
    time, length_s, vehicles = max(rows)
    set_latest(connection, device, f"lane {lane}", time, vehicles * 3600 / length_s)


def set_latest(
    connection: psycopg.Connection,
    device: str,
    item: str,
    time: dt.datetime,
    value: float,
    received: dt.datetime = NOW,
) -> int:
    """The newest value of an item; returns the receipt."""
    message = receipt(received)
    connection.execute(
        "INSERT INTO sr.latest (device, item, time, value, message) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (device, item) DO UPDATE SET time = excluded.time, value = excluded.value,"
        " message = excluded.message",
        (add_device(connection, device), item, time, value, message),
    )
    return message


def quarantine(
    connection: psycopg.Connection, number: int, field: str = "device", payload: bytes = b"{}"
) -> int:
    """One waiting message, received `number` seconds before now; returns its receipt."""
    message = receipt(NOW - dt.timedelta(seconds=number))
    connection.execute(
        "INSERT INTO sr.quarantine (message, device, topic, payload, field, value, expected)"
        " VALUES (%s, 'x', 'sr/1/x/fill', %s, %s, 'x', 'a registered device')",
        (message, payload, field),
    )
    return message


def every(step: dt.timedelta, since: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
    """Moments from `since` up to, not including, `until`."""
    return [since + number * step for number in range(-((since - until) // step))]


def _ensure(connection: psycopg.Connection, times: Sequence[dt.datetime]) -> None:
    connection.execute("SELECT sr.ensure_partitions(%s, %s)", (min(times), max(times)))
