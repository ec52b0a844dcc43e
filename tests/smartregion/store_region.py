"""A small registry and a few rows of each kind, for the tests of the store."""

import datetime as dt
import pathlib

import psycopg

from smartregion.registry.importer import import_file
from smartregion.store.intake import take_file

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)

REGISTRY = """\
Art;Kennung;Name;Straße;Ort;Gemeinde;Länge;Breite;Fraktion;Volumen (l);Rhythmus;Standplatz;Gerät;\
Abstand leer;Abstand voll;Klassenschema;Fahrstreifen;Zweck;Betriebshof;Nutzlast;Aufbauvolumen;\
Schicht von;Schicht bis;Offen von;Offen bis;Aufenthalt;Einwohner
Behälter;C1;;;;;;;Weißglas;3.000;14;S1;bin-1;1,8;0,2
Behälter;C2;;;;;;;paper;1100;7;S1;bin-2
Standplatz;S1;Markt;Am Markt 1;Calau;Calau;13,95;51.745
Gemeinde;12066052;Calau;;;;;;;;;;;;;;;;;;;;;;;;7.700
Zählstelle;Z1;B 169;;Calau;Calau;13,9;51,7;;;;;count-1;;;8+1;1:Senftenberg|2:Lübbenau
Betriebshof;D1;Hof;;;;13,9;51,7
Entsorgungsanlage;E1;Deponie;;;;13,9;51,7;glass_white|Restabfall;;;;;;;;;;;;;;;6:30;16.00;1200
Fahrzeug;V1;Kran 1;;;;;;glass_white;;;;car-1;;;;;Abfall;D1;9000;20000;06:00;15:00
Gerät;spare-1
"""

READINGS = """\
device,quantity,time,value
bin-1,distance,2026-11-20T10:00Z,1.0
bin-2,level,2026-11-20T11:00Z,0.6
bin-2,level,2025-03-01T00:00Z,0.1234567891234
spare-1,wind,2026-11-20T11:00Z,7
"""

LANES = """\
device,lane,time,interval_s,krad,pkw,lfw,pkwa,lkw,lkwa,sattel,bus,nk,speed_kmh
count-1,1,2026-11-20T10:00Z,900,1,100,2,3,4,5,6,7,8,51.3
count-1,1,2026-11-20T10:15Z,900,1,1,1,1,1,1,1,1,1,
count-1,2,2026-11-20T10:00Z,60,0,2,0,0,0,0,0,0,0,49.5
"""

TRACKS = """\
device,time,lon,lat,speed_mps,az_rms_mps2
car-1,2026-11-20T10:00Z,13.9,51.7,10.1,0.4
car-1,2026-11-20T10:00:00.25Z,13.9001,51.7,10.3,
"""


def fill_registry(connection: psycopg.Connection, folder: pathlib.Path, text: str = REGISTRY) -> int:
    """Import the registry; the number of the import."""
    file = folder / "registry.csv"
    file.write_text(text, encoding="utf-8")
    return import_file(connection, file, NOW).number


def fill_data(connection: psycopg.Connection, folder: pathlib.Path) -> None:
    """Readings, lane intervals and tracks."""
    for kind, text in (("readings", READINGS), ("lane_intervals", LANES), ("tracks", TRACKS)):
        file = folder / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        take_file(connection, kind, file, NOW)  # type: ignore[arg-type]
