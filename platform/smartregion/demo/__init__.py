"""A whole district on one machine: embedded database and broker, and the processes of the program under one supervisor."""
