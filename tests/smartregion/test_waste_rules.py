"""The operator's tables: read as offices write them, kept by kind, and what plans make of them."""

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

import routing
from smartregion.errors import InvalidInput, NotFound
from smartregion.program import main
from smartregion.registry.objects import Vehicle
from smartregion.waste import plan_run, plans
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_fleet import split_stops, stream_of
from smartregion.waste.plan_problem import Region, part, stops_of
from smartregion.waste.plan_roads import RoadPlan, places, road_plan
from smartregion.waste.plan_solve import Effort, answer
from smartregion.waste.plan_tours import tours_of
from smartregion.waste.rules import Chamber, Closure, Contract, Event, Rules, Shift, event_days, windows
from smartregion.waste.rules_file import read_rules, write_rules
from smartregion.waste.rules_store import import_rules, rules, table
from smartregion.waste.tours_bench import measure
from tests.smartregion.plan_town import (
    GLASS,
    NOW,
    TODAY,
    corner,
    fill_registry,
    fill_roads,
    lift,
    network,
    region,
    tell_levels,
    vehicle,
)

_BERLIN = ZoneInfo("Europe/Berlin")
_DAY = Day(TODAY, _BERLIN)
_H = 3600.0
_EFFORT = Effort(iterations=200, threads=1)
_KNOWN = {
    "site": {"s1": "S1", "ecke 1": "S1"},
    "municipality": {"m": "M", "musterstadt": "M"},
    "vehicle": {"v1": "V1", "v2": "V2"},
    "disposal_site": {"t": "T"},
    "fraction": {"paper": "paper", "papier": "paper", "glass_white": "glass_white"},
}


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> RoadPlan:
    """The ways between all places of the town."""
    town = region()
    return road_plan({None: network(tmp_path_factory.mktemp("town"))}, places(town, town.sites))


def test_german_heads_dates_and_words_are_read() -> None:
    (shift,) = read_rules("shifts", "s.csv", b"geplant;abgeholt\n30.03.2026;28.3.2026\n", _KNOWN)
    assert shift == Shift(dt.date(2026, 3, 30), dt.date(2026, 3, 28))
    head = "fraktion,träger,gemeinde,art,pausen,planung,fahrzeuge"
    text = f"{head}\nPapier,AEV,Musterstadt,fest,eu561,nein,V1|V2\n"
    (contract,) = read_rules("contracts", "c.csv", text.encode("windows-1252"), _KNOWN)
    assert contract == Contract("paper", "AEV", "M", "fixed", "depot", "eu561+arbzg", False, ("V1", "V2"))
    (closure,) = read_rules(
        "closures", "k.csv", b"grund;wochentage;zu_von;zu_bis\nMarkt;Do-Fr;7:00;13:00\n", _KNOWN
    )
    assert (closure.weekdays, closure.closed_from) == ((3, 4), dt.time(7))


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("shifts", "planned;when\n", "s.csv line 1: 'when' is not one of planned, collected"),
        (
            "shifts",
            "planned;collected\n2026-02-30;2026-03-01\n",
            "line 2, planned: '2026-02-30' is not a date",
        ),
        ("shifts", "planned;collected\n2026-03-01;2026-03-01\n", "two different days"),
        (
            "contracts",
            "fraction;body\nMetall;AEV\n",
            "line 2, fraction: 'Metall' is not a fraction of the registry",
        ),
        ("closures", "reason;closed_from\nSchule;08:00\n", "both hours or none"),
        ("events", "name;first;last\nFest;2026-06-05;2026-06-07\n", "a site, a municipality, or lon, lat"),
        ("chambers", "vehicle;number\n", "a head with the column fractions"),
    ],
)
def test_each_fault_is_named(kind: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        read_rules(kind, "s.csv", text.encode(), _KNOWN)
    assert reason in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "record",
    [
        Shift(dt.date(2026, 3, 30), dt.date(2026, 3, 28)),
        Contract("paper", "AEV", "M", "fixed", "door", "arbzg", False, ("V1",), ("T",)),
        Chamber("V1", 2, ("paper", "glass_white"), 3000, 9000),
        Closure("Schule", "S1", None, (0, 4), dt.time(7, 30), dt.time(8, 15), None, None, True),
        Event("Fest", dt.date(2026, 6, 5), dt.date(2026, 6, 7), lon=13.9, lat=51.5, radius_m=800.0),
    ],
)
def test_what_is_written_is_read_again(record: Any) -> None:
    kind = f"{type(record).__name__.lower()}s"
    assert read_rules(kind, "x.csv", write_rules(kind, [record]).encode(), _KNOWN) == [record]


def test_closed_hours_cut_the_window_of_a_site() -> None:
    site = dataclasses.replace(region().sites["S1"], window_from=dt.time(7), window_to=dt.time(12))
    school = Closure("Schule", "S1", closed_from=dt.time(7, 30), closed_to=dt.time(8, 15), school_days=True)
    found = windows(Rules(closures=[school]), site, _DAY, 600.0)[0:2]
    assert found == ((7 * _H, 7.5 * _H - 600), (8.25 * _H, 12 * _H - 600))
    free = Rules(closures=[school], school_free=frozenset([TODAY]))
    assert windows(free, site, _DAY, 600.0)[0] == (7 * _H, 12 * _H - 600)
    market = Closure("Markt", "S1", weekdays=(TODAY.weekday(),))
    assert Rules(closures=[market]).closed_all_day(site, TODAY) == market
    assert Rules(closures=[market]).closed_all_day(site, TODAY + dt.timedelta(days=1)) is None


