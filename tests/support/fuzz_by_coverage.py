"""Fuzzing led by coverage, for hours instead of seconds; needs the extra `fuzz` (atheris).

    python -m tests.support.fuzz_by_coverage -max_total_time=600

The first byte chooses topic and profile, the rest is the payload; options are those of libFuzzer. It ends at
the first input that makes a decoder raise or gives something that no table can hold.
"""

import pathlib
import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest.decode import decode
    from ingest.profiles import shipped_profiles
    from ingest.quick import read_plain
    from ingest.receipt import first_receipt

from tests.ingest.test_fuzz import NOW, WITH_LAYOUT, assert_storable
from tests.support.odd import TEMPLATES, as_json

_TOPICS = [None, *sorted({topic for topic, _ in TEMPLATES})]
_PROFILES = [None, *WITH_LAYOUT, *list(shipped_profiles().values())[:10]]
_RECEIPT = first_receipt(NOW)


def fuzz(data: bytes) -> None:
    """One input; raises when a promise is broken."""
    if not data:
        return
    topic = _TOPICS[data[0] % len(_TOPICS)]
    profile = _PROFILES[data[0] % len(_PROFILES)]
    assert_storable(decode(topic, data[1:], NOW, lambda _device, _model: profile))
    if topic is not None:
        quick = read_plain([(_RECEIPT, topic, data[1:])])[0]
        assert quick is None or quick == decode(topic, data[1:], NOW)


def main() -> None:
    """Run from the templates of all messages until libFuzzer's options end it."""
    with tempfile.TemporaryDirectory(prefix="smartregion-fuzz-") as name:
        folder = pathlib.Path(name)
        for number, (topic, content) in enumerate(TEMPLATES):
            (folder / str(number)).write_bytes(bytes([_TOPICS.index(topic)]) + as_json(content))
        atheris.Setup([*sys.argv, str(folder), "-max_len=4096"], fuzz)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
