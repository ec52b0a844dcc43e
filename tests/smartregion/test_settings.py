"""Settings: defaults, file, environment, and one clear line for each mistake."""

import pathlib

import pytest

from smartregion.errors import SettingsError
from smartregion.settings import load


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SETTINGS", "DATABASE_URL", "MQTT_URL", "TIMEZONE", "REGION_NAME", "DATA_DIR"):
        monkeypatch.delenv(f"SMARTREGION_{name}", raising=False)


def _write(text: str) -> None:
    pathlib.Path("smartregion.toml").write_text(text, encoding="utf-8")


def test_defaults_need_no_file() -> None:
    assert load().timezone == "Europe/Berlin"
    assert load().database_url is None


def test_file_is_read_and_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    _write('region_name = "Uckermark"\ntimezone = "Europe/Vienna"\n')
    monkeypatch.setenv("SMARTREGION_REGION_NAME", "Prignitz")
    assert load().region_name == "Prignitz"
    assert load().zone.key == "Europe/Vienna"


def test_another_file_can_be_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write('region_name = "here"\n')
    other = tmp_path / "other.toml"
    other.write_text('region_name = "there"\n', encoding="utf-8")
    monkeypatch.setenv("SMARTREGION_SETTINGS", str(other))
    assert load().region_name == "there"


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTREGION_SETTINGS", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"^SMARTREGION_SETTINGS: 'nowhere\.toml' is not a readable"):
        load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("region_name = Uckermark\n", r"^smartregion\.toml: not valid TOML: .*line 1"),
        ("region_name = [1]\n", r"^setting region_name: '\[1\]': input should be a valid string"),
        (
            'timezone = "Mars/Base"\n',
            r"^setting timezone: 'Mars/Base': expected a zone name like Europe/Berlin",
        ),
        (
            'databse_url = "x"\n',
            r"^setting databse_url: there is no such setting: did you mean database_url\?",
        ),
        ("qqq = 1\n", r"^setting qqq: there is no such setting: known are backup_dir, co2_kg_per_l, "),
        ('[mqtt]\nurl = "x"\n', r"^setting mqtt: there is no such setting"),
    ],
)
def test_each_mistake_is_one_line(text: str, message: str) -> None:
    _write(text)
    with pytest.raises(SettingsError, match=message) as caught:
        load()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_secret_is_never_shown() -> None:
    _write('mqtt_url = ["mqtt://user:hunter2@host"]\n')
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_text() -> None:
    pathlib.Path("smartregion.toml").write_bytes(b"\xff\xfe\x00region")
    with pytest.raises(SettingsError, match=r"^smartregion\.toml: "):
        load()
