"""Solomon's text format (also Gehring and Homberger's), distances cut to one decimal as in DIMACS 2021."""

import numpy as np

from routing.instances.instance import Instance, refuse
from routing.problem import Problem, Stop, Vehicle


def read_solomon(text: str, source: str) -> Instance:
    """Read a file's text; RoutingError in one line if a section or a number of a line is missing."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    heads = [line[0].upper() for line in lines]
    for section in ("NUMBER", "CUST"):
        if section not in heads:
            refuse(source, section, "missing", "sections VEHICLE (NUMBER, CAPACITY) and CUSTOMER")
    try:
        count, capacity = (float(word) for word in lines[heads.index("NUMBER") + 1])
        table = np.array([[float(word) for word in line] for line in lines[heads.index("CUST") + 1 :]])
    except (ValueError, IndexError):
        refuse(
            source,
            "CUSTOMER",
            "a line that is no row of numbers",
            "NUMBER CAPACITY, then seven numbers a line",
        )
    if table.ndim != 2 or table.shape[1] != 7 or len(table) < 2:
        refuse(
            source, "CUSTOMER", f"a table of shape {table.shape}", "a depot and stops, seven numbers a line"
        )
    at = table[:, 1:3]
    straight = np.sqrt(((at[:, None, :] - at[None, :, :]) ** 2).sum(axis=2))
    distance = np.floor(straight * 10.0 + 1e-9) / 10.0
    stops = [
        Stop(
            row,
            (float(table[row, 3]),),
            float(table[row, 6]),
            ((float(table[row, 4]), float(table[row, 5])),),
        )
        for row in range(1, len(table))
    ]
    vehicle = Vehicle(0, 0, (capacity,), (float(table[0, 4]), float(table[0, 5])))
    positions = [(float(x), float(y)) for x, y in at]
    return Instance(
        Problem(stops, [vehicle] * int(count), distance, distance, name=lines[0][0], positions=positions)
    )
