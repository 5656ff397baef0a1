"""Rate a register (批量评级): features in, one row a firm out, in the order of the features; the whole file or none."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq

from huoshui import __version__
from huoshui.adapters.rating.features_file import FeaturesFile, open_features
from huoshui.adapters.rating.knock_outs import RegisterKnockOuts
from huoshui.adapters.rating.limits import RegisterLimits
from huoshui.adapters.rating.result_table import Judged, ResultTable
from huoshui.adapters.rating.scoring import RegisterScorer
from huoshui.errors import BadFile, BadRequest, OutputError
from huoshui.rules.limit import USED_FACTS
from huoshui.services.model.folder import Model
from huoshui.services.rating.basis import FirmRater, RatingBasis
from huoshui.terms import Decision

Progress = Callable[[str], None]
FORMAT: Final = "huoshui ratings 1"
_SEARCHED: Final = [
    "firm_id",
    "decision",
    "grade",
    "points",
    "pd",
    "limit_fen",
]  # statistics of lists take time and help nobody


def rate_register(
    features: Path | FeaturesFile,
    *,
    rater: FirmRater,
    out: Path,
    facts: Path | None = None,
    language: Literal["zh", "en"] = "zh",
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Rate every firm of a file of features and write the ratings (批量评级); returns the counts and the basis.

    `limit_fen` of the counts is what is offered, `open_limit_fen` the indicative limits of firms whose evidence is missing.
    Raises BadFile for features or facts that cannot be read or lack a field of the model, BadRequest for features that hold no
    firm or know more than the day, OutputError where the result cannot be written; then nothing is left behind.
    """
    given = features if isinstance(features, FeaturesFile) else open_features(features, facts=facts)
    check_features(given, model=rater.model, on=rater.basis.on)
    given.check_once()
    basis = rater.for_features(on=given.on, synthetic=given.synthetic).basis
    rating = RegisterRating(given, rater=rater, language=language)
    counts = _Counts()
    with _unfinished(out, given) as result, _Writer(result, metadata=_metadata(basis)) as writer:
        for table in rating.tables():
            writer.write(table)
            counts.add(table)
            progress(f"rating: {counts.firms:,} of {given.rows:,} firms")
    return {
        "firms": counts.firms,
        **({} if given.only is None else {"without_features": given.missing}),
        **counts.as_dict(),
        "synthetic": basis.synthetic,
        "out": str(out),
        "basis": basis.as_dict(),
    }


def check_features(features: FeaturesFile, *, model: Model, on: date) -> None:
    """Refuse features that do not fit the model or the day (检查特征文件); raises BadFile and BadRequest."""
    if not features.rows:
        raise BadRequest(f"{features.path} holds no firm; expected a row a firm", field="features")
    names = features.full_schema.names
    if missing := [x.name for x in model.table.fields if x.name not in names]:
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise BadFile(f"{features.path} lacks {shown}, which the model {model.table.name} needs", field="features")
    trained = _trained_catalog(model)
    if features.version is not None and trained is not None and features.version != trained:
        raise BadFile(
            f"{features.path} is of the feature catalog {features.version}; the model was trained on {trained}",
            field="features",
        )
    if features.on is not None and features.on > on:
        raise BadRequest(f"the features know invoices up to {features.on}, which is after {on}", field="on")


class RegisterRating:
    """A register that is rated batch by batch (批量评级过程)."""

    def __init__(self, features: FeaturesFile, *, rater: FirmRater, language: Literal["zh", "en"]) -> None:
        product, table = rater.rater.product, rater.rater.table
        self._features = features
        self._scorer = RegisterScorer(table, on=rater.basis.on)
        self._knock_outs = RegisterKnockOuts(product.knock_outs, schema=features.full_schema)
        self._limits = RegisterLimits(product.limit)
        names = [x.rule for x in product.knock_outs]
        self._result = ResultTable(rater.rater, scorer=self._scorer, rules=names, language=language)
        self._columns = (*(x.name for x in table.fields), *self._knock_outs.columns, *USED_FACTS)

    def tables(self) -> Iterator[pa.Table]:
        """The ratings, batch by batch, in the order of the features (逐批结果)."""
        for batch in self._features.batches(self._columns):
            yield self.table(batch)

    def table(self, batch: pa.Table) -> pa.Table:
        """The ratings of one batch (一批结果)."""
        scored = self._scorer.score(batch)
        failed, unknown = self._knock_outs.bits(batch)
        limits = self._limits.limit(batch, letter=self._result.letters(scored))
        return self._result.columns(batch["firm_id"], Judged(scored, failed, unknown, limits))


