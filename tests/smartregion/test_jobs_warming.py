"""Compiling in the background: begun once, waited for, its error told to whoever waits."""

import pathlib
import threading

import pytest

from smartregion.jobs.warming import Warming


def test_whoever_waits_gets_the_kernels_once_they_are_there(tmp_path: pathlib.Path) -> None:
    go, calls = threading.Event(), []

    def compile_slowly(folder: pathlib.Path | None) -> None:
        calls.append(folder)
        go.wait(60)

    warming = Warming(tmp_path, compile_slowly)
    warming.start()
    warming.start()
    assert not warming.ready(0.01)
    go.set()
    assert warming.ready(60)
    assert warming.ready(0)
    assert calls == [tmp_path]


def test_failed_compilation_fails_the_plan_that_waits() -> None:
    def fail(folder: pathlib.Path | None) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        Warming(None, fail).ready(60)
