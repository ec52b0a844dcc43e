"""What ingest knows of the registry: devices by name with their profile, series by device and quantity."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import psycopg

from ingest.profiles import Profile, by_model
from ingest.quantities import QUANTITIES
from smartregion.store.database import Connection
from smartregion.store.queries import load

MOST_SERIES = 4000
"""Series of one device: a few that put numbers into the names of their fields would else use up all names."""

_EUI = re.compile(r"[0-9A-Fa-f]{16}")


class TooManySeries(Exception):
    """A device measures more quantities than we believe."""


class DevicesChanged(Exception):
    """Devices were taken back or changed since they were looked up: the batch has to be laid out anew."""


class Device(NamedTuple):
    """A registered device: id in the database, name as registered, chosen profile."""

    id: int
    name: str
    profile: str | None


class Registry:
    """A cache beside one connection; unknown names are asked for again with each batch.

    A DevEUI is found in upper and lower case.
    """

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        self._profiles = dict(profiles)
        self._by_model = by_model(self._profiles)
        self._devices: dict[str, Device] = {}
        self._changes: int | None = None
        self.series: dict[tuple[int, str], int] = {}
        """Series by device and quantity that `ensure` has found or made."""
        self._places: dict[int, tuple[int, str]] = {}
        self._quantities: dict[str, int] = {}
        self.months: set[tuple[int, int]] = set()
        """Years and months of event time whose partitions are there."""

    def device(self, name: str) -> Device | None:
        """The device as far as it is cached."""
        found = self._devices.get(name)
        return found if found is not None else self._devices.get(_folded(name))

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """Every profile that may be chosen, by name."""
        return self._profiles

    def profile(self, name: str, model: str | None) -> Profile | None:
        """Profile chosen in the registry, else by the model that the network server reports."""
        device = self.device(name)
        chosen = self._profiles.get(device.profile) if device is not None and device.profile else None
        return chosen or self._by_model(name, model)

    def forget_devices(self) -> None:
        """Ask for every device again, so that removed ones and changed profiles are seen."""
        self._devices.clear()
        self._changes = None

    def refuse_changed(self, changes: int) -> None:
        """Raises DevicesChanged unless `changes`, told with devices held, is what was told before them."""
        if changes != self._changes:
            raise DevicesChanged

    def place(self, series: int) -> tuple[int, str]:
        """Device and quantity of a series that `ensure` has found or made."""
        return self._places[series]

    def look_up(self, connection: Connection, names: Iterable[str]) -> set[str]:
        """Ask for names that are not cached; returns those of them that are registered now."""
        if self._changes is None:
            # Before the devices: a change between the two is noticed at the commit.
            ((self._changes,),) = connection.execute(load("ingest")["device_changes"]).fetchall()
        wanted = {name for name in names if self.device(name) is None}
        if not wanted:
            return set()
        spelled = {form for name in wanted for form in _forms(name)}
        for row in connection.execute(load("ingest")["registered"], {"names": sorted(spelled)}):
            self._devices[_folded(row[1])] = Device(*row)
        return {name for name in wanted if _folded(name) in self._devices}

    def ensure(
        self, connection: Connection, series: Mapping[tuple[int, str], str], times: Iterable[dt.datetime]
    ) -> None:
        """Make series {(device, quantity): unit} and partitions that are missing, in a transaction of
        their own.

        Raises TooManySeries; DevicesChanged when one of the devices is gone.
        """
        months = {(time.year, time.month): time for time in times}
        new_months = months.keys() - self.months
        missing = {key: unit for key, unit in series.items() if key not in self.series}
        if not missing and not new_months:
            return
        sql = load("ingest")
        with connection.transaction():
            if new_months:
                connection.execute(
                    sql["ensure_partitions"], {"times": [months[month] for month in new_months]}
                )
            _refuse_too_many(connection, missing)
            quantities = self._ensure_quantities(connection, missing)
            found = self._ensure_series(connection, missing, quantities)
        self.months |= new_months
        self._quantities |= quantities
        self.series |= found
        self._places |= {number: key for key, number in found.items()}

    def _ensure_quantities(
        self, connection: Connection, missing: Mapping[tuple[int, str], str]
    ) -> dict[str, int]:
        sql = load("ingest")
        units = {key: unit for (_, key), unit in missing.items() if key not in self._quantities}
        if not units:
            return {}
        keys = sorted(units)
        given = [QUANTITIES[key].unit if key in QUANTITIES else units[key] for key in keys]
        connection.execute(sql["add_quantities"], {"keys": keys, "units": given})
        return {key: number for number, key in connection.execute(sql["known_quantities"], {"keys": keys})}

    def _ensure_series(
        self, connection: Connection, missing: Mapping[tuple[int, str], str], new: dict[str, int]
    ) -> dict[tuple[int, str], int]:
        if not missing:
            return {}
        sql = load("ingest")
        ids = self._quantities | new
        keys = {number: key for key, number in ids.items()}
        pairs = sorted((device, ids[key]) for device, key in missing)
        arguments = {"devices": [pair[0] for pair in pairs], "quantities": [pair[1] for pair in pairs]}

        def known() -> dict[tuple[int, str], int]:
            return {
                (row[1], keys[row[2]]): row[0] for row in connection.execute(sql["known_series"], arguments)
            }

        found = known()
        if len(found) < len(pairs):
            try:
                connection.execute(sql["add_series"], arguments)
            except psycopg.errors.ForeignKeyViolation as error:
                raise DevicesChanged from error
            found = known()
        return found


def _refuse_too_many(connection: Connection, missing: Iterable[tuple[int, str]]) -> None:
    new = Counter(device for device, _ in missing)
    arguments = {"devices": list(new), "keys": sorted({key for _, key in missing})}
    others: dict[int, int] = dict(connection.execute(load("ingest")["other_series"], arguments).fetchall())
    most = max((others.get(device, 0) + count for device, count in new.items()), default=0)
    if most > MOST_SERIES:
        raise TooManySeries(f"{most} series of one device: at most {MOST_SERIES}")


def _folded(name: str) -> str:
    return name.lower() if _EUI.fullmatch(name) else name


def _forms(name: str) -> set[str]:
    return {name, name.lower(), name.upper()} if _EUI.fullmatch(name) else {name}
