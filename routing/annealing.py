"""Annealing over an elapsed budget: what one search does between its first solution and its last."""

from collections.abc import Callable
from dataclasses import dataclass

from routing.engines import Engine, Lean
from routing.flatten import Flat
from routing.parameters import Parameters
from routing.stop import StopCondition

_CHUNK = 500
_CHUNK_S = 0.05


@dataclass(frozen=True)
class Progress:
    """How far a search is: share of the budget used (0..1), the best plan's cost and the stops it leaves out.

    The cost is what `solve` would answer now: mandatory stops that are left out have no price in it.
    """

    share: float
    iterations: int
    seconds: float
    cost: float
    unserved: int


class Run:
    """The budget of one search; several engines may use it one after the other."""

    def __init__(
        self,
        stop: StopCondition,
        parameters: Parameters,
        progress: Callable[[Progress], None] | None,
        elapsed: Callable[[], float],
    ) -> None:
        self.parameters = parameters
        self.iterations = 0
        self._stop, self._progress, self._elapsed = stop, progress, elapsed

    @property
    def share(self) -> float:
        """Share of the budget used, 1 or more when it is over."""
        return self._stop(self.iterations, self._elapsed())

    def beside(self) -> "Run":
        """A run for another search side by side with this one, that tells no progress."""
        other = Run(self._stop, self.parameters, None, self._elapsed)
        other.iterations = self.iterations
        return other

    def anneal(
        self,
        flat: Flat,
        engine: Engine,
        until: float = 1.0,
        enough: Callable[[], bool] = lambda: False,
        cooling: tuple[float, float] | None = None,
    ) -> None:
        """Cool the engine until that share of the budget is used.

        enough: or until this is true. cooling: shares of the budget at which it is hot and cold, now
        and `until` if None.
        """
        if len(flat.data.near) < 2:
            return
        begin, end = cooling or (self.share, until)
        span = max(1e-9, end - begin)
        mean = engine.mean_leg()
        hot, cold = self.parameters.hot * mean, self.parameters.cold * mean

        def cool(count: int, share: float, ahead: float) -> None:
            first, last = ((at - begin) / span for at in (share, ahead))
            engine.anneal(count, _cooled(hot, cold, first), _cooled(hot, cold, last))

        self._go_on(flat, engine, cool, until, enough)

    def breed(self, flat: Flat, engine: Lean, until: float = 1.0) -> None:
        """Search genetically until that share of the budget is used."""
        self._go_on(flat, engine, lambda count, share, ahead: engine.breed(count), until, chunk=engine.child)

    def _go_on(
        self,
        flat: Flat,
        engine: Engine,
        step: Callable[[int, float, float], None],
        until: float = 1.0,
        enough: Callable[[], bool] = lambda: False,
        chunk: int = _CHUNK,
    ) -> None:
        """Take steps of so many iterations each, from one share of the budget to another."""
        share = self.share
        while share < until and not enough():
            began = self._elapsed()
            count = _fitting(self._stop, self.iterations, chunk, began, until)
            step(count, share, max(share, min(until, self._stop(self.iterations + count, began))))
            self.iterations += count
            if self._elapsed() - began < _CHUNK_S / 2 and self._stop(self.iterations, 0.0) == 0.0:
                chunk = min(2 * chunk, 1 << 20)  # only where time rules: it may not change what is computed
            share = self.share
            self._tell(flat, engine, share)

    def _tell(self, flat: Flat, engine: Engine, share: float) -> None:
        if self._progress is not None:
            cost, left_out = engine.stated()
            seconds = self._elapsed()
            best = cost / flat.cost_scale
            self._progress(Progress(min(share, 1.0), self.iterations, seconds, best, left_out))


def _cooled(hot: float, cold: float, share: float) -> float:
    return float(hot * (cold / hot) ** share)


def _fitting(stop: StopCondition, iterations: int, chunk: int, seconds: float, until: float) -> int:
    """Largest step of at most `chunk` iterations that does not run past that share, at least one."""
    if stop(iterations + chunk, seconds) <= until:
        return chunk
    low, high = 1, chunk
    while low < high:
        middle = (low + high) // 2
        if stop(iterations + middle, seconds) >= until:
            high = middle
        else:
            low = middle + 1
    return low
