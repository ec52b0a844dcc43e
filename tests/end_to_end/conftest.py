"""A real demo in its own processes, and a real browser."""

import pathlib
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.running_demo import ARTIFACTS, Demo, start_demo, stop_demo

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def with_kernels(kernel_folder: pathlib.Path) -> dict[str, str]:
    """Settings of a demo that finds the kernels of the run, or is the first to compile them."""
    return {"SMARTREGION_KERNEL_CACHE_DIR": str(kernel_folder)}


@pytest.fixture(scope="session")
def demo(smartregion: str, with_kernels: dict[str, str]) -> Iterator[Demo]:
    """The one demo of the pages and of its own life, with 14 days of history."""
    with tempfile.TemporaryDirectory(prefix="smartregion-demo-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # servers that root hands over must enter
        started = start_demo(smartregion, folder / "data", env=with_kernels)
        yield started
        stop_demo(started)
        ARTIFACTS.mkdir(exist_ok=True)
        (ARTIFACTS / "demo.log").write_bytes(started.log.read_bytes())


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Debian's chromium without a screen; playwright's event loop ends before other tests need theirs."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """A page of 1440 x 900 whose errors and foreign requests fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="de-DE", base_url=demo.web)
    opened = context.new_page()
    errors: list[str] = []
    foreign: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            foreign.append(request.url) if not request.url.startswith((demo.web, "blob:", "data:")) else None
        ),
    )
    yield opened
    context.close()
    assert not errors
    assert not foreign
