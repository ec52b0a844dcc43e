"""One batch of packets, one transaction: rows, conflicts, notes, quarantine, latest values and the books."""

import dataclasses
import datetime as dt
import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import psycopg

from ingest.arrays import bigint_array, text_array, time_array
from ingest.batch import Batch
from ingest.decode import decode
from ingest.gaps import seen
from ingest.gaps_store import note_counters, note_flags
from ingest.outcome import UNREADABLE, Decoded, Fault, fault
from ingest.quick import read_plain
from ingest.receipt import quarter_number, quarter_start, received_at
from ingest.registry import DevicesChanged, Registry, TooManySeries
from ingest.rows_store import Inserted, insert_new_rows, insert_rows
from ingest.sources import Source
from ingest.topics import NATIVE_PREFIX
from smartregion.gaps import Point
from smartregion.readings import LaneInterval, Reading, TrackPoint
from smartregion.store.database import Connection
from smartregion.store.queries import load

UNREGISTERED = "a registered device"
_NATIVE = f"{NATIVE_PREFIX}/"
_COLUMNS = ("received", "stored", "duplicate", "quarantined")
_COLUMN = {name: index for index, name in enumerate(_COLUMNS)}

_device, _kind = operator.attrgetter("device"), operator.attrgetter("kind")

_CAREFUL_BATCHES = 8
"""After a batch with a place that was taken, so many are not expected to be all new."""

PACKET_AT_FAULT = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.NotSupportedError,
    psycopg.errors.ProgramLimitExceeded,
    TooManySeries,
)
"""What is said about a packet; any other error is about the database itself."""


class _Missing(Exception):
    """A series or partition that the registry has to make first."""


class Packet(NamedTuple):
    """One PUBLISH packet as it came."""

    receipt: int
    topic: str
    payload: bytes


class Fate(NamedTuple):
    """What became of one packet: its device in the books, and stored, duplicate or quarantined."""

    device: str
    kind: str
    problem: Fault | None = None
    rows: int = 0


