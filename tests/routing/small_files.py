"""Instance files of a few lines, one of each format."""

import pathlib

from routing.instances import Instance, read

CVRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 0 7.6
4 1 1
DEMAND_SECTION
1 0
2 4
3 5
4 6
DEPOT_SECTION
1
-1
EOF
"""

SOLOMON = """C1

VEHICLE
NUMBER     CAPACITY
  2         200

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      40         50          0          0       1236          0
    1      45         68         10        912        967         90
"""

KIM = (
    "280.0 \t// vehicle capacity (yards), real number\r\n"
    "400.0\t// total yardage allowed for a vehicle per day, real number\r\n"
    "500\t// total number of regular stops for a vehicle allowed per day\r\n"
    "3600\t// lunch time duration in second\r\n"
    "40\t// speed: MPH\r\n"
    'Stop_ID\tX(feet)\tY(feet)\tEarly\tLate\tSvice_Time(Sec)\tLoad\t"Stop_Type(0: Depot, 1: regular)"\r\n'
    "0   0.00   0.00  0400 1500 0  9999.00 0\r\n"
    "1   5280.00 0.00  0000 1675 1600  9999.00 2\r\n"
    "2   0.00 5280.00  0700 2400 180    12.00 1\r\n"
)


def read_text(folder: pathlib.Path, text: str, name: str = "tiny.vrp") -> Instance:
    """The instance that a file of this text holds."""
    path = folder / name
    path.write_bytes(text.encode())
    return read(path)