def test_events_reach_their_site_their_municipality_or_their_radius() -> None:
    sites = list(region().sites.values())
    first = TODAY - dt.timedelta(days=1)
    for event, near in (
        (Event("a", TODAY, TODAY, site="S1"), [1]),
        (Event("b", TODAY, TODAY, municipality="M"), []),
        (Event("c", TODAY, TODAY, lon=corner(2, 2)[0], lat=corner(2, 2)[1], radius_m=600.0), [1, 2, 3]),
    ):
        found = event_days([event], sites, first, 3)
        marked = [] if found is None else [list(map(int, at)) for at in zip(*found.nonzero(), strict=True)]
        assert marked == [[site, 1] for site in near], event.name


def _town(told: Rules, *vehicles: Vehicle) -> Region:
    return dataclasses.replace(region(*vehicles), rules=told)


def _both(*sites: str) -> list[Any]:
    return [
        lift(f"{kind.key}{site}", site, kind, 3000 if kind is GLASS else 1000)
        for site in sites
        for kind in (GLASS, dataclasses.replace(GLASS, key="glass_brown"))
    ]


def _glass(told: Rules, *vehicles: Vehicle) -> Region:
    town = _town(told, *vehicles)
    brown = dataclasses.replace(GLASS, key="glass_brown")
    colours = ("glass_white", "glass_brown")
    tips = {id: dataclasses.replace(tip, fractions=colours) for id, tip in town.disposal_sites.items()}
    return dataclasses.replace(
        town, fractions={"glass_white": GLASS, "glass_brown": brown}, disposal_sites=tips
    )


@pytest.mark.usefixtures("kernels")
def test_chambers_bring_two_colours_home_in_one_tour(roads: RoadPlan) -> None:
    halves = [
        Chamber("V1", number, (name,), 4000, 10000)
        for number, name in ((1, "glass_white"), (2, "glass_brown"))
    ]
    town = _glass(Rules(chambers=halves), vehicle("V1", fractions=("glass_white", "glass_brown")))
    stops = stops_of(_both("S1", "S2", "S3"), town)
    assert {stream_of(stop, town) for stop in stops} == {"glass_brown+glass_white"}
    found = answer(stops, town, roads.roads, _DAY, _EFFORT)
    ((one,),) = [found.solved]
    (tour,) = tours_of(one.part, one.plan, town, _DAY, roads.leg_lines)
    assert (tour.fractions, tour.lifts) == (("glass_brown", "glass_white"), 6)
    kinds = [stop.kind for stop in tour.stops]
    assert kinds.count("disposal") == 1
    assert not routing.violations(one.part.problem, one.plan)


@pytest.mark.usefixtures("kernels")
def test_a_small_chamber_fills_before_the_other(roads: RoadPlan) -> None:
    sizes = ((1, "glass_white", 1000), (2, "glass_brown", 8000))
    halves = [Chamber("V1", number, (name,), kg, 20000) for number, name, kg in sizes]
    town = _glass(Rules(chambers=halves), vehicle("V1", fractions=("glass_white", "glass_brown")))
    found = answer(stops_of(_both("S1", "S2", "S3"), town), town, roads.roads, _DAY, _EFFORT)
    visits = [visit.kind for tour in found.solved[0].plan.tours for visit in tour.visits]
    assert visits.count("disposal") == 3  # 900 kg of white glass a stop
    assert found.left == []


def test_without_chambers_one_body_takes_one_fraction(roads: RoadPlan) -> None:
    stops = stops_of([lift("P1", "S1"), lift("G1", "S1", GLASS)], region())
    assert {stream_of(stop, region()) for stop in stops} == {"paper", "glass_white"}


def test_a_contract_sets_breaks_vehicles_and_outlet(roads: RoadPlan) -> None:
    told = Rules(contracts=[Contract("paper", "AEV", regime="eu561+arbzg", vehicles=("V2",))])
    fleet = [vehicle("V1"), vehicle("V2")]
    town = _town(told, *fleet)
    stops = stops_of([lift("P1", "S1")], town)
    assert stream_of(stops[0], town) == "paper@AEV"
    made = part("paper@AEV", stops, fleet, town, roads.roads, _DAY).problem
    assert all(isinstance(one.breaks, routing.DrivingBreaks) for one in made.vehicles)
    assert made.stops[0].vehicles == (1,)
    nobody = _town(Rules(contracts=[Contract("paper", "AEV", vehicles=("V9",))]), *fleet)
    assert [reason for _, reason in split_stops(stops, fleet, nobody, roads.roads, _DAY)[1]] == ["no_vehicle"]
    elsewhere = _town(Rules(contracts=[Contract("paper", "AEV", disposal_sites=("X",))]), *fleet)
    left = split_stops(stops, fleet, elsewhere, roads.roads, _DAY)[1]
    assert [reason for _, reason in left] == ["no_disposal_site"]


