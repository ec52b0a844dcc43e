"""Device profiles as data: which decoded field is which quantity, in what unit, within which range."""

import dataclasses
import datetime as dt
import fnmatch
import functools
import pathlib
import tomllib
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import msgspec

from ingest.codec import Codec
from ingest.fields import Leaf, Mapped, flatten, map_generic, number, take_position
from ingest.files import what_is_wrong
from ingest.lanes import LaneRule
from ingest.layouts import Finite, Layout, read_layout
from ingest.outcome import Fault, Rejected
from ingest.quantities import QUANTITIES, UNITS, convert
from ingest.topics import MOST_CHARACTERS, is_name
from smartregion.errors import InvalidInput
from smartregion.sound import compensated_m

SHIPPED = pathlib.Path(__file__).parent / "profiles"
_FAMILIES = SHIPPED / "families"


@dataclasses.dataclass(frozen=True, slots=True)
class FieldRule:
    """How one decoded field becomes a reading: number * factor + offset, or value by text."""

    quantity: str
    unit: str = ""
    """Unit as sent, for a quantity of ours; conversion follows from it."""
    factor: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    invalid: tuple[float, ...] = ()
    """Raw values that mean "no measurement"."""
    values: dict[str, float] = dataclasses.field(default_factory=dict)
    """Text to number, in lower case."""


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """A kind of device: decoder of its bytes, rules of its fields, what to ignore."""

    name: str
    title: str
    models: tuple[str, ...] = ()
    """Names under which network servers report this kind (brand/model of The Things Stack)."""
    layout: Layout | None = None
    codec: Codec | None = None
    """JavaScript of the vendor instead of a layout: in the file, the name of one beside it."""
    fields: dict[str, FieldRule] = dataclasses.field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    ignore_ports: tuple[int, ...] = ()
    rest: str = "generic"
    """What becomes of fields without a rule: `generic` mapping or `ignore`."""
    time: str = ""
    """Decoded field in which the device tells when it measured."""
    lanes: tuple[LaneRule, ...] = ()
    """Lanes of a counting device."""
    sound_at_c: float | None = None
    """Of a distance sensor that does not compensate: at which temperature its speed of sound holds, °C."""
    known: frozenset[str] = frozenset()
    """Names of the fields that its own decoder gives."""
    examples: "tuple[Example, ...]" = ()

    def decode_bytes(
        self, raw: bytes, port: int | None, time: dt.datetime
    ) -> tuple[dict[str, Any] | None, list[Fault]]:
        """Fields of raw bytes by the profile's layout or codec, None with neither; warnings.

        `time` is the message's. Raises Rejected.
        """
        if self.codec is not None:
            return self.codec.decode(raw, port, time)
        return (self.layout.read(raw, port) if self.layout is not None else None), []

    @property
    def has_decoder(self) -> bool:
        """Whether it can read bytes."""
        return self.layout is not None or self.codec is not None

    def is_foreign(self, decoded: dict[str, Any]) -> bool:
        """Whether a server's fields belong to another kind of device: we know none of their names."""
        if not self.has_decoder or not (self.fields or self.lanes) or not self.known.isdisjoint(decoded):
            return False
        return not any(
            leaf.path.partition(".")[0] in self.known
            or self._rule(leaf.path) is not None
            or any(fnmatch.fnmatchcase(leaf.path, pattern) for pattern in self.ignore)
            for leaf in flatten(decoded)
        )

    def apply(self, leaves: list[Leaf], time: dt.datetime) -> Mapped:
        """Readings of the fields by the rules, the rest by the generic mapping."""
        mapped = Mapped(time)
        rest: list[Leaf] = []
        ignored = (*self.ignore, self.time)
        kept = [leaf for leaf in leaves if not any(fnmatch.fnmatchcase(leaf.path, p) for p in ignored)]
        used = take_position(kept, mapped)
        for leaf in kept:
            rule = self._rule(leaf.path)
            if leaf.path in used:
                continue
            if rule is None:
                rest.append(leaf)
                continue
            try:
                value = _value(rule, leaf)
            except Rejected as problem:
                mapped.flags.append(problem.fault)
                continue
            if value is not None:
                mapped.values[rule.quantity] = value
        if self.rest == "generic":
            other = map_generic(rest, time)
            mapped.values = other.values | mapped.values
            mapped.flags += other.flags
        self._compensate(mapped.values)
        return mapped

    def _compensate(self, values: dict[str, float]) -> None:
        """A distance by sound, mended by the temperature of the same message."""
        if self.sound_at_c is not None and {"distance", "temperature"} <= values.keys():
            mended = compensated_m(values["distance"], values["temperature"], self.sound_at_c)
            values["distance"] = round(mended, 4)

    def _rule(self, path: str) -> FieldRule | None:
        exact = self.fields.get(path)
        if exact is not None:
            return exact
        return next(
            (rule for pattern, rule in self.fields.items() if fnmatch.fnmatchcase(path, pattern)), None
        )


ProfileLookup = Callable[[str, str | None], Profile | None]
"""Profile of a device by its name and the model its network server reports, or None."""


def load_profiles(folders: Iterable[pathlib.Path] = ()) -> dict[str, Profile]:
    """Profiles by name; the user's files win over shipped ones. Raises InvalidInput naming the file."""
    profiles: dict[str, Profile] = {}
    for folder in (SHIPPED, *folders):
        for file in sorted(folder.glob("*.toml")):
            profile = read_profile(file)
            profiles[profile.name] = profile
    return profiles


@functools.cache
def shipped_profiles() -> dict[str, Profile]:
    """Profiles that come with the package, by name."""
    return load_profiles()


