"""Finding out what a file is."""

import re
from pathlib import Path

from routing.errors import RoutingError
from routing.instances.instance import Instance
from routing.instances.kim import read_kim
from routing.instances.native import read_native
from routing.instances.qingdao import is_qingdao, read_qingdao
from routing.instances.solomon import read_solomon
from routing.instances.vrplib import read_vrplib

_VRPLIB = re.compile(r"^\s*(DIMENSION|TYPE|NODE_COORD_SECTION)\b", re.MULTILINE | re.IGNORECASE)


def read(path: Path) -> Instance:
    """Read a VRPLIB, Solomon, waste-kim or project JSON file, or a waste-qingdao folder.

    RoutingError in one line if it is none.
    """
    if is_qingdao(path):
        return read_qingdao(path)
    text = read_text(path)
    source = path.name
    words = text[:4000].upper().split()
    if text.lstrip().startswith("{"):
        return read_native(text, source)
    if "Stop_Type(0:" in text[:2000]:
        return read_kim(text, source)
    if "VEHICLE" in words[:40] and "CUSTOMER" in words[:80]:
        return read_solomon(text, source)
    if _VRPLIB.search(text[:20_000]):
        return read_vrplib(text, source)
    raise RoutingError(
        f"{path}: no routing instance: expected VRPLIB, Solomon, waste-kim, waste-qingdao "
        "or the project's JSON"
    )


def read_text(path: Path) -> str:
    """The file's text; RoutingError in one line if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RoutingError(f"{path}: {error.strerror or error}: expected a readable file") from None
    if b"\0" in content:
        raise RoutingError(f"{path}: no text: expected a text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # names in comments of old files
