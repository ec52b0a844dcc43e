"""What really happens: pure functions of seed, object and time, so that a restart needs no memory."""
