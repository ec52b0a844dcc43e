"""A whole district on one machine: embedded database and broker, and our processes under one supervisor."""
