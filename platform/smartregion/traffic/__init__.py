"""Traffic: what the counting stations see now, and whether a day is usual."""
