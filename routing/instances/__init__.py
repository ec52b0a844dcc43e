"""Reading problems and solutions from files: benchmark formats and the project's own JSON.

`read(path)` finds the format from the content. Each reader refuses what it does not understand with one line
that names the file and the section.
"""

from routing.instances.files import read
from routing.instances.instance import Instance
from routing.instances.native_text import to_native
from routing.instances.solution import Solution, read_solution, to_plan, to_solution, write_sol

__all__ = [
    "Instance",
    "Solution",
    "read",
    "read_solution",
    "to_native",
    "to_plan",
    "to_solution",
    "write_sol",
]