class _Counts:
    """What a summary counts, batch by batch."""

    def __init__(self) -> None:
        self._decisions: Counter[str] = Counter()
        self._grades: Counter[str | None] = Counter()
        self._codes: Counter[str] = Counter()
        self._limit_fen = self._open_limit_fen = 0

    @property
    def firms(self) -> int:
        return self._decisions.total()

    def add(self, table: pa.Table) -> None:
        for column, counted in (("decision", self._decisions), ("grade", self._grades)):
            counted.update({x["values"]: x["counts"] for x in pa.compute.value_counts(table[column]).to_pylist()})
        self._codes.update({x["values"]: x["counts"] for x in _flat_counts(table["codes"])})
        self._limit_fen += _sum_fen(table["limit_fen"])
        is_open = pa.compute.equal(table["decision"], Decision.NOT_KNOWN.value)
        self._open_limit_fen += _sum_fen(table["indicative_limit_fen"].filter(is_open))

    def as_dict(self) -> dict[str, Any]:
        return {
            "decisions": dict(sorted(self._decisions.items())),
            "grades": {x or "none": self._grades[x] for x in sorted(self._grades, key=str)},
            "codes": dict(sorted(self._codes.items())),
            "limit_fen": self._limit_fen,
            "open_limit_fen": self._open_limit_fen,
        }


class _Writer:
    """Writes batches on a thread of its own while the next one is rated."""

    def __init__(self, path: Path, *, metadata: dict[str, str]) -> None:
        self._path, self._metadata = path, metadata
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._file: pq.ParquetWriter | None = None
        self._last: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, table: pa.Table) -> None:
        """Write a batch once the one before is written."""
        if self._last is not None:
            self._last.result()
        self._last = self._thread.submit(self._write, table)

    def _write(self, table: pa.Table) -> None:
        if self._file is None:
            schema = table.schema.with_metadata(self._metadata)
            self._file = pq.ParquetWriter(self._path, schema, compression="zstd", write_statistics=_SEARCHED)
        self._file.write_table(table)

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if self._last is not None:
                self._last.result()
        finally:
            self._thread.shutdown()
            if self._file is not None:
                self._file.close()


def _sum_fen(column: pa.ChunkedArray) -> int:
    found: int | None = pa.compute.sum(column).as_py()
    return found or 0


def _flat_counts(column: pa.ChunkedArray) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.compute.value_counts(pa.compute.list_flatten(column)).to_pylist()
    return found


def _trained_catalog(model: Model) -> str | None:
    """The catalog of features that the model was trained on, None where it does not say."""
    version = model.training.get("catalog")
    return None if version is None else str(version)


def _metadata(basis: RatingBasis) -> dict[str, str]:
    return {
        "huoshui": __version__,
        "huoshui.format": FORMAT,
        "huoshui.synthetic": str(basis.synthetic).lower(),
        "huoshui.basis": json.dumps(basis.as_dict(), ensure_ascii=False),
    }


@contextmanager
def _unfinished(out: Path, features: FeaturesFile) -> Iterator[Path]:
    """A file beside the result, which takes its name when it is whole."""
    if out.resolve() in {x.resolve() for x in (features.path, features.facts_path) if x is not None}:
        raise BadRequest(f"{out} is what is read; expected another name for the ratings", field="out")
    if out.is_dir():
        raise BadRequest(f"{out} is a folder; --out expects the name of a Parquet file", field="out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise OutputError(f"cannot write to {out.parent}: {error.strerror or error}", field="out") from error
    try:
        yield folder / "result"
        (folder / "result").replace(out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror or error}", field="out") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
