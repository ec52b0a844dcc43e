"""The street network as GeoJSON, the ground of our maps."""

import msgspec
import numpy as np

from routing.roads import RoadNetwork

_DIGITS = 5
"""About a metre, enough to look at."""
_Line = list[list[float]]


def street_map(network: RoadNetwork) -> bytes:
    """A FeatureCollection (RFC 7946): one MultiLineString for each class and name of road, lon before lat."""
    shapes = network.shape_lonlat.round(_DIGITS).tolist()
    start = network.shape_start.tolist()
    order = np.lexsort((network.piece_way_offset_m, network.piece_way))
    streets: dict[tuple[str, str], list[_Line]] = {}
    way_before = -1
    for piece in order.tolist():
        way = int(network.piece_way[piece])
        line = shapes[start[piece] : start[piece + 1]]
        lines = streets.setdefault((network.class_of(way), network.name_of(way)), [])
        if way == way_before and lines[-1][-1] == line[0]:
            lines[-1].extend(line[1:])
        else:
            lines.append(line)
        way_before = way
    features = [
        {
            "type": "Feature",
            "id": index,
            "geometry": {"type": "MultiLineString", "coordinates": lines},
            "properties": {"class": road_class, "name": name},
        }
        for index, ((road_class, name), lines) in enumerate(sorted(streets.items()))
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features, "next": None})
