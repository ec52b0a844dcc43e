"""A believable district with known truth that speaks only MQTT.

For the demo, for tests, and for what-if questions.
"""
