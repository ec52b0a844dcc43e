"""Simulators seen and steered through a real broker."""

import json
import queue
import time
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from fastapi.testclient import TestClient
from paho.mqtt.enums import CallbackAPIVersion

from dashboards.app import create_app
from smartregion.settings import load
from smartregion.steering import CONTROL_TOPIC, STATE_TOPIC, SimulatorLink
from smartregion.store.database import open_pool
from tests.conftest import Broker
from tests.dashboards.pages_district import HERE, OWN_PAGE
from tests.smartregion.small_district import NOW

_PATIENCE_S = 20
_STATE = {"time": "2026-06-10T09:58:00Z", "speed": 1.0, "paused": False, "messages": 7, "lag_s": 0.0}


class _Simulator:
    """What simulators say and hear on the control topics."""

    def __init__(self, broker: Broker) -> None:
        self.orders: queue.Queue[dict[str, object]] = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="test-steering-simulator")
        self._client.username_pw_set(broker.user, broker.password)
        self._client.on_message = lambda client, data, message: self.orders.put(json.loads(message.payload))
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe(CONTROL_TOPIC, qos=1)
        self._client.loop_start()

    def tell(self, payload: str) -> None:
        """Publish a state, retained, and wait until the broker has it."""
        self._client.publish(STATE_TOPIC, payload, qos=1, retain=True).wait_for_publish(_PATIENCE_S)

    def close(self) -> None:
        """Forget the state and leave."""
        self.tell("")
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def simulator(mosquitto_broker: Broker) -> Iterator[_Simulator]:
    """A simulator at the broker."""
    made = _Simulator(mosquitto_broker)
    yield made
    made.close()


def test_the_page_shows_the_simulator_and_steers_it(
    database_url: str, mosquitto_broker: Broker, simulator: _Simulator
) -> None:
    settings = load(database_url=database_url, mqtt_url=mosquitto_broker.url)
    with (
        open_pool(database_url, max_size=2) as pool,
        TestClient(
            create_app(settings, pool, lambda: NOW), base_url="http://localhost", client=HERE
        ) as browser,
    ):
        assert "Simulator" not in browser.get("/de/technik").text
        simulator.tell(json.dumps(_STATE))
        text = _wait_for(browser, "Simulator: läuft")
        assert "Uhr 11:58:00" in text
        browser.post("/de/technik", data={"pause": "true"}, headers=OWN_PAGE)
        assert simulator.orders.get(timeout=_PATIENCE_S) == {"pause": True}
        browser.post("/de/technik", data={"speed": "10"}, headers=OWN_PAGE)
        assert simulator.orders.get(timeout=_PATIENCE_S) == {"speed": 10.0}
        assert browser.post("/de/technik", data={"speed": "100000"}, headers=OWN_PAGE).status_code == 422
        assert browser.post("/de/technik", data={"pause": "true"}).status_code == 403
        simulator.tell(json.dumps(_STATE | {"paused": True, "refused": "order: not readable"}))
        text = _wait_for(browser, "angehalten")
        assert "order: not readable" in text
        assert simulator.orders.empty()


def test_rubbish_is_no_state(mosquitto_broker: Broker, simulator: _Simulator) -> None:
    link = SimulatorLink(mosquitto_broker.url)
    try:
        simulator.tell(json.dumps(_STATE))
        deadline = time.monotonic() + _PATIENCE_S
        while link.state() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        simulator.tell('{"speed": "fast"}')
        simulator.tell("\x00")
        state = link.state()
        assert state is not None
        assert state.messages == 7
    finally:
        link.close()


def _wait_for(browser: TestClient, words: str) -> str:
    deadline = time.monotonic() + _PATIENCE_S
    while words not in (text := browser.get("/de/technik").text):
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    return text
