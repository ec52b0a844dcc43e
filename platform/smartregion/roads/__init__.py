"""Roads of the region: the network in the database, condition by segment, and ice."""
