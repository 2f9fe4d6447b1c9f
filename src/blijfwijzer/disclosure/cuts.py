"""Whether cells of everybody and the groups beside them hang together by enough people.

Cells part everyone, and so do the atoms of the groups that are known. Take both as the nodes of a
graph and each person as an edge, between the cell and the atom that the person is in. A total that
is over none but a few people is a sum of numbers per cell and per atom that is zero on every other
edge. Without those few edges a piece of the graph that still hangs together has one such number for
all its cells, and minus that for all its atoms. So where no cut of fewer than `minimum` edges parts
the cells, nothing about fewer people follows from any number of them and all groups together.

Cuts are found by orders of maximum adjacency (Nagamochi, Ono & Ibaraki 1994,
doi:10.1007/BF01582583): two nodes that such an order proves to hang together are made one.
"""

import heapq
from collections import Counter

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
_Graph = dict[int, Counter[int]]
"""Node to its neighbours, each with the people that tie them."""


def find_loose(cell_of: Places, atom_of: Places, minimum: int) -> frozenset[int]:
    """Give the cells to withhold: fewer people than the minimum tie them to the others.

    Those who are in no cell that is shown are one cell together, of which nobody is told.

    Parameters
    ----------
    cell_of, atom_of : number of each person's cell, -1 where in none, and atom
    """
    cells = int(cell_of.max(initial=-1)) + 1
    # Whoever is in an atom of a few ties nothing: left out, cuts are the smaller.
    enough = np.bincount(atom_of)[atom_of] >= minimum
    nodes = np.where(cell_of < 0, cells, cell_of)
    loose: frozenset[int] = frozenset()
    while True:
        ends = np.where(np.isin(nodes, list(loose)), cells, nodes)
        pairs = np.stack([ends, atom_of + cells + 1], axis=1)
        more = _cut_off(pairs, enough, cells, minimum)
        if not more:
            return _enough_withheld(loose, nodes, cells, minimum)
        loose |= more


def _enough_withheld(
    loose: frozenset[int], nodes: Places, cells: int, minimum: int
) -> frozenset[int]:
    """Withhold more cells, the smallest first, until who is in none are enough."""
    sizes = np.bincount(nodes, minlength=cells + 1)
    out = int(sizes[list(loose)].sum() + sizes[cells])
    for cell in np.argsort(sizes[:cells], kind="stable").tolist():
        if not 0 < out < minimum:
            break
        if cell not in loose:
            loose, out = loose | {cell}, out + int(sizes[cell])
    return loose


def _cut_off(pairs: Places, enough: NDArray[np.bool_], rest: int, minimum: int) -> frozenset[int]:
    """Give cells that a cut of fewer people than the minimum parts from the others.

    Parameters
    ----------
    pairs : cell and atom of each person; `rest` where in no cell that is shown
    enough : whether the atom of each holds the minimum
    """
    graph: _Graph = {node: Counter() for node in np.unique(pairs[:, 0]).tolist()}
    held = {node: {node} for node in graph}
    for (cell, atom), people in Counter(map(tuple, pairs[enough].tolist())).items():
        graph[cell][atom] += people
        graph.setdefault(atom, Counter())[cell] += people
    everything = frozenset(held)
    while len(graph) > 1:
        order, together = _scan(graph, minimum)
        if not together:
            inside = held[order[-1]]
            sides = [side - {rest} for side in (frozenset(inside), everything - inside)]
            # Where those who are in no cell are cut off by themselves, one cell joins them.
            least = min((side for side in sides if side), key=lambda side: (len(side), min(side)))
            return least if all(sides) else frozenset({min(least)})
        _unite(graph, held, together)
    return frozenset()


def _scan(graph: _Graph, minimum: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Order nodes by how much ties them to those before, and find pairs that hang together."""
    tied: Counter[int] = Counter()
    left, order, together = set(graph), [], []
    queue = [(0, min(graph))]
    while left:
        if not queue:
            queue = [(0, min(left))]
        node = heapq.heappop(queue)[1]
        if node not in left:
            continue
        left.remove(node)
        order.append(node)
        for other, people in graph[node].items():
            if other in left:
                tied[other] += people
                if tied[other] >= minimum:
                    together.append((node, other))
                heapq.heappush(queue, (-tied[other], other))
    return order, together


def _unite(graph: _Graph, held: dict[int, set[int]], pairs: list[tuple[int, int]]) -> None:
    """Make one node of each pair."""
    stands: dict[int, int] = {}

    def find(node: int) -> int:
        while node in stands:
            node = stands[node]
        return node

    for one, other in pairs:
        kept, gone = sorted((find(one), find(other)), key=lambda node: -len(graph[node]))
        if kept == gone:
            continue
        stands[gone] = kept
        for node, people in graph.pop(gone).items():
            del graph[node][gone]
            if node != kept:
                graph[kept][node] += people
                graph[node][kept] += people
        if gone in held:
            held.setdefault(kept, set()).update(held.pop(gone))
