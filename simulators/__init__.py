"""A believable district with known truth that speaks only MQTT: for the demo, for tests, and for what-if questions."""
