"""A segment's level is calibrated apart: it moves probabilities, ranks nobody inside it, and few firms move little."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from huoshui.adapters.learning.learner import learn
from huoshui.adapters.learning.reading import make_sample
from huoshui.adapters.learning.sample import Column
from huoshui.adapters.learning.segments import calibrate_segments
from huoshui.rules.points_table import Kind, Reader, Role
from tests.adapters.learning.made_firms import FIELDS, make_firms
from tests.adapters.learning.test_learner import SETTINGS, rows_of


def test_a_segment_that_defaults_more_costs_points_and_is_right_on_the_whole(tmp_path: Path) -> None:
    firms = make_firms(4000)
    draw = np.random.default_rng(3)
    line = np.where(draw.random(4000) < 0.4, "餐饮", "制造")
    bad = np.array(firms["bad"].to_pylist(), bool) | ((line == "餐饮") & (draw.random(4000) < 0.1))
    table = firms.set_column(firms.column_names.index("bad"), "bad", pa.array(bad)).append_column("line", pa.array(line))
    rows = rows_of(table, tmp_path, time=None)
    sample = make_sample(rows, use=(*FIELDS, "line"), kinds={})
    found = learn(sample, settings=replace(SETTINGS, segment="line")).table
    level = next(x for x in found.fields if x.role is Role.SEGMENT)
    points = dict(zip((x for (x,) in level.groups), level.points, strict=True))
    assert (level.name, points["餐饮"] < 0 < points["制造"], level.missing, level.other) == ("line", True, 0, 0)
    reader = Reader(found)
    for word in ("餐饮", "制造"):
        inside = [i for i, x in enumerate(rows.columns["line"].to_pylist()) if x == word]
        values = rows.columns.take(pa.array(inside)).to_pylist()
        expected = sum(float(reader.score(x).pd) for x in values) / len(inside)
        assert abs(expected - float(rows.outcome[inside].mean())) < 0.02


def test_few_firms_move_little_and_missing_ones_nothing() -> None:
    code = np.array([0] * 4 + [1] * 400 + [-1] * 100, float)
    outcome = np.array([1.0] * 4 + [1.0] * 40 + [0.0] * 360 + [0.0] * 100)
    column = Column("line", Kind.CATEGORY, code, ("rare", "common"))
    effects = calibrate_segments(column, score=np.zeros(len(code)), outcome=outcome).effects
    assert (0 < effects[0] < 0.4, abs(effects[1]) < 0.2) == (True, True)
