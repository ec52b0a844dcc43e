"""The inner loops: plain functions on flat arrays that numba compiles; the same code runs uncompiled.

No objects, no allocation inside the loop, one random state array. All times are whole ticks, all amounts
whole units and all costs scaled, as `routing.flatten` prepares them, so that sums are exact in every order.
"""
