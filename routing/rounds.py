"""Several annealings within one budget."""

import itertools

from routing.annealing import Run
from routing.engines import Engine, Lean
from routing.flatten import Flat
from routing.kernels.layout import PRIZES, TIMED

_PROBE = 0.02  # share of the budget after which the speed of the search is known
_MOST_ROUNDS = 8
_ROUND = 10_000  # iterations a stop beyond which a second annealing from anew is worth more than a longer one
_ROUND_TIMED = 1_500


def anneal_in_rounds(flat: Flat, engine: Engine, run: Run) -> None:
    """Use the budget of the run: small problems are annealed several times, each time from anew."""
    if not isinstance(engine, Lean) or run.share >= 1.0:
        run.anneal(flat, engine)
        return
    begin = run.share
    run.anneal(flat, engine, until=begin + _PROBE * (1.0 - begin), cooling=(begin, 1.0))
    rounds = _rounds(flat, run, begin)
    edges = [begin + (1.0 - begin) * number / rounds for number in range(rounds + 1)]
    for number, cooling in enumerate(itertools.pairwise(edges)):
        if number > 0:
            engine.begin_anew()
        run.anneal(flat, engine, until=cooling[1], cooling=cooling)


def _rounds(flat: Flat, run: Run, begin: float) -> int:
    if flat.data.traits[PRIZES] == 1:
        return 1  # how many tours there are is found while it is hot, which takes long
    used = run.share - begin
    each = (_ROUND_TIMED if flat.data.traits[TIMED] == 1 else _ROUND) * len(flat.data.near)
    return int(max(1, min(_MOST_ROUNDS, run.iterations / used / each))) if used > 0.0 else 1
