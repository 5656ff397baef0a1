"""Train a model of record (训练模型): read, look for leaks, learn, test on firms not learnt from, write the folder."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import lightgbm
import numpy as np

from huoshui import __version__
from huoshui.adapters.learning.challenger import train_challenger
from huoshui.adapters.learning.choosing import SMALL
from huoshui.adapters.learning.leaks import Alarm, find_leaks
from huoshui.adapters.learning.learner import Learned, learn
from huoshui.adapters.learning.reading import Rows, find_late_dates, make_sample, read_rows, usable_fields
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.settings import Settings
from huoshui.adapters.learning.source import FIRM, Source
from huoshui.adapters.points_file import points_text
from huoshui.adapters.validation.scoring import TableReader
from huoshui.errors import BadRequest, LeakAlarm
from huoshui.rules.points_table import Kind, SignedLeak
from huoshui.services.model.figures import draw_curves
from huoshui.services.model.folder import TABLE, write_model
from huoshui.services.model.signatures import find_key
from huoshui.services.model.testing import Test, curves_of, metrics_of, test_by_repeats, test_out_of_time
from huoshui.services.model.training_config import TrainingConfig, read_config, rule_of
from huoshui.services.model.training_split import Split, split_rows

Progress = Callable[[str], None]
REPEATS: Final = 4
TRAINING_FORMAT: Final = "huoshui model training 1"
METRICS_FORMAT: Final = "huoshui model metrics 1"


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What is trained on what (训练请求).

    `prior` is the share of defaults in the population, where the sample was drawn by outcome. `sign_leaks` are reasons by
    field. `on` is the day that the documents name, None names none; `signed_on` is the day of the signature.
    """

    source: Source
    out: Path
    by: str
    signed_on: date
    on: date | None = None
    test_from: str | None = None
    prior: float | None = None
    sign_leaks: Mapping[str, str] | None = None
    config: Path | None = None
    drop: Sequence[str] = ()
    key: Path | None = None
    folds: int | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a training has before it learns (训练准备)."""

    rows: Rows
    sample: Sample
    split: Split
    settings: Settings
    config: TrainingConfig
    alarms: tuple[Alarm, ...]
    left_out: Mapping[str, str]


def train_model(request: TrainRequest, *, progress: Progress) -> dict[str, Any]:
    """Train a model and write its folder (训练并写出模型); returns the metrics.

    Raises BadFile and BadRequest for what cannot be learnt from; LeakAlarm, before anything is learnt, for a field that may
    know the outcome and that nobody signed for; OutputError where the folder cannot be written.
    """
    prepared = prepare(request, progress=progress)
    progress("learning")
    train = _until_last_era(prepared.sample.take(prepared.split.train))
    learned = learn(train, settings=prepared.settings)
    progress("the challenger")
    booster = train_challenger(train)
    progress("testing")
    columns = prepared.rows.columns
    if prepared.split.out_of_time:
        later = prepared.sample.take(prepared.split.test)
        table = columns.filter(prepared.split.test)
        test = test_out_of_time(learned, booster=booster, train=train, test=later, columns=table, prior=request.prior)
    else:
        test = test_by_repeats(
            prepared.sample,
            columns=columns,
            settings=prepared.settings,
            folds=request.folds or prepared.config.folds,
            repeats=request.repeats or prepared.config.repeats or (REPEATS if len(train) <= SMALL else 1),
            progress=progress,
        )
    metrics = _metrics(request, prepared, test=test, learned=learned)
    files = {
        TABLE: points_text(replace(learned.table, overlays=prepared.config.table_overlays())).encode(),
        "metrics.json": _as_json(metrics),
        "training.json": _as_json(_training(request, prepared, learned=learned)),
        "curves.json": _as_json(_curves(prepared, learned=learned, test=test)),
        "challenger.txt": booster.model_to_string().encode(),
    }
    write_model(request.out, files=files, trained_by=request.by, on=request.signed_on, key=find_key(request.key))
    return metrics


def prepare(request: TrainRequest, *, progress: Progress) -> Prepared:
    """Read, split, and look for leaks (读取、划分、检查泄漏); raises as `train_model` does."""
    if request.prior is not None and not 0 < request.prior < 1:
        raise BadRequest(f"the prior {request.prior} is no share of defaults; expected one between 0 and 1", field="prior")
    config = read_config(request.config)
    progress("reading")
    rows = read_rows(request.source)
    split = split_rows(rows, test_from=request.test_from)
    leave = {rows.source.id or FIRM, rows.source.time or FIRM, *config.drop, *request.drop}
    use, left_out = usable_fields(rows, leave=sorted(leave), kinds=config.kinds())
    wanted = [*(use if config.use is None else config.use), *([config.segment] if config.segment else [])]
    if absent := sorted(set(wanted) - set(use)):
        raise BadRequest(f"{absent[0]} cannot be used: {left_out.get(absent[0], 'there is no such column')}", field="config")
    use = tuple(dict.fromkeys(wanted))
    if not use:
        raise BadRequest("no column is left to learn from; expected numbers or categories", field="features")
    sample = make_sample(rows, use=use, kinds=config.kinds() | ({config.segment: Kind.CATEGORY} if config.segment else {}))
    progress(f"{len(sample):,} firms, {int(sample.outcome.sum()):,} defaults, {len(use)} fields; looking for leaks")
    train = _until_last_era(sample.take(split.train))
    late = find_late_dates(rows, time=request.source.time, leave=sorted(leave))
    alarms = (*late, *find_leaks(train, seed=config.seed))
    signed = _sign(alarms, reasons={**config.sign_leaks, **(request.sign_leaks or {})}, by=request.by)
    rules = {x: rule_of(x, config=config) for x in use}
    settings = Settings(
        name=config.name,
        version=config.version,
        outcome=config.outcome,
        grades=config.grade_bounds,
        directions={name: x.direction for name, x in rules.items()},
        words={name: x.words for name, x in rules.items()},
        signed=signed,
        prior=request.prior,
        seed=config.seed,
        segment=config.segment or "",
    )
    return Prepared(rows, sample, split, settings, config, alarms, left_out)


def _sign(alarms: Sequence[Alarm], *, reasons: Mapping[str, str], by: str) -> tuple[SignedLeak, ...]:
    unsigned = [x for x in alarms if not reasons.get(x.field, "").strip()]
    if unsigned:
        names = ", ".join(dict.fromkeys(x.field for x in unsigned))
        why = "; ".join(x.words for x in unsigned)
        raise LeakAlarm(
            f"{names} may know the outcome: {why}; leave it out with --drop, or sign for it with --sign-leak FIELD=REASON",
            field=unsigned[0].field,
        )
    return tuple(SignedLeak(x.field, x.alarm, reasons[x.field].strip(), by) for x in alarms)


def _until_last_era(sample: Sample) -> Sample:
    last = int(sample.era.max()) + 1
    return replace(sample, eras=sample.eras[:last])


def _metrics(request: TrainRequest, prepared: Prepared, *, test: Test, learned: Learned) -> dict[str, Any]:
    split, sample = prepared.split, prepared.sample
    return {
        "format": METRICS_FORMAT,
        "synthetic": prepared.rows.synthetic,
        **metrics_of(test),
        "split": {
            **test.kind,
            "time": request.source.time,
            "test_from": split.test_from,
            "train_rows": int(split.train.sum()),
            "train_defaults": int(sample.outcome[split.train].sum()),
            "test_rows": int(split.test.sum()) or len(sample),
            "test_defaults": int(sample.outcome[split.test].sum() or sample.outcome.sum()),
        },
        "leak_alarms": [
            {**asdict(x), "signed_reason": next(y.reason for y in prepared.settings.signed if y.field == x.field)}
            for x in prepared.alarms
        ],
        "fields": len(learned.table.fields),
        "pairs": len(learned.table.pairs),
    }


def _training(request: TrainRequest, prepared: Prepared, *, learned: Learned) -> dict[str, Any]:
    rows, choice, settings = prepared.rows, learned.choice, prepared.settings
    return {
        "format": TRAINING_FORMAT,
        "by": request.by,
        "on": request.on.isoformat() if request.on else None,
        "versions": _versions(),
        "data": [{"file": name, "sha256": digest} for name, digest in rows.files],
        "rows": len(rows.outcome),
        "defaults": int(rows.outcome.sum()),
        "without_outcome": rows.without_outcome,
        "synthetic": rows.synthetic,
        "catalog": rows.catalog,
        "outcome": rows.source.outcome,
        "bad": request.source.bad,
        "time": request.source.time,
        "test_from": prepared.split.test_from,
        "prior": settings.prior,
        "segment": settings.segment or None,
        "seed": settings.seed,
        "fields": [
            {
                "name": x.name,
                "kind": x.kind.value,
                "direction": settings.directions[x.name],
                "in_table": any(y.name == x.name for y in learned.table.fields),
            }
            for x in prepared.sample.columns
        ],
        "left_out": dict(prepared.left_out),
        "recipe": asdict(choice.recipe),
        "chosen_on": "later eras inside the training" if choice.by_time else "shuffled folds inside the training",
        "tried": [{"measure": x.measure, **asdict(x.recipe)} for x in choice.tried],
        "calibration": {name: _plain(x) for name, x in asdict(learned.calibration).items()},
        "signed_leaks": [asdict(x) for x in settings.signed],
    }


def _versions() -> dict[str, str]:
    return {
        "huoshui": __version__,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "numpy": np.__version__,
        "lightgbm": lightgbm.__version__,
    }


def _curves(prepared: Prepared, *, learned: Learned, test: Test) -> dict[str, Any]:
    """The curves of the firms learnt from, by which drift is told, and under `test` those of the firms tested on."""
    split = prepared.split
    reader = TableReader(learned.table)
    scored = reader.score(reader.cells(prepared.rows.columns.filter(split.train)))
    outcome = prepared.rows.outcome[split.train]
    weight = test.weight_of(outcome)
    eras = tuple(prepared.sample.eras[x] for x in prepared.sample.era[split.train]) if split.out_of_time else ()
    made = draw_curves(learned.table, scored=scored, outcome=outcome, weight=weight, periods=eras)
    return {**made, "test": curves_of(test, table=learned.table)}


def _plain(value: Any) -> Any:
    return np.round(np.asarray(value, np.float64), 6).tolist()


def _as_json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
