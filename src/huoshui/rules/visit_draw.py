"""Sharing out a visit list (走访名单分派): everybody gets about as much, grids stay together where they can.

Entries that the same visitors may take form a pool; pools with the fewest visitors are shared out first, so that who may go
everywhere fills up what the others left uneven. All orders are total: the same input gives the same lists.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from huoshui.terms import DrawMode


@dataclass(frozen=True, slots=True)
class Entry:
    """One firm to be visited (待分派条目): `area` and `grid` name the smallest place it belongs to."""

    key: int
    area: str
    grid: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Hand:
    """A visitor (走访人员): `regions` are prefixes of the areas he may go to, `load` what he has already."""

    key: int
    regions: tuple[str, ...] = ("",)
    load: int = 0


@dataclass(frozen=True, slots=True)
class Draw:
    """A list that was shared out (分派结果): entry to visitor, each visitor's whole load, and what nobody may take."""

    visitor_of: Mapping[int, int]
    loads: Mapping[int, int]
    left: tuple[int, ...]


Grid = tuple[str, str]


def draw(entries: Iterable[Entry], *, hands: Iterable[Hand], mode: DrawMode) -> Draw:
    """Share out entries among visitors (分派名单).

    WHOLE_GRIDS: a grid goes to one visitor, the largest grids first, each to whoever has least; among visitors of one pool
    that began alike, loads differ by no more than the largest grid. EVEN: of one pool that began alike, loads differ by at
    most one firm, and a grid is cut only where a visitor's part ends.
    """
    known = sorted(hands, key=lambda x: x.key)
    loads = {x.key: x.load for x in known}
    pools: dict[tuple[int, ...], list[Entry]] = defaultdict(list)
    allowed: dict[str, tuple[int, ...]] = {}
    for entry in entries:
        if entry.area not in allowed:
            allowed[entry.area] = tuple(x.key for x in known if any(entry.area.startswith(y) for y in x.regions))
        pools[allowed[entry.area]].append(entry)
    left = sorted(x.key for x in pools.pop((), []))
    found: dict[int, int] = {}
    share = _whole_grids if mode is DrawMode.WHOLE_GRIDS else _even
    for pool in sorted(pools, key=lambda x: (len(x), x)):
        for visitor, part in share(pools[pool], pool, loads):
            loads[visitor] += len(part)
            found.update((x.key, visitor) for x in part)
    return Draw(found, loads, tuple(left))


def _grids(entries: Sequence[Entry]) -> dict[Grid, list[Entry]]:
    found: dict[Grid, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda x: (x.area, x.grid, -x.priority, x.key)):
        found[entry.area, entry.grid].append(entry)
    return found


def _whole_grids(
    entries: Sequence[Entry], pool: Sequence[int], loads: Mapping[int, int]
) -> Iterable[tuple[int, Sequence[Entry]]]:
    now = {x: loads[x] for x in pool}
    for _, grid in sorted(_grids(entries).items(), key=lambda x: (-len(x[1]), x[0])):
        visitor = min(pool, key=lambda x: (now[x], x))
        now[visitor] += len(grid)
        yield visitor, grid


def _even(entries: Sequence[Entry], pool: Sequence[int], loads: Mapping[int, int]) -> Iterable[tuple[int, Sequence[Entry]]]:
    in_order = [x for grid in _grids(entries).values() for x in grid]
    begin = 0
    for visitor, count in _filled({x: loads[x] for x in pool}, len(in_order)).items():
        yield visitor, in_order[begin : begin + count]
        begin += count


def _filled(loads: Mapping[int, int], count: int) -> dict[int, int]:
    """How many more each gets so that the least loaded come up first, as water fills steps (注水)."""
    order = sorted(loads, key=lambda x: (loads[x], x))
    size = len(order)
    level, over = divmod(count + sum(loads.values()), size)
    while loads[order[size - 1]] > level:
        size -= 1
        level, over = divmod(count + sum(loads[x] for x in order[:size]), size)
    more = {x: level - loads[x] + (1 if place < over else 0) for place, x in enumerate(order[:size])}
    return {x: more.get(x, 0) for x in sorted(loads)}
