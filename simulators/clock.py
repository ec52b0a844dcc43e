"""The simulated clock: behind the real one or on it, never ahead."""

from dataclasses import dataclass

_CATCH_UP = 30.0
"""Speed after a pause, when no other was asked for."""


@dataclass
class Clock:
    """Simulated time that runs `speed` times as fast as real time until it has caught up.

    All times Unix seconds.
    """

    simulated_s: float
    real_s: float
    speed: float = 1.0
    paused: bool = False

    def advance(self, real_s: float) -> float:
        """Move on to a real time and tell the simulated one."""
        passed_s, self.real_s = max(0.0, real_s - self.real_s), real_s
        if not self.paused:
            behind = self.simulated_s < real_s - passed_s - 1.0
            rate = max(self.speed, _CATCH_UP) if behind and self.speed <= 1 else max(self.speed, 1.0)
            self.simulated_s = min(real_s, self.simulated_s + passed_s * rate)
        return self.simulated_s


def start_s(now_s: float, speed: float) -> float:
    """Where a clock of a speed begins: so far back that it meets the real one after an hour."""
    return now_s - max(speed - 1.0, 0.0) * 3600
