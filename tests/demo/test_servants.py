"""Users and folders of embedded servers."""

import os
import pathlib
import shutil
import stat

import pytest

from smartregion.demo import servants
from smartregion.demo.servants import Servant, choose_servant, may_enter, owned_folder, state_folder

_STRANGER = Servant(54321, 54321)


def test_an_ordinary_user_serves_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose_servant() == Servant()


def test_root_hands_over_to_somebody_without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert choose_servant().uid not in (None, 0)


def test_a_closed_parent_keeps_a_stranger_out(tmp_path: pathlib.Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and folder != pathlib.Path("/"):
            try:
                folder.chmod(folder.stat().st_mode | 0o011)
            except PermissionError:
                break
    (tmp_path / "closed").chmod(0o755)
    assert may_enter(inner, _STRANGER)
    (tmp_path / "closed").chmod(0o700)
    assert not may_enter(inner, _STRANGER)
    assert may_enter(inner, Servant())


def test_state_lies_in_the_data_folder_where_that_is_possible(tmp_path: pathlib.Path) -> None:
    assert state_folder(tmp_path, Servant()) == tmp_path.resolve() / "servers"


def test_owned_folder_is_private(tmp_path: pathlib.Path) -> None:
    folder = owned_folder(tmp_path / "x", Servant())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_state_moves_out_of_a_closed_folder_and_a_new_folder_starts_anew(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servants, "_STATE_HOME", tmp_path / "state")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    state = state_folder(data, _STRANGER)
    assert state.parent == tmp_path / "state"
    (state / "cluster").touch()
    assert (data / "servers" / "cluster").exists()
    assert state_folder(data, _STRANGER) == state
    assert (state / "cluster").exists()
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    assert state_folder(data, _STRANGER) == state
    assert not (state / "cluster").exists()