def test_a_site_closed_all_day_says_so(roads: RoadPlan) -> None:
    town = _town(Rules(closures=[Closure("Baustelle", "S1", first=TODAY, last=TODAY)]))
    stops = stops_of([lift("P1", "S1"), lift("P2", "S2")], town)
    groups, left = split_stops(stops, list(town.vehicles.values()), town, roads.roads, _DAY)
    assert [stop.site.id for stop in groups["paper"]] == ["S2"]
    assert [(stop.site.id, reason) for stop, reason in left] == [("S1", "closed")]


@pytest.fixture
def town(connection: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """Registry, streets and levels of the town."""
    fill_registry(connection, tmp_path)
    fill_roads(connection, tmp_path)
    tell_levels(connection, {"dp0": 0.9, "dp1": 0.95, "dp2": 0.1, "dg3": 0.85, "dg4": 0.2})
    connection.commit()
    return connection


def _import(connection: psycopg.Connection, kind: str, *lines: str) -> int:
    count = import_rules(connection, kind, f"{kind}.csv", "\n".join(lines).encode())
    connection.commit()
    return count


def test_a_table_of_shifts_replaces_its_years_only(town: psycopg.Connection) -> None:
    assert _import(town, "shifts", "planned;collected", "2026-03-30;2026-03-28", "2027-01-01;2027-01-02") == 2
    assert _import(town, "shifts", "planned;collected", "2026-04-06;2026-04-07") == 1
    assert [one.planned.isoformat() for one in table(town, "shifts")] == ["2026-04-06", "2027-01-01"]
    with pytest.raises(InvalidInput, match="once"):
        _import(town, "shifts", "planned;collected", "2026-04-06;2026-04-07", "2026-04-06;2026-04-08")
    with pytest.raises(NotFound, match="one of shifts, contracts"):
        _import(town, "wishes", "a;b")
    assert rules(town).shifts == table(town, "shifts")


def _planned(
    connection: psycopg.Connection, url: str, date: dt.date = TODAY
) -> tuple[set[str], plans.PlanState]:
    plan_id = plans.new_plan(connection, date, 2.0, NOW)
    connection.commit()
    options = plan_run.Options(effort=_EFFORT)
    plan_run.run_plan(f"{url}?options=-c%20role%3Dsr_web", plan_id, _BERLIN, lambda: NOW, options=options)
    sheets = [plans.tour_sheet(connection, tour.id) for tour in plans.tours_of_plan(connection, plan_id)]
    lifted = {one["id"] for sheet in sheets for stop in sheet.stops for one in stop.containers}
    return lifted, plans.plan(connection, plan_id)


@pytest.mark.usefixtures("kernels")
def test_plans_keep_contracts_and_closures(town: psycopg.Connection, database_url: str) -> None:
    _import(
        town,
        "contracts",
        "fraction;body;mode;regime",
        "paper;AEV;fixed;arbzg",
        "glass_white;DS;dynamic;eu561",
    )
    _import(town, "closures", "site;reason;first;last", f"S3;Baustelle;{TODAY};{TODAY}")
    seen: list[Sequence[str]] = []
    for ahead in range(14):
        date = TODAY + dt.timedelta(days=ahead)
        lifted, state = _planned(town, database_url, date)
        paper = sorted(id for id in lifted if id.startswith("P"))
        if paper:
            seen.append(paper)
        if ahead == 0:
            assert [one["reason"] for one in state.summary["unserved"]] == ["closed"]
            assert "G3" not in lifted
    assert seen == [["P0", "P1", "P2", "P3", "P4"]], "the calendar lifts all of them once in its fortnight"


@pytest.mark.usefixtures("kernels")
def test_what_somebody_else_plans_is_left_alone(town: psycopg.Connection, database_url: str) -> None:
    _import(town, "contracts", "fraction;body;plans", "glass_white;DS;nein")
    assert _planned(town, database_url)[0] == {"P0", "P1"}


@pytest.mark.usefixtures("own_settings")
def test_verb_imports_and_lists(
    town: psycopg.Connection, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "kammern.csv"
    path.write_text("fahrzeug;nummer;fraktionen;zuladung_kg;volumen_l\nV1;1;Papier;4000;9000\n", "utf-8")
    assert main(["waste", "import", "chambers", str(path)]) == 0
    assert capsys.readouterr().out == "chambers: 1 rows\n"
    assert main(["waste", "list", "chambers"]) == 0
    assert "V1;1;paper;4000;9000" in capsys.readouterr().out
    assert main(["waste", "import", "chambers", str(tmp_path / "none.csv")]) == 1
    assert "is not a readable CSV file" in capsys.readouterr().err


@pytest.mark.usefixtures("kernels")
def test_random_days_break_no_rule() -> None:
    found = measure(12, seed=7, iterations=30)
    assert (found["days"], found["days_with_a_violation"]) == (12, 0)
    assert found["stops"] > 100
