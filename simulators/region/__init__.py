"""The region of our own making: places, roads, and the objects that stand and drive on them."""
