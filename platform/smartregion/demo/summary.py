"""Closing lines of a demo: messages, rows, books, tours, kilometres."""

import json
import subprocess
import sys

from smartregion.settings import child_environment
from smartregion.store import database
from smartregion.store.queries import load


def tell(database_url: str, restarts: int) -> None:
    """Print the totals; the books are recounted from the tables by the verb `books`."""
    with database.connect(database_url) as connection:
        row = connection.execute(load("demo")["summary"]).fetchone() or (0,) * 7
    received, stored, duplicate, quarantined, rows, tours, km = row
    where = f"{stored} stored + {duplicate} duplicate + {quarantined} quarantined"
    print(f"messages   {received} received = {where}")
    print(f"rows       {rows}")
    print(f"books      {_books(database_url)}")
    print(f"tours      {tours} with {km:.1f} km")
    print(f"processes  {restarts} restarted", flush=True)


def _books(database_url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "smartregion", "books", "--json"],
        env=child_environment(keep_settings=True, SMARTREGION_DATABASE_URL=database_url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return "balanced, recounted from the tables"
    try:
        json.loads(done.stdout)
    except ValueError:
        return f"not recounted: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    return "NOT balanced: see `smartregion books`"
