"""The house: rooms, arrows that must never be, and habits that no linter knows."""

import ast
import pathlib
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("ingest", "platform/smartregion", "routing", "dashboards", "simulators")
_LONGEST_MODULE = 400
_MAY_READ_ENVIRONMENT = {"platform/smartregion/settings.py"}
_PURE = (
    "routing",
    "ingest/messages.py",
    "ingest/topics.py",
    "ingest/decode",
    "platform/smartregion/readings.py",
    "platform/smartregion/waste/due.py",
)
_EDGES = ("verb", "verbs", "bench")
_SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|ROLE))\b", re.S
)


def _modules() -> Iterator[pathlib.Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


MODULES = list(_modules())


def _name(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_platform_is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert platform.python_version()  # the standard library's module, seen from the project's root


@pytest.mark.parametrize(
    "command", [["-m", "pytest", "--version"], ["-c", "import platform; platform.system()"]]
)
def test_standard_library_platform_survives_in_the_root(command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_init_below_tests() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_room_says_what_it_is_for() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    assert len(packages) >= len(ROOMS)
    for path in packages:
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), _name(path)


def test_modules_are_small() -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > _LONGEST_MODULE} == {}
    assert statistics.median(n for n in lengths.values() if n > 5) <= 150


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_environment_only_in_settings(path: pathlib.Path) -> None:
    if _name(path) not in _MAY_READ_ENVIRONMENT:
        assert not re.search(r"\bos\.(environ|getenv)\b", path.read_text("utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_sql_only_in_sql_files(path: pathlib.Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and _SQL.search(node.value)
    ]
    assert not found


@pytest.mark.parametrize(
    "path", [p for p in MODULES if _name(p).startswith(_PURE) and not p.stem.endswith(_EDGES)], ids=_name
)
def test_no_wall_clock_in_pure_modules(path: pathlib.Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(
        r"\b(datetime|dt\.datetime)\.(now|utcnow|today)\(|\btime\.time\(|date\.today\(", text
    )


def test_every_sql_query_is_explained() -> None:
    for path in (ROOT / "platform/smartregion/store/sql").glob("*.sql"):
        blocks = re.split(r"^-- name: ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
        assert blocks, path.name
        for block in blocks:
            lines = block.splitlines()
            assert len(lines) > 1, (path.name, lines[0])
            assert lines[1].startswith("-- "), (path.name, lines[0], "needs a line that explains it")


def test_pages_ask_no_foreign_host() -> None:
    folder = ROOT / "dashboards"
    files = [*folder.glob("templates/**/*.html"), *folder.glob("static/*.js"), *folder.glob("static/*.css")]
    assert files
    for path in files:
        text = re.sub(r"xmlns(:\w+)?=\"[^\"]+\"", "", path.read_text("utf-8"))
        loads = re.findall(
            r"(?:src|action)=\"(https?:)?//|url\(['\"]?https?:|fetch\(['\"]https?:|@import", text
        )
        assert not loads, _name(path)


def test_no_forbidden_words_or_machine_paths() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    hosts = "|".join(["files.python" + "hosted", "registry." + "npmjs", "deb." + "debian"])
    for name in listed.stdout.split():
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".json", ".toml", ".yaml", ".lock", ".sh", ""}:
            assert not re.search(hosts, path.read_text("utf-8", errors="ignore")), name
