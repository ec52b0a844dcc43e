"""Waste: levels of containers, what is due, plans and tours."""
