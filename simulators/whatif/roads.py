"""The roads of a simulated district, read from its own extract as any other."""

import pathlib
import tempfile

from routing.roads import RoadNetwork, read_osm
from simulators.region.district import District
from simulators.region.extract import write_extract


def roads_of(district: District) -> RoadNetwork:
    """Where trucks may drive."""
    with tempfile.TemporaryDirectory(prefix="whatif-") as folder:
        extract = pathlib.Path(folder) / "region.osm.pbf"
        write_extract(district.region, extract)
        return read_osm(extract)
