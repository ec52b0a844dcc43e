"""Work that nobody waits for at the screen: plans, road segments, retention; a queue in PostgreSQL."""
