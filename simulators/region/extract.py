"""Writes the roads as an OpenStreetMap extract, so that the import of real extracts reads them."""

import os
import pathlib

import osmium
import osmium.osm.mutable as osm

from simulators.region.build import Region

GENERATOR = "smartregion simulators"
_TIMESTAMP = "2026-01-01T00:00:00Z"


def write_extract(region: Region, path: pathlib.Path) -> None:
    """Write the region as .osm.pbf, whole or not at all; the same region gives the same bytes."""
    header = osmium.io.Header()
    header.set("generator", GENERATOR)
    header.set("osmosis_replication_timestamp", _TIMESTAMP)
    header.add_box(_box(region))
    unfinished = path.with_name(f".{path.name.removesuffix('.osm.pbf')}-unfinished.osm.pbf")
    used = {node for way in region.roads.ways for node in way.nodes}
    place_of = {middle: region.places[i] for i, middle in enumerate(region.middles)}
    writer = osmium.SimpleWriter(str(unfinished), header=header, overwrite=True)
    try:
        lonlat = region.lonlat.tolist()
        for node in sorted(used):
            place = place_of.get(node)
            tags = _place_tags(place.name, place.population) if place else None
            writer.add_node(osm.Node(id=node + 1, location=lonlat[node], tags=tags, version=1))
        for number, way in enumerate(region.roads.ways):
            writer.add_way(
                osm.Way(id=number + 1, nodes=[node + 1 for node in way.nodes], tags=way.tags, version=1)
            )
        for number, rule in enumerate(region.roads.rules):
            members = [
                ("w", rule.from_way + 1, "from"),
                ("n", rule.via + 1, "via"),
                ("w", rule.to_way + 1, "to"),
            ]
            tags = {"type": "restriction", "restriction": rule.kind}
            writer.add_relation(osm.Relation(id=number + 1, members=members, tags=tags, version=1))
    finally:
        writer.close()
    os.replace(unfinished, path)


def _place_tags(name: str, population: int) -> dict[str, str]:
    if not population:
        return {"place": "locality", "name": name}
    return {"place": "town" if population > 3000 else "village", "name": name, "population": str(population)}


def _box(region: Region) -> osmium.osm.Box:
    low, high = region.lonlat.min(axis=0), region.lonlat.max(axis=0)
    return osmium.osm.Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
