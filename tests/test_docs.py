"""The documentation is held against the program: settings, verbs, fields, links, commands of the README."""

import importlib.metadata
import pathlib
import re
import subprocess

import pytest

from ingest.messages import BY_KIND
from smartregion.settings import Settings

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_README_COMMANDS = {
    "make demo": "test_make_demo_runs",
    "make test": "test_make_test_runs_the_tests",
    'make demo ARGS="--port 8090 --data /tmp/district --minutes 5"': "test_make_demo_runs",
    ".venv/bin/smartregion --help": "test_piece_commands",
    'echo \'{"t": "2026-11-21T06:00:00+01:00", "level": 0.4}\' | .venv/bin/smartregion decode --topic'
    " sr/1/bin-7/fill": "test_piece_commands",
}


def _commands(path: pathlib.Path) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_every_command_of_the_readme_has_its_test() -> None:
    assert set(_commands(ROOT / "README.md")) == set(_README_COMMANDS)
    assert set(_README_COMMANDS.values()) <= set(globals())


def test_make_demo_runs(smartregion: str) -> None:
    """The end-to-end tests start `smartregion demo`; here: make calls it and hands its options on."""
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "demo", "ARGS=--port 8090 --minutes 5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "smartregion demo --port 8090 --minutes 5" in done.stdout
    helped = subprocess.run(
        [smartregion, "demo", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(option in helped for option in ("--port", "--data", "--minutes"))


def test_make_test_runs_the_tests() -> None:
    done = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python -m pytest" in done.stdout


@pytest.mark.parametrize(
    "command", [c for c, test in _README_COMMANDS.items() if test == "test_piece_commands"]
)
def test_piece_commands(command: str, smartregion: str) -> None:
    local = command.replace(".venv/bin/smartregion", smartregion)
    done = subprocess.run(["sh", "-c", local], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/operate.md").read_text("utf-8")
    for name in Settings.model_fields:
        assert f"| `{name}` | `SMARTREGION_{name.upper()}` |" in text, name


def test_every_verb_is_documented(smartregion: str) -> None:
    helped = subprocess.run([smartregion, "--help"], capture_output=True, text=True, check=True).stdout
    verbs = re.findall(r"^    (\w+)\s", helped, re.MULTILINE)
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert len(verbs) > 15
    assert [verb for verb in verbs if verb != "VERB" and f"smartregion {verb}" not in text] == []


def test_every_native_field_is_documented() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "docs/add-a-sensor.md").read_text("utf-8"), re.M)
    )
    for kind, struct in BY_KIND.items():
        fields = set(struct.__struct_fields__) - {"seq"}
        documented = set(re.findall(r"`(\w+)`", rows[kind]))
        assert fields == documented, kind


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_version_is_in_the_changelog() -> None:
    assert f"## {importlib.metadata.version('smartregion')}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
