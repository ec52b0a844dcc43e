"""How far pg_dump and pg_restore are: tables done, weighed by their bytes."""

import re
from collections.abc import Callable, Mapping

Report = Callable[[float, str], None]
"""Takes the share done, 0..1, and what is under way."""

_TABLE = re.compile(r'(?:dumping contents of table|processing data for table) "([^"]+)"')


class TableProgress:
    """Listens to the programs' words; a table counts as done when a later one begins."""

    def __init__(self, bytes_by_table: Mapping[str, int], report: Report) -> None:
        self._left = dict(bytes_by_table)
        self._total = max(1, sum(bytes_by_table.values()))
        self._done = 0
        self._begun: list[str] = []
        self._report = report

    def listen(self, line: str) -> None:
        """One line of the program."""
        found = _TABLE.search(line)
        if found is None:
            return
        self._done += sum(self._left.pop(table, 0) for table in self._begun)
        self._begun = [found[1]]
        self._report(min(1.0, self._done / self._total), found[1])
