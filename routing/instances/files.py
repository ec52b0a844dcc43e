"""Finding out what a file is."""

from pathlib import Path

from routing.errors import RoutingError
from routing.instances.instance import Instance
from routing.instances.kim import read_kim
from routing.instances.native import read_native
from routing.instances.solomon import read_solomon
from routing.instances.vrplib import read_vrplib


def read(path: Path) -> Instance:
    """Read a VRPLIB, Solomon, waste-kim or project JSON file; RoutingError in one line if it is none."""
    text = read_text(path)
    source = path.name
    words = text.split(maxsplit=400)
    if text.lstrip().startswith("{"):
        return read_native(text, source)
    if "Stop_Type(0:" in text[:2000]:
        return read_kim(text, source)
    if "VEHICLE" in words[:12] and "CUSTOMER" in words[:20]:
        return read_solomon(text, source)
    if any(line.partition(":")[0].strip() in ("DIMENSION", "TYPE") for line in text.splitlines()[:20]):
        return read_vrplib(text, source)
    raise RoutingError(
        f"{path}: no routing instance: expected VRPLIB, Solomon, waste-kim or the project's JSON"
    )


def read_text(path: Path) -> str:
    """The file's text; RoutingError in one line if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RoutingError(f"{path}: no text: expected a file in UTF-8") from None
    except OSError as error:
        raise RoutingError(f"{path}: {error.strerror or error}: expected a readable file") from None
