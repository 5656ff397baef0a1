"""Learning: the same firms give the same table on any number of threads; what is demanded holds; what is there is found."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.learning.choosing import area, level_of
from huoshui.adapters.learning.fitting import Recipe, fit
from huoshui.adapters.learning.folds import shuffled_folds, time_folds
from huoshui.adapters.learning.learner import learn
from huoshui.adapters.learning.reading import Rows, make_sample, read_rows
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.settings import Settings
from huoshui.adapters.learning.source import Source
from huoshui.adapters.points_file import points_text
from huoshui.rules.points_table import PointsTable, Reader
from tests.adapters.learning.made_firms import FIELDS, make_firms

ROOT: Final = Path(__file__).parents[3]
GRADES: Final = {"A": Decimal("0.05"), "B": Decimal("0.1"), "C": Decimal("0.3"), "D": Decimal(1)}
SETTINGS: Final = Settings("made", "1", "default", GRADES, directions={"sales": 1, "void": -1})


def rows_of(firms: pa.Table, folder: Path, *, time: str | None = "year") -> Rows:
    path = folder / "firms.parquet"
    pq.write_table(firms, path)
    return read_rows(Source(path, outcome="bad", time=time))


def sample_of(firms: pa.Table, folder: Path, **given: Any) -> Sample:
    return make_sample(rows_of(firms, folder, **given), use=FIELDS, kinds={})


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> PointsTable:
    return learn(sample_of(make_firms(4000), tmp_path_factory.mktemp("made")), settings=SETTINGS).table


def test_shuffled_rows_give_the_same_bytes(learned: PointsTable, tmp_path: Path) -> None:
    firms = make_firms(4000)
    shuffled = firms.take(pa.array(np.random.default_rng(5).permutation(4000)))
    assert points_text(learn(sample_of(shuffled, tmp_path), settings=SETTINGS).table) == points_text(learned)


def test_rows_without_an_id_are_ordered_by_what_they_hold(tmp_path: Path) -> None:
    firms = make_firms(1200).drop_columns(["firm_id"])
    shuffled = firms.take(pa.array(np.random.default_rng(5).permutation(1200)))
    texts = [points_text(learn(sample_of(x, tmp_path), settings=SETTINGS).table) for x in (firms, shuffled)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_any_number_of_threads_gives_the_same_bytes(learned: PointsTable, tmp_path: Path, threads: str) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.adapters.learning.test_learner import *\n"
        "sys.stdout.write(points_text(learn(sample_of(make_firms(4000), Path(sys.argv[1])), settings=SETTINGS).table))"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == points_text(learned)


def test_points_follow_the_direction_that_was_demanded(tmp_path: Path) -> None:
    firms = make_firms(2500)
    against = Settings("x", "1", "", GRADES, directions={"sales": -1, "void": 1, "gap": 1})
    table = learn(sample_of(firms, tmp_path), settings=against).table
    for name, direction in against.directions.items():
        for field in (x for x in table.fields if x.name == name):
            assert all(direction * (b - a) >= 0 for a, b in zip(field.points, field.points[1:], strict=False))
            assert not any(name in (x.first, x.second) for x in table.pairs)


def test_the_pair_that_was_put_in_is_found(learned: PointsTable) -> None:
    assert ("trade", "urban") in [(x.first, x.second) for x in learned.pairs]
    assert len(learned.pairs) <= 8


def test_later_firms_are_ranked_about_as_well_as_their_true_risk_would(learned: PointsTable) -> None:
    later = make_firms(3000, seed=9)
    reader = Reader(learned)
    points = np.array([reader.score(x).points for x in later.to_pylist()])
    assert area(-points.astype(np.float64), outcome=later["bad"].to_numpy(zero_copy_only=False).astype(np.float64)) > 0.78


def test_a_missing_value_that_was_never_seen_is_not_a_pass(learned: PointsTable) -> None:
    assert learned.field("sales").missing == min(learned.field("sales").points)


def test_a_prior_moves_the_level_and_nothing_else(tmp_path: Path) -> None:
    sample = sample_of(make_firms(1500), tmp_path, time=None)
    tables = [learn(sample, settings=Settings("x", "1", "", GRADES, prior=x)).table for x in (None, 0.02)]
    assert tables[0].fields == tables[1].fields
    assert tables[1].base - tables[0].base == pytest.approx(40 * np.log2(odds(sample.outcome.mean()) / odds(0.02)), abs=1)


def odds(share: float) -> float:
    return share / (1 - share)


def test_an_era_that_has_more_defaults_does_not_make_its_firms_risky(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    late = draw.random(4000) < 0.5
    firms = make_firms(4000)
    level = np.where(late, 0.5, 0.1)
    marked = firms.set_column(1, "year", pa.array(np.where(late, 2016, 2011) + draw.integers(0, 2, 4000)))
    marked = marked.set_column(6, "urban", pa.array(np.where(draw.random(4000) < 0.9, late, ~late)))
    sample = sample_of(marked.set_column(7, "bad", pa.array(draw.random(4000) < level)), tmp_path)
    fitted = fit(sample, recipe=Recipe(), directions={})
    urban = fitted.mains[FIELDS.index("urban")]
    assert np.ptp(urban.effects[:2]) < 0.5  # its raw log-odds differ by 1.7


def test_time_folds_learn_before_they_look(tmp_path: Path) -> None:
    sample = sample_of(make_firms(2000), tmp_path)
    folds = time_folds(sample)
    assert len(folds) == 3
    for fold in folds:
        assert sample.era[fold.learn].max() < sample.era[fold.look].min()


def test_shuffled_folds_look_at_every_row_once_and_share_the_defaults() -> None:
    outcome = (np.arange(123) % 5 == 0).astype(np.float64)
    folds = list(shuffled_folds(outcome, folds=5, seed=1))
    assert sorted(np.concatenate([x.look for x in folds]).tolist()) == list(range(123))
    assert {int(outcome[x.look].sum()) for x in folds} == {5}


def test_the_level_makes_probabilities_add_up_to_defaults() -> None:
    score = np.linspace(-3, 3, 50)
    level = level_of(score, outcome=(np.arange(50) % 10 == 0).astype(np.float64))
    assert (1 / (1 + np.exp(-score - level))).sum() == pytest.approx(5, abs=1e-6)