def by_model(profiles: dict[str, Profile]) -> ProfileLookup:
    """Find a profile by the reported model alone; the registry's choice comes on top of that."""
    models = {model.lower(): profile for profile in profiles.values() for model in profile.models}
    return lambda _device, model: models.get(model.lower()) if model else None


def read_profile(file: pathlib.Path) -> Profile:
    """One profile; raises InvalidInput that names the file and what is wrong in it."""
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput("profile", file, "a file that exists") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"profile {file.name}", str(error), "a readable TOML file") from error
    try:
        return _profile(msgspec.convert(data, _File), file.parent)
    except (ValueError, TypeError, AttributeError, msgspec.ValidationError) as error:
        raise InvalidInput(
            f"profile {file.name}", what_is_wrong(error), "a complete device profile"
        ) from error


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    """A field rule as it stands in a file."""

    quantity: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]
    unit: str = ""
    factor: Finite = 1.0
    offset: Finite = 0.0
    min: Finite | None = None
    max: Finite | None = None
    invalid: tuple[Finite, ...] = ()
    values: dict[str, Finite] = {}


class Example(msgspec.Struct, forbid_unknown_fields=True):
    """An example as it stands in a file: bytes or decoded fields, and what they give."""

    title: str = ""
    port: int | None = None
    bytes: str | None = None
    """Hexadecimal."""
    decoded: Any = None
    readings: dict[str, Finite] = {}
    flags: tuple[str, ...] = ()
    rejected: str | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """A profile as it stands in a file."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]
    title: str
    models: tuple[str, ...] = ()
    layout: dict[str, Any] | None = None
    codec: str | None = None
    fields: dict[str, _Rule] = {}
    ignore: tuple[str, ...] = ()
    ignore_ports: tuple[int, ...] = ()
    rest: Literal["generic", "ignore"] = "generic"
    time: str = ""
    lanes: tuple[LaneRule, ...] = ()
    sound_at_c: Annotated[float, msgspec.Meta(ge=-40, le=60)] | None = None
    examples: tuple[Example, ...] = ()


def _profile(file: _File, folder: pathlib.Path) -> Profile:
    if file.layout is not None and file.codec is not None:
        raise ValueError("layout and codec: expected one of them")
    layout = _layout(file.layout) if file.layout is not None else None
    return Profile(
        file.name,
        file.title,
        file.models,
        layout,
        _codec(file.codec, folder) if file.codec is not None else None,
        {path: _field_rule(path, rule) for path, rule in file.fields.items()},
        file.ignore,
        file.ignore_ports,
        file.rest,
        file.time,
        file.lanes,
        file.sound_at_c,
        _known(layout, file),
        file.examples,
    )


def _known(layout: Layout | None, file: _File) -> frozenset[str]:
    own = layout.names() if layout is not None else set()
    counted = {path for lane in file.lanes for path in lane.counts.values()}
    return frozenset({name.partition("[].")[0] for name in own} | counted | {file.time} - {""})


def _codec(name: str, folder: pathlib.Path) -> Codec:
    """The codec file beside the profile."""
    if "\0" in name or pathlib.PurePath(name).name != name or not name.endswith(".js"):
        raise ValueError(f"codec {name}: expected the name of a .js file beside the profile")
    return Codec(folder / name)


def _layout(data: dict[str, Any]) -> Layout:
    """The layout of a profile; `family` names a shipped one that it adds to."""
    family = data.get("family")
    own = {key: value for key, value in data.items() if key != "family"}
    if family is None:
        return read_layout(own)
    if not isinstance(family, str) or not family.isidentifier():
        raise ValueError(f"layout.family {family}: expected the name of a shipped one")
    file = _FAMILIES / f"{family}.toml"
    if not file.is_file():
        raise ValueError(f"layout.family {family}: not among the shipped ones")
    return read_layout(own, tomllib.loads(file.read_text("utf-8")))


def _field_rule(path: str, rule: _Rule) -> FieldRule:
    unit = UNITS.get(rule.unit.lower(), rule.unit)
    known = QUANTITIES.get(rule.quantity)
    if known is not None and unit and unit != known.unit and unit not in known.accepts:
        raise ValueError(f"fields.{path}: unit {unit} is none of {', '.join([known.unit, *known.accepts])}")
    if not is_name(rule.quantity):
        raise ValueError(f"fields.{path}: quantity: expected printable characters")
    values = {text.lower(): value for text, value in rule.values.items()}
    return FieldRule(rule.quantity, unit, rule.factor, rule.offset, rule.min, rule.max, rule.invalid, values)


def _value(rule: FieldRule, leaf: Leaf) -> float | None:
    """Stored value of a field, None when it says that there is none; raises Rejected when implausible."""
    if leaf.value is None:
        return None
    if isinstance(leaf.value, str) and leaf.value.lower() in rule.values:
        return rule.values[leaf.value.lower()]
    read = number(leaf.value)
    if read is None:
        expected = f"one of {', '.join(rule.values)}" if rule.values else "a number"
        raise Rejected(leaf.path, leaf.value, expected)
    if read[0] in rule.invalid:
        raise Rejected(leaf.path, leaf.value, "a measurement (this value means there was none)")
    value = read[0] * rule.factor + rule.offset
    if rule.quantity in QUANTITIES:
        unit = rule.unit or leaf.unit or read[1] or QUANTITIES[rule.quantity].unit
        value = convert(rule.quantity, value, unit, leaf.path)
    low, high = rule.low, rule.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise Rejected(
            leaf.path, leaf.value, f"{low if low is not None else '…'} to {high if high is not None else '…'}"
        )
    return value
