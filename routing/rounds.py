"""What follows the first solution: one annealing, several, or a genetic search."""

import itertools

from routing.annealing import Run
from routing.engines import Engine, Lean
from routing.flatten import Flat
from routing.genetic import is_bred
from routing.kernels.layout import PRIZES, TIMED
from routing.stop import StopCondition

_PROBE = 0.02  # share of the budget after which the speed of the search is known
_LEAD_IN = 0.1  # share of it annealed before a genetic search
_MOST_ROUNDS = 8
_ROUND = 10_000  # iterations a stop beyond which a second annealing from anew is worth more than a longer one
_ROUND_TIMED = 1_500


def anneal_in_rounds(flat: Flat, engine: Engine, run: Run) -> None:
    """Use the budget of the run.

    Where it is worth several annealings, each begins from anew, or with windows a genetic search follows a
    short one.
    """
    if not isinstance(engine, Lean) or run.share >= 1.0:
        run.anneal(flat, engine)
        return
    begin = run.share
    if begin_breeding(flat, engine, run):
        run.breed(flat, engine)
        return
    rounds = _rounds(flat, run, begin)
    edges = [begin + (1.0 - begin) * number / rounds for number in range(rounds + 1)]
    for number, cooling in enumerate(itertools.pairwise(edges)):
        if number > 0:
            engine.begin_anew()
        run.anneal(flat, engine, until=cooling[1], cooling=cooling)


def begin_breeding(flat: Flat, engine: Lean, run: Run) -> bool:
    """Anneal for a moment, and say whether the budget is better used for a genetic search.

    Then a short annealing, which alone solves the smallest problems, has made its first parent.
    """
    begin = run.share
    run.anneal(flat, engine, until=begin + _PROBE * (1.0 - begin), cooling=(begin, 1.0))
    if not engine.can_breed or engine.absent() > 0 or _rounds(flat, run, begin) == 1:
        return False
    alone = begin + _LEAD_IN * (1.0 - begin)
    run.anneal(flat, engine, until=alone, cooling=(begin, alone))
    engine.bring()
    return True


def make_ready(flat: Flat, engine: Engine, stop: StopCondition) -> None:
    """Compile or load what the budget may use, before a clock runs."""
    enough = 2 * _ROUND_TIMED * len(flat.data.near)
    if isinstance(engine, Lean) and is_bred(flat.data) and stop(enough, 0.0) < 1.0:
        engine.make_ready_to_breed()


def _rounds(flat: Flat, run: Run, begin: float) -> int:
    if flat.data.traits[PRIZES] == 1:
        return 1  # how many tours there are is found while it is hot, which takes long
    used = run.share - begin
    each = (_ROUND_TIMED if flat.data.traits[TIMED] == 1 else _ROUND) * len(flat.data.near)
    return int(max(1, min(_MOST_ROUNDS, run.iterations / used / each))) if used > 0.0 else 1