@dataclasses.dataclass(slots=True)
class Tally:
    """What became of packets, and how many rows they held."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    rows: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.received + other.received,
            self.stored + other.stored,
            self.duplicate + other.duplicate,
            self.quarantined + other.quarantined,
            self.rows + other.rows,
        )

    def add(self, fates: Iterable[Fate]) -> None:
        """Count more packets."""
        kinds: Counter[str] = Counter()
        for _, kind, _, rows in fates:
            kinds[kind] += 1
            self.rows += rows
        self.received += kinds.total()
        self.stored += kinds["stored"]
        self.duplicate += kinds["duplicate"]
        self.quarantined += kinds["quarantined"]


def read_native(packets: Sequence[Packet], sources: tuple[Source, ...] | None = None) -> list[Decoded | None]:
    """Decode native packets, which need no profile of the registry; None for the others."""
    return [
        decode(packet.topic, packet.payload, received_at(packet.receipt), sources=sources)
        if found is None and packet.topic.startswith(_NATIVE)
        else found
        for packet, found in zip(packets, read_plain(packets), strict=True)
    ]


class Writer:
    """Writes packets through one connection in autocommit mode; every batch is a transaction of its own."""

    def __init__(
        self, connection: Connection, registry: Registry, sources: tuple[Source, ...] | None = None
    ) -> None:
        self.connection, self.registry, self.sources = connection, registry, sources
        self._sql = load("ingest")
        self._careful = 0
        self.committed: dict[int, Fate] = {}
        """Fates by receipt of the packets of this `write` that are committed, also when it then failed."""
        self.pending: tuple[str, dict[int, Fate]] | None = None
        """Transaction and fates when the connection broke at a commit, to ask for what became of it."""
        connection.execute(self._sql["stage"])

    def write(
        self,
        packets: Sequence[Packet],
        quarantined_as: Mapping[int, str] | None = None,
        found: Sequence[Decoded | None] | None = None,
    ) -> list[Fate]:
        """Store packets and keep the books in one transaction; the fate of each packet.

        `quarantined_as`, for a replay: device name in the books by receipt of packets that lie in quarantine.
        `found` is what `read_native` made of the packets, when that ran ahead.
        A packet that the database refuses goes to quarantine alone: the batch is halved until it is found.
        When devices changed meanwhile, what is not committed is done again with the registry as it is now.
        Raises psycopg.Error when the database and not a packet is at fault.
        """
        self.committed, self.pending = {}, None
        left = packets
        while left:
            try:
                self._write(left, self._decode(left, found), quarantined_as)
                break
            except DevicesChanged:
                self.registry.forget_devices()
                left, found = [packet for packet in left if packet.receipt not in self.committed], None
        return [self.committed[packet.receipt] for packet in packets]

    def _write(
        self, packets: Sequence[Packet], decoded: Sequence[Decoded], quarantined_as: Mapping[int, str] | None
    ) -> None:
        try:
            self._transact(packets, decoded, quarantined_as)
            return
        except PACKET_AT_FAULT as error:
            if len(packets) == 1:
                if decoded[0].rejected is not None and decoded[0].rejected.field == "database":
                    raise
                reason = fault("database", " ".join(str(error).split()), "a message that the database takes")
                self._write(packets, [msgspec.structs.replace(decoded[0], rejected=reason)], quarantined_as)
                return
        half = len(packets) // 2
        self._write(packets[:half], decoded[:half], quarantined_as)
        self._write(packets[half:], decoded[half:], quarantined_as)

    def _decode(
        self, packets: Sequence[Packet], found: Sequence[Decoded | None] | None = None
    ) -> list[Decoded]:
        """Decode with the profiles of the registry; a device registered meanwhile is read with its own."""
        registry = self.registry
        if found is None:
            decoded = [self._read(packet) for packet in packets]
        else:
            pairs = zip(packets, found, strict=True)
            decoded = [read if read is not None else self._read(packet) for packet, read in pairs]
        appeared = registry.look_up(self.connection, {found.device for found in decoded} - {UNREADABLE})
        fresh = {name for name in appeared if registry.profile(name, None) is not None}
        if fresh:
            decoded = [
                self._read(packet) if found.device in fresh else found
                for packet, found in zip(packets, decoded, strict=True)
            ]
        return decoded

    def _read(self, packet: Packet) -> Decoded:
        received = received_at(packet.receipt)
        return decode(packet.topic, packet.payload, received, self.registry.profile, self.sources)

    def _transact(
        self, packets: Sequence[Packet], decoded: Sequence[Decoded], quarantined_as: Mapping[int, str] | None
    ) -> None:
        """Mostly every row is new; where one is not, all is done again, place by place."""
        batch = self._lay_out(packets, decoded)
        if self._careful == 0:
            try:
                self._commit(packets, decoded, quarantined_as, insert_new_rows, batch)
                return
            except psycopg.errors.UniqueViolation:
                self._careful = _CAREFUL_BATCHES
        self._commit(packets, decoded, quarantined_as, insert_rows, batch)

    def _commit(
        self,
        packets: Sequence[Packet],
        decoded: Sequence[Decoded],
        quarantined_as: Mapping[int, str] | None,
        insert: Callable[[Connection, Registry, Batch], Inserted],
        batch: Batch,
    ) -> None:
        with self.connection.transaction():
            inserted = insert(self.connection, self.registry, batch)
            # Sent together: each answer that is waited for costs a turn of the other threads.
            with self.connection.pipeline():
                for statement in inserted.later:
                    statement()
                fates = self._fates(packets, decoded, inserted)
                self._note(packets, fates, inserted.merged - inserted.owners)
                if quarantined_as is None:
                    self._quarantine(packets, fates)
                else:
                    self._requarantine(packets, fates)
                note_counters(self.connection, packets[0].receipt, _counters(packets, decoded, fates))
                note_flags(self.connection, _flags(packets, decoded, fates))
                self.connection.execute(self._sql["hold_devices"])
                changes = self.connection.execute(self._sql["device_changes"])
                booked = self._keep_books(packets, fates, quarantined_as)
            ((changed,),) = changes.fetchall()
            self.registry.refuse_changed(changed)
            row = booked.fetchone()
            assert row is not None  # noqa: S101 - the query selects one row
            by_receipt = dict(zip((packet.receipt for packet in packets), fates, strict=True))
            self.pending = (str(row[0]), by_receipt)
        self.committed |= by_receipt
        self.pending = None
        self._careful = max(0, self._careful - 1) if inserted.all_new else _CAREFUL_BATCHES

    def _lay_out(self, packets: Sequence[Packet], decoded: Sequence[Decoded]) -> Batch:
        """Rows by place, made where the registry of series and partitions lacks them."""
        try:
            return self._lay_out_known(packets, decoded)
        except _Missing:
            self._ensure(decoded)
            return self._lay_out_known(packets, decoded)

    def _ensure(self, decoded: Sequence[Decoded]) -> None:
        series: dict[tuple[int, str], str] = {}
        times: dict[tuple[int, int], dt.datetime] = {}
        for found in decoded:
            device = self.registry.device(found.device)
            if device is None or found.rejected is not None:
                continue
            for row in found.rows:
                times[row.time.year, row.time.month] = row.time
                if isinstance(row, Reading):
                    series[device.id, row.quantity] = row.unit
        self.registry.ensure(self.connection, series, times.values())

    def _lay_out_known(self, packets: Sequence[Packet], decoded: Sequence[Decoded]) -> Batch:
        batch, device_of = Batch(), self.registry.device
        series_of, months = self.registry.series.get, self.registry.months
        readings = batch.readings
        for (receipt, _, _), found in zip(packets, decoded, strict=True):
            device = device_of(found.device)
            if device is None or found.rejected is not None:
                continue
            number = device.id
            for row in found.rows:
                time = row.time
                if (time.year, time.month) not in months:
                    raise _Missing
                if type(row) is Reading:
                    series = series_of((number, row.quantity))
                    if series is None:
                        raise _Missing
                    new = (row.value, receipt)
                    if readings.setdefault((series, time), new) is not new:
                        batch.settle_reading((series, time), new, number, row.quantity)
                elif type(row) is LaneInterval:
                    batch.add_lane(number, row, receipt)
                elif type(row) is TrackPoint:
                    batch.add_track(number, row, receipt)
        return batch

    def _fates(self, packets: Sequence[Packet], decoded: Sequence[Decoded], inserted: Inserted) -> list[Fate]:
        """Most packets of a device share one fate."""
        owners, merged, fates = inserted.owners, inserted.merged, []
        stored: dict[tuple[str, int], Fate] = {}
        for (receipt, _, _), found in zip(packets, decoded, strict=True):
            if receipt in owners or receipt in merged:
                key = (found.device, len(found.rows))
                fate = stored.get(key)
                if fate is None:
                    fate = stored[key] = self._fate(receipt, found, owners, merged)
            else:
                fate = self._fate(receipt, found, owners, merged)
            fates.append(fate)
        return fates

    def _fate(self, receipt: int, found: Decoded, owners: set[int], merged: set[int]) -> Fate:
        device = self.registry.device(found.device)
        name = device.name if device is not None else found.device
        if found.rejected is not None:
            return Fate(name, "quarantined", found.rejected)
        if device is None:
            return Fate(name, "quarantined", fault("device", found.device, UNREGISTERED))
        if not found.rows or receipt in owners or receipt in merged:
            return Fate(name, "stored", rows=len(found.rows))
        return Fate(name, "duplicate", rows=len(found.rows))

    def _note(self, packets: Sequence[Packet], fates: Sequence[Fate], merged: set[int]) -> None:
        """Note the packets that own no row, so that a recount finds them."""
        notes = []
        for packet, fate in zip(packets, fates, strict=True):
            if fate.kind == "duplicate":
                notes.append((packet.receipt, fate.device, "duplicate"))
            elif fate.kind == "stored" and fate.rows == 0:
                notes.append((packet.receipt, fate.device, "empty"))
            elif merged and packet.receipt in merged:
                notes.append((packet.receipt, fate.device, "merged"))
        if notes:
            messages, devices, kinds = (list(column) for column in zip(*notes, strict=True))
            arguments = {"messages": messages, "devices": devices, "kinds": kinds}
            self.connection.execute(self._sql["insert_notes"], arguments)

    def _quarantine(self, packets: Sequence[Packet], fates: Sequence[Fate]) -> None:
        rows = [
            {
                "message": packet.receipt,
                "device": fate.device,
                "topic": packet.topic,
                "payload": packet.payload,
                "field": fate.problem.field,
                "value": fate.problem.value,
                "expected": fate.problem.expected,
            }
            for packet, fate in zip(packets, fates, strict=True)
            if fate.problem is not None
        ]
        if rows:
            with self.connection.cursor() as cursor:
                cursor.executemany(self._sql["insert_quarantine"], rows)

    def _requarantine(self, packets: Sequence[Packet], fates: Sequence[Fate]) -> None:
        """A replay resolves what became readable and restates why the rest is not."""
        resolved = [p.receipt for p, fate in zip(packets, fates, strict=True) if fate.problem is None]
        if resolved:
            now = dt.datetime.now(dt.UTC)
            self.connection.execute(self._sql["quarantine_resolve"], {"now": now, "messages": resolved})
        for packet, fate in zip(packets, fates, strict=True):
            if fate.problem is not None:
                reason = msgspec.structs.asdict(fate.problem)
                self.connection.execute(
                    self._sql["quarantine_restate"],
                    {"message": packet.receipt, "device": fate.device, **reason},
                )

    def _keep_books(
        self, packets: Sequence[Packet], fates: Sequence[Fate], quarantined_as: Mapping[int, str] | None
    ) -> psycopg.Cursor[Any]:
        """Add to the counters of device and received quarter; gives the id of the transaction."""
        books: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        received, quarantined = (_COLUMNS.index(name) for name in ("received", "quarantined"))
        quarters = [quarter_number(packet.receipt) for packet in packets]
        kinds = Counter(zip(map(_device, fates), quarters, map(_kind, fates), strict=True))
        for (device, quarter, kind), count in kinds.items():
            counters = books[device, quarter]
            counters[received] += count
            counters[_COLUMN[kind]] += count
        if quarantined_as is not None:
            for packet, quarter in zip(packets, quarters, strict=True):
                before = books[quarantined_as[packet.receipt], quarter]
                before[received] -= 1
                before[quarantined] -= 1
        arguments: dict[str, object] = {
            "devices": text_array([device for device, _ in books]),
            "quarters": time_array([quarter_start(quarter) for _, quarter in books]),
        }
        for index, column in enumerate(_COLUMNS):
            arguments[column] = bigint_array([counters[index] for counters in books.values()])
        return self.connection.execute(self._sql["keep_books"], arguments)


def _counters(packets: Sequence[Packet], decoded: Sequence[Decoded], fates: Sequence[Fate]) -> list[Point]:
    points: list[Point] = []
    for packet, found, fate in zip(packets, decoded, fates, strict=True):
        if found.counter is not None:
            points += seen(fate.device, found, packet.receipt)
    return points


def _flags(
    packets: Sequence[Packet], decoded: Sequence[Decoded], fates: Sequence[Fate]
) -> Iterator[tuple[int, str, Fault]]:
    for packet, found, fate in zip(packets, decoded, fates, strict=True):
        if found.flags and fate.kind == "stored":
            for flag in found.flags:
                yield packet.receipt, fate.device, flag
