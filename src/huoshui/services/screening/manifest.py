"""What stands beside a result and says by what it was made (结果清单): manifest.json, and the words in its Parquet files."""

import json
import resource
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow.parquet as pq

from huoshui import __version__
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.state import Input

MANIFEST: Final = "manifest.json"
FORMAT: Final = "huoshui screening 1"


def write_manifest(
    folder: Path,
    request: ScreeningRequest,
    summary: Mapping[str, Any],
    *,
    inputs: Mapping[str, Sequence[Input]],
    more: Mapping[str, Any],
) -> None:
    """Write manifest.json (写出清单), the last file of a result; `more` are entries of its own. Raises OSError."""
    manifest = {
        "format": FORMAT,
        "huoshui": __version__,
        "engine": request.engine.value,
        "rule": request.rule,
        "region": request.region,
        "on": request.on.isoformat(),
        "synthetic": summary["synthetic"],
        "inputs": {
            kind: [{x: getattr(y, x) for x in ("file", "bytes", "sha256")} for y in found] for kind, found in inputs.items()
        },
        "counts": {x: summary[x] for x in ("universe", "listed", "duplicates", "by_reason", "rows_read")},
        "citations": summary["citations"],
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **more,
    }
    write_json(folder / MANIFEST, manifest)


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON for people to read (写出文本); raises OSError."""
    path.write_text(msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n", encoding="utf-8")


def file_metadata(request: ScreeningRequest, basis: ScreeningBasis, *, synthetic: bool) -> dict[str, str]:
    """What a Parquet file of a result says of itself (文件说明)."""
    return {
        "huoshui": __version__,
        "huoshui.rule": request.rule,
        "huoshui.region": request.region,
        "huoshui.on": request.on.isoformat(),
        "huoshui.synthetic": str(synthetic).lower(),
        "huoshui.policies": json.dumps([_cited(x) for x in basis.citations], ensure_ascii=False),
    }


def _cited(citation: Any) -> dict[str, Any]:
    return {**asdict(citation), "since": citation.since.isoformat()}


def is_synthetic(path: Path) -> bool:
    """Whether a register file says that it is made up (是否合成数据)."""
    metadata = pq.read_schema(path).metadata or {}
    return bool(metadata.get(b"huoshui.synthetic") == b"true")
