"""Energy: what buildings use, from registers of meters that are swapped, reset and roll over."""
