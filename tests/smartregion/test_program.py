"""The one program: verbs of all rooms, exit codes, one line for every error, and no traceback."""

import argparse
import importlib.metadata
import pathlib
import subprocess
import sys

import pytest

from smartregion import program
from smartregion.errors import InvalidInput, SmartRegionError, UsageError
from smartregion.settings import child_environment

SUBVERBS = {
    "db": ("migrate", "status", "backup", "restore", "run-policies"),
    "devices": ("import", "list", "adopt", "undo"),
    "users": ("add", "list", "remove", "password"),
    "keys": ("add", "list", "revoke"),
}


def _run(
    smartregion: str,
    *arguments: str,
    url: str | None = None,
    stdin: str = "",
    folder: pathlib.Path | None = None,
) -> subprocess.CompletedProcess[str]:
    environment = child_environment()
    if url is not None:
        environment["SMARTREGION_DATABASE_URL"] = url
    return subprocess.run(
        [smartregion, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (SmartRegionError("tour 7: is closed"), 1, "smartregion: tour 7: is closed\n"),
        (UsageError("--date: missing"), 2, "smartregion: --date: missing\n"),
        (
            InvalidInput("level", "x" * 100, "a number"),
            1,
            f"smartregion: level: '{'x' * 77}...' is not a number\n",
        ),
        (KeyboardInterrupt(), 1, "smartregion: interrupted\n"),
    ],
)
def test_errors_become_one_line(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise error

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=fail)
    monkeypatch.setattr(program, "_parser", lambda asked: parser)
    assert program.main([]) == code
    assert capsys.readouterr().err == line


def test_the_unforeseen_leaves_its_details_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise ZeroDivisionError("division\nby zero")

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=fail)
    monkeypatch.setattr(program, "_parser", lambda asked: parser)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert program.main([]) == 1
    line = capsys.readouterr().err
    assert line.startswith("smartregion: unexpected ZeroDivisionError: division by zero (details: ")
    assert line.count("\n") == 1
    assert "Traceback" in next(tmp_path.glob("smartregion-error-*.txt")).read_text()


@pytest.mark.parametrize(("verb", "sub"), [(verb, sub) for verb, subs in SUBVERBS.items() for sub in subs])
def test_every_verb_explains_itself(verb: str, sub: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main([verb, sub, "--help"])
    assert caught.value.code == 0
    assert f"smartregion {verb} {sub}" in capsys.readouterr().out.replace("__main__.py", "smartregion")


def test_wrong_usage_is_exit_code_2(smartregion: str) -> None:
    assert _run(smartregion, "db").returncode == 2
    assert _run(smartregion, "export", "secrets").returncode == 2
    assert _run(smartregion, "nonsense").returncode == 2


def test_a_life_of_a_database(smartregion: str, database_url: str, tmp_path: pathlib.Path) -> None:
    migrated = _run(smartregion, "db", "migrate", url=database_url)
    assert (migrated.returncode, migrated.stdout) == (0, "nothing to apply: the schema is up to date\n")
    (tmp_path / "r.csv").write_text("Art;Kennung\nGerät;d1\n")
    taken = _run(smartregion, "devices", "import", "r.csv", url=database_url, folder=tmp_path)
    assert taken.returncode == 0, taken.stderr
    assert "Geräte: 1 neu" in taken.stdout
    listed = _run(smartregion, "devices", "list", url=database_url)
    assert listed.stdout == "d1\t\t\t-\n"
    added = _run(
        smartregion, "users", "add", "anna", "--role", "admin", url=database_url, stdin="lang genug 1\n"
    )
    assert (added.returncode, added.stdout) == (0, "anna: registered as admin\n")
    key = _run(smartregion, "keys", "add", "test", url=database_url)
    assert key.stdout.startswith("sr_")
    saved = _run(smartregion, "db", "backup", "x.dump", url=database_url, folder=tmp_path)
    assert saved.returncode == 0, saved.stderr
    status = _run(smartregion, "db", "status", url=database_url)
    assert "up to date" in status.stdout
    assert "backup      0.0 h ago" in status.stdout
    exported = _run(smartregion, "export", "registry", url=database_url)
    assert exported.stdout.splitlines()[1].startswith("device,d1,")


def test_faults_of_a_file_go_to_stdout_and_their_sum_to_stderr(
    smartregion: str, database_url: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "r.csv").write_text("Art;Kennung;Länge;Breite\nStandplatz;S1;x;51\nAuto;V;1;1\n")
    done = _run(smartregion, "devices", "import", "r.csv", url=database_url, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "Zeile 2, Spalte Länge: „x“ ist keine Zahl – eine Zahl wie 13,75 eintragen",
        done.stdout.splitlines()[1],
    ]
    assert done.stderr == "smartregion: r.csv: 2 Fehler, nichts geschrieben\n"


def test_a_database_that_is_down_is_one_line(smartregion: str, free_port: int) -> None:
    done = _run(smartregion, "db", "status", url=f"postgresql://127.0.0.1:{free_port}/x")
    assert done.returncode == 1
    assert done.stderr.startswith(f"smartregion: database 127.0.0.1:{free_port}: Connection refused; start")
    assert done.stderr.count("\n") == 1


def test_a_database_without_schema_says_what_to_run(smartregion: str, database_url: str) -> None:
    done = _run(smartregion, "devices", "list", url=database_url.rsplit("/", 1)[0] + "/postgres")
    assert done.returncode == 1
    expected = 'smartregion: database: relation "sr.device" does not exist; run `smartregion db migrate`\n'
    assert done.stderr == expected


def test_no_database_is_wrong_usage(smartregion: str, tmp_path: pathlib.Path) -> None:
    done = _run(smartregion, "db", "status", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("smartregion: setting database_url: not set: expected postgresql://")


def test_a_broken_settings_file_is_one_line(smartregion: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "smartregion.toml").write_text("database_url = \n")
    done = _run(smartregion, "db", "status", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("smartregion: smartregion.toml: not valid TOML")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error(smartregion: str, database_url: str) -> None:
    command = f"{smartregion} export registry | head -c 1 > /dev/null; exit ${{PIPESTATUS[0]}}"
    environment = child_environment() | {"SMARTREGION_DATABASE_URL": database_url}
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_each_entry_point_is_a_verb_that_help_knows(capsys: pytest.CaptureFixture[str]) -> None:
    named = {entry.name for entry in importlib.metadata.entry_points(group="smartregion.verbs")}
    with pytest.raises(SystemExit):
        program.main(["--help"])
    listed = capsys.readouterr().out.split("VERB\n", 1)[1]
    assert named | {"bench"} == {line.split()[0] for line in listed.splitlines() if line[4:5].strip()}


def test_a_verb_imports_nothing_of_other_rooms() -> None:
    lines = """
import sys
from smartregion.program import main
try:
    main(["route", "--help"])
except SystemExit:
    print(sorted({"psycopg", "pydantic", "numba", "ingest", "dashboards"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
