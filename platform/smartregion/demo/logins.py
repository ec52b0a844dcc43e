"""Database users of the demo's processes, each with the least rights it needs."""

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from smartregion.store.database import Connection
from smartregion.store.queries import load


def make_logins(connection: Connection, passwords: dict[str, tuple[str, str]]) -> None:
    """Make login roles `{name: (password, group role)}` that are not there yet."""
    queries = load("demo")
    for name, (password, group) in passwords.items():
        row = connection.execute(queries["role_exists"], {"name": name}).fetchone()
        if row is not None and row[0]:
            continue
        statement = sql.SQL(queries["create_login"]).format(
            name=sql.Identifier(name), group=sql.Identifier(group), password=sql.Literal(password)
        )
        connection.execute(statement)


def with_login(url: str, name: str, password: str) -> str:
    """The same database address for another user."""
    parts = conninfo_to_dict(url)
    return f"postgresql://{name}:{password}@{parts['host']}:{parts['port']}/{parts['dbname']}"
