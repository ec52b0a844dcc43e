"""What if containers were emptied otherwise? Policies over simulated weeks, in process, on the same truth."""
