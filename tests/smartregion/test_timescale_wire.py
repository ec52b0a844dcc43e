"""The wire server of TimescaleDB in WebAssembly: clients see what they would see from PostgreSQL."""

import psycopg
import pytest

from tests.support.timescale import Timescale


@pytest.fixture
def client(timescale_rolled_back: psycopg.Connection) -> psycopg.Connection:
    """A connection with a small table."""
    timescale_rolled_back.execute("CREATE TABLE pair (a integer, b text)")
    return timescale_rolled_back


def test_copy_in_and_out_as_text_and_binary(client: psycopg.Connection) -> None:
    cursor = client.cursor()
    with cursor.copy("COPY pair (a, b) FROM STDIN") as copy:
        copy.write_row((1, "ä\tb\nc"))
        copy.write_row((2, None))
    with cursor.copy("-- why\nCOPY pair FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "text"])
        copy.write_row((3, "c"))
    with cursor.copy("COPY (SELECT * FROM pair WHERE a > %s ORDER BY a) TO STDOUT", (0,)) as copy:
        assert list(copy.rows()) == [("1", "ä\tb\nc"), ("2", None), ("3", "c")]
    with cursor.copy("COPY (SELECT a FROM pair ORDER BY a) TO STDOUT (FORMAT BINARY)") as copy:
        assert b"".join(bytes(block) for block in copy).count(b"\x00\x00\x00\x04") == 3


@pytest.mark.parametrize(
    ("row", "error"), [(b"x\ty\n", psycopg.errors.InvalidTextRepresentation), (b"1\n", psycopg.DataError)]
)
def test_a_bad_copy_fails_its_transaction_alone(
    client: psycopg.Connection, row: bytes, error: type[psycopg.Error]
) -> None:
    with (
        pytest.raises(error, match="COPY pair, line 1"),
        client.transaction(),
        client.cursor().copy("COPY pair FROM STDIN") as copy,
    ):
        copy.write(row)
    assert client.execute("SELECT count(*) FROM pair").fetchone() == (0,)


def test_a_client_that_gives_up_its_copy(client: psycopg.Connection) -> None:
    def give_up() -> None:
        with client.transaction(), client.cursor().copy("COPY pair FROM STDIN") as copy:
            copy.write(b"1\tx\n")
            raise KeyError

    with pytest.raises(KeyError):
        give_up()
    assert client.execute("SELECT count(*) FROM pair").fetchone() == (0,)


def test_sessions_keep_their_settings_and_statements_apart(timescale_shared: str) -> None:
    with (
        psycopg.connect(timescale_shared, autocommit=True, options="-c TimeZone=UTC") as one,
        psycopg.connect(timescale_shared, autocommit=True) as two,
    ):
        two.execute("SET TimeZone = 'Europe/Berlin'")
        two.execute("SET ROLE sr_report")
        for number in range(8):  # more than it takes to be prepared, under the same name in both
            assert one.execute("SELECT %s::int + 1", (number,)).fetchone() == (number + 1,)
            assert two.execute("SELECT %s::text || 'x'", (str(number),)).fetchone() == (f"{number}x",)
        assert one.execute("SELECT current_setting('TimeZone'), current_user").fetchone() == (
            "UTC",
            "postgres",
        )
        assert two.execute("SELECT current_setting('TimeZone'), current_user").fetchone() == (
            "Europe/Berlin",
            "sr_report",
        )


def test_a_killed_engine_comes_back_with_what_was_committed(timescale_engine: Timescale) -> None:
    with psycopg.connect(timescale_engine.url) as connection:
        connection.execute("INSERT INTO sr.reading (time, message, value, series) VALUES (now(), 1, 0.5, 1)")
        connection.commit()
        connection.execute("INSERT INTO sr.reading (time, message, value, series) VALUES (now(), 2, 0.7, 1)")
        timescale_engine.kill_engine()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(timescale_engine.url) as connection:
        assert connection.execute("SELECT value FROM sr.reading").fetchall() == [(0.5,)]
        plan = connection.execute("EXPLAIN SELECT FROM sr.reading WHERE time > now()").fetchall()
        assert "Custom Scan" in str(plan)  # its library is loaded again
