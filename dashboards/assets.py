"""Static files under an address that carries the checksum of all of them: browsers may keep them for ever."""

import functools
import hashlib
import mimetypes
import pathlib

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_DIR = pathlib.Path(__file__).parent / "static"

# Some systems map .mjs to text/plain, and browsers refuse modules of that type.
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("text/javascript", ".js")


@functools.cache
def checksum() -> str:
    """Checksum of the folder's names and contents; a changed file changes every address."""
    digest = hashlib.sha256()
    for file in sorted(path for path in STATIC_DIR.rglob("*") if path.is_file()):
        digest.update(file.relative_to(STATIC_DIR).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def static_address(path: str) -> str:
    """Address of a file below the static folder."""
    return f"/static/{checksum()}/{path}"


class VersionedFiles(StaticFiles):
    """Serves /CHECKSUM/path; what has the present checksum may be kept for a year, else it is asked again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file behind the checksum."""
        version, _, inside = path.replace("\\", "/").partition("/")
        response = await super().get_response(inside or ".", scope)
        fresh = version == checksum()
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
        return response
