"""Where a training's firms and outcomes come from (训练数据来源): files read, columns found, outcomes put beside the features.

A column that nobody named is found where only one can be meant, and what was found stands in the training's papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.dataset as ds

from huoshui.errors import BadFile
from huoshui.rules.outcome_words import is_default

FIRM: Final = "firm_id"
_OUTCOMES: Final = ("outcome", "default", "is_default", "defaulted", "是否违约", "违约")
_SYNTHETIC: Final = b"huoshui.synthetic"
_CATALOG: Final = b"huoshui.features"


@dataclass(frozen=True, slots=True)
class Source:
    """Where firms come from (数据来源): files and columns; a column that is None is looked for.

    `bad` is the outcome's word for a default, if not 1 or 是.
    """

    features: Path
    outcomes: Path | None = None
    outcome: str | None = None
    id: str | None = None
    time: str | None = None
    bad: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Features with their outcomes (合并后的数据): every column of the source is named; `files` are names and digests.

    `catalog` is the version of the catalog of features, None where the file does not say.
    """

    table: pa.Table
    source: Source
    outcome: str
    id: str
    files: tuple[tuple[str, str], ...]
    synthetic: bool
    catalog: str | None


def read_joined(source: Source) -> Joined:
    """Read the features, and the outcomes beside or inside them (读取并合并).

    Raises BadFile for what cannot be read or joined, and for a column that is not there or could be several.
    """
    table = _read(source.features, field="features")
    metadata = table.schema.metadata or {}
    files = [_named(source.features)]
    synthetic = metadata.get(_SYNTHETIC) == b"true"
    found = replace(source, id=source.id or FIRM)
    if source.outcomes is None:
        found = replace(found, outcome=_outcome_column(table, source, path=source.features))
    else:
        beside = _read(source.outcomes, field="outcomes")
        synthetic |= (beside.schema.metadata or {}).get(_SYNTHETIC) == b"true"
        files.append(_named(source.outcomes))
        found = replace(found, outcome=_outcome_column(beside, source, path=source.outcomes))
        table = _joined(table, beside, source=found)
    version = metadata.get(_CATALOG)
    return Joined(
        table, found, str(found.outcome), str(found.id), tuple(files), synthetic, version.decode() if version else None
    )


def _read(path: Path, *, field: str) -> pa.Table:
    try:
        if path.suffix.lower() == ".csv":
            table = pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(strings_can_be_null=True))
        else:
            files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
            table = ds.dataset(files, format="parquet").to_table()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadFile(f"{path} cannot be read as Parquet or CSV: {str(error).splitlines()[0]}", field=field) from error
    if len(set(table.column_names)) != table.num_columns or not table.num_rows:
        raise BadFile(f"{path} must hold rows, and each column under a name of its own", field=field)
    return table.unify_dictionaries()


def _named(path: Path) -> tuple[str, str]:
    """The name and the sha256 of a file, or of the files of a folder."""
    digests = []
    for file in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        with file.open("rb") as stream:
            digests.append(file_digest(stream, "sha256").hexdigest())
    return path.name, digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


def _outcome_column(table: pa.Table, source: Source, *, path: Path) -> str:
    """The outcome's column: the named one, else one by a usual name, else the only one that says yes or no."""
    names = table.column_names
    if source.outcome is not None:
        if source.outcome not in names:
            raise BadFile(f"{path} has no outcome column {source.outcome!r}; it has {_shown(names)}", field="outcome")
        return source.outcome
    candidates = [x for x in names if x.lower() in _OUTCOMES]
    if not candidates and source.outcomes is not None:
        candidates = [x for x in names if x not in (source.id, source.time, FIRM) and _says_yes_or_no(table.column(x))]
    if len(candidates) != 1:
        why = "has no column that must be the outcome" if not candidates else f"could mean {' or '.join(candidates)}"
        raise BadFile(f"{path} {why}; name it with --outcome, it has {_shown(names)}", field="outcome")
    return str(candidates[0])


def _says_yes_or_no(column: pa.ChunkedArray) -> bool:
    if pa.types.is_nested(column.type):
        return False
    words = {x.strip() for x in pc.unique(column.cast(pa.string())).to_pylist() if x is not None} - {""}
    return {is_default(x) for x in words} == {True, False}


def _joined(features: pa.Table, outcomes: pa.Table, *, source: Source) -> pa.Table:
    """The features with the outcome, and with the time where only the outcomes have it; nothing else is taken over."""
    if source.id not in features.column_names:
        raise BadFile(f"{source.features} has no column {source.id!r} to join by", field="id")
    ids = features.column(source.id).cast(pa.string())
    own = _id_column(outcomes, ids=ids, source=source)
    keys = outcomes.column(own).cast(pa.string()).combine_chunks()
    if len(pc.unique(keys)) < len(keys):
        raise BadFile(f"{source.outcomes}: {own} must name each firm once", field="outcomes")
    place = pc.index_in(ids, value_set=keys).combine_chunks()
    if place.null_count == len(place):
        raise BadFile(f"no {own} of {source.outcomes} is among the features", field="outcomes")
    wanted = [str(source.outcome)]
    if source.time is not None and source.time not in features.column_names and source.time in outcomes.column_names:
        wanted.append(source.time)
        features, place = features.filter(place.is_valid()), place.drop_null()
    for name in wanted:
        if name in features.column_names:
            features = features.drop_columns([name])
        features = features.append_column(name, pa.chunked_array([outcomes.column(name).combine_chunks().take(place)]))
    return features


def _id_column(outcomes: pa.Table, *, ids: pa.ChunkedArray, source: Source) -> str:
    """The outcomes' column of firms: by the same name, else the one that holds the features' firms."""
    if source.id in outcomes.column_names:
        return str(source.id)
    plain = [x for x in outcomes.column_names if x != source.outcome and not pa.types.is_nested(outcomes.column(x).type)]
    hits = {x: pc.sum(pc.is_in(outcomes.column(x).cast(pa.string()), value_set=ids.combine_chunks())).as_py() for x in plain}
    likely = [x for x, n in hits.items() if n and 2 * n >= outcomes.num_rows]
    if len(likely) != 1:
        names = _shown(outcomes.column_names)
        raise BadFile(f"{source.outcomes} has no column {source.id!r} to join by; it has {names}", field="id")
    return str(likely[0])


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:8])
