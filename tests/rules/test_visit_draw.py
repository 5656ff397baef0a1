"""Sharing out a visit list: everybody once, evenly, the same way every time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.visit_draw import Draw, Entry, Hand, draw
from huoshui.terms import DrawMode

AREAS = ("350203001", "350203002", "350582001")
entries_of = st.lists(st.tuples(st.sampled_from(AREAS), st.sampled_from("abcde"), st.integers(0, 3)), max_size=60).map(
    lambda rows: [Entry(i, area, grid, priority) for i, (area, grid, priority) in enumerate(rows)]
)
modes = st.sampled_from(DrawMode)


def loads(found: Draw) -> list[int]:
    return [found.loads[x] for x in sorted(found.loads)]


@given(entries_of, st.integers(1, 7), modes)
def test_every_entry_goes_to_one_visitor(entries: list[Entry], count: int, mode: DrawMode) -> None:
    found = draw(entries, hands=[Hand(x) for x in range(count)], mode=mode)
    assert set(found.visitor_of) == {x.key for x in entries}
    assert found.left == ()
    assert Counter(found.visitor_of.values()) == Counter({x: n for x, n in found.loads.items() if n})


@given(entries_of, st.integers(1, 7))
def test_even_loads_differ_by_at_most_one_firm(entries: list[Entry], count: int) -> None:
    found = loads(draw(entries, hands=[Hand(x) for x in range(count)], mode=DrawMode.EVEN))
    assert max(found) - min(found) <= 1


@given(entries_of, st.integers(1, 7))
def test_an_even_draw_cuts_fewer_grids_than_there_are_visitors(entries: list[Entry], count: int) -> None:
    found = draw(entries, hands=[Hand(x) for x in range(count)], mode=DrawMode.EVEN)
    parts = {(x.area, x.grid, found.visitor_of[x.key]) for x in entries}
    assert len(parts) - len({(x.area, x.grid) for x in entries}) < count


@given(entries_of, st.integers(1, 7))
def test_whole_grids_stay_whole_and_loads_differ_by_at_most_the_largest(entries: list[Entry], count: int) -> None:
    found = draw(entries, hands=[Hand(x) for x in range(count)], mode=DrawMode.WHOLE_GRIDS)
    sizes = Counter((x.area, x.grid) for x in entries)
    assert len({(x.area, x.grid, found.visitor_of[x.key]) for x in entries}) == len(sizes)
    assert max(loads(found)) - min(loads(found)) <= max(sizes.values(), default=0)


@given(entries_of, st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_who_has_more_already_gets_less(entries: list[Entry], begun: list[int]) -> None:
    found = draw(entries, hands=[Hand(i, load=x) for i, x in enumerate(begun)], mode=DrawMode.EVEN)
    got = [found.loads[i] for i, x in enumerate(begun) if found.loads[i] > x]
    assert not got or max(got) - min(loads(found)) <= 1
    assert sum(loads(found)) == sum(begun) + len(entries)


@given(entries_of, modes, st.randoms())
def test_the_order_in_which_things_are_given_does_not_matter(entries: list[Entry], mode: DrawMode, chance: object) -> None:
    hands = [Hand(1, ("350203",)), Hand(2, ("350203001",)), Hand(3, ("350203", "350582"))]
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert draw(shuffled, hands=hands[::-1], mode=mode) == draw(entries, hands=hands, mode=mode)


@given(entries_of, modes)
def test_nobody_gets_a_firm_outside_the_own_region(entries: list[Entry], mode: DrawMode) -> None:
    regions = {1: "350203", 2: "350203001"}
    found = draw(entries, hands=[Hand(x, (y,)) for x, y in regions.items()], mode=mode)
    area = {x.key: x.area for x in entries}
    assert all(area[x].startswith(regions[visitor]) for x, visitor in found.visitor_of.items())
    assert list(found.left) == [x.key for x in entries if x.area.startswith("350582")]


def test_who_may_go_everywhere_fills_up_what_others_left_uneven() -> None:
    entries = [Entry(x, "350203001") for x in range(9)] + [Entry(x, "350203002") for x in range(9, 12)]
    found = draw(entries, hands=[Hand(1, ("350203001",)), Hand(2, ("350203",))], mode=DrawMode.EVEN)
    assert found.loads == {1: 6, 2: 6}


def test_without_visitors_everything_is_left() -> None:
    found = draw([Entry(1, "3502"), Entry(2, "3505")], hands=[], mode=DrawMode.EVEN)
    assert (found.visitor_of, found.loads, found.left) == ({}, {}, (1, 2))
