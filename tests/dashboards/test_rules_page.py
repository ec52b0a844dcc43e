"""The page of the operator's tables, and the API behind it."""

import psycopg

from tests.dashboards.pages_district import OWN_PAGE, client
from tests.smartregion.small_district import add_site


def test_a_table_is_replaced_and_given_back(database_url: str, connection: psycopg.Connection) -> None:
    add_site(connection, "S1", 13.9, 51.6)
    connection.commit()
    content = b"grund;standplatz;wochentage;zu_von;zu_bis\nMarkt;S1;Do;07:00;13:00\n"
    with client(database_url) as browser:
        for address in ("/de/abfall/regeln", "/en/waste/rules"):
            done = browser.post(
                address, data={"kind": "closures"}, files={"file": ("zu.csv", content)}, headers=OWN_PAGE
            )
            assert done.status_code == 200
            assert "<td>S1</td><td></td><td>Do</td><td>07:00</td>" in done.text
        wrong = browser.post(
            "/de/abfall/regeln",
            data={"kind": "shifts"},
            files={"file": ("x.csv", b"planned;collected\n31.02.2026;01.03.2026\n")},
            headers=OWN_PAGE,
        )
        assert wrong.status_code == 422
        assert "x.csv line 2, planned" in wrong.text
        given = browser.get("/api/v1/rules/closures?format=csv")
        assert given.text.splitlines()[1] == "S1;;Do;07:00;13:00;;;nein;Markt"
        again = browser.post(
            "/api/v1/rules/closures",
            content=given.content,
            headers={**OWN_PAGE, "Content-Type": "text/csv"},
        )
        assert again.json() == {"rows": 1}
        assert browser.get("/api/v1/rules/closures").json()[0]["weekdays"] == [3]
