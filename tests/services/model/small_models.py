"""A small points table and its folder, for tests of what happens to models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from huoshui.adapters.points_file import points_text
from huoshui.adapters.signing import Role, TrustedKey, add_trusted, load_key, make_key
from huoshui.rules.points_table import Field, Grade, Kind, Pair, PdStep, PointsTable
from huoshui.services.model.folder import write_model

TRAINED: Final = date(2026, 3, 2)
APPROVED: Final = date(2026, 3, 9)
MAKER: Final = "林静"
CHECKER: Final = "陈立"


def small_table(*, name: str = "small", base: int = 500) -> PointsTable:
    """Two fields and one pair; steps of probability every twenty points."""
    sales = Field("sales", Kind.NUMBER, (0, 20, 40), -5, cuts=(Decimal(10), Decimal("100.5")), direction=1, zh="销售额")
    trade = Field("trade", Kind.CATEGORY, (0, 15), 3, other=5, groups=(("A", "B"), ("C",)), zh="行业")
    pair = Pair("sales", "trade", (0, 0, 1, 0), (0, 1, 0, 0), ((0, 0), (0, 8)))
    steps = tuple(
        PdStep(base + 20 * i, pd, pd / 2, min(Decimal(1), pd * 2))
        for i, pd in enumerate(map(Decimal, ("0.4", "0.2", "0.1", "0.05", "0.02")))
    )
    grades = (Grade("D", 0), Grade("C", base + 20), Grade("B", base + 40), Grade("A", base + 60))
    return PointsTable(name, (sales, trade), base, steps, grades, pairs=(pair,), version="1", outcome="default in 12 months")


def documents(table: PointsTable, *, metrics: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    """The files of a model folder but its signatures."""
    shown = {"auc": 0.8, "ks": 0.5, "brier": 0.1, "calibration_error": 0.02} if metrics is None else dict(metrics)
    return {"model.yaml": points_text(table).encode(), "metrics.json": json.dumps(shown).encode()}


@dataclass(frozen=True, slots=True)
class People:
    """A maker and a checker with their keys, and the list that trusts both."""

    folder: Path

    @property
    def trusted(self) -> Path:
        return self.folder / "trusted.yaml"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.pem"


def make_people(folder: Path) -> People:
    """Keys of a maker and a checker, both trusted since the year's first day."""
    people = People(folder)
    roles: dict[str, tuple[Role, ...]] = {MAKER: ("maker",), CHECKER: ("maker", "checker")}
    for name, role in roles.items():
        key = make_key(people.key(name))
        entry = TrustedKey(name=name, roles=role, since=date(2026, 1, 1), public_key=key.public_key)
        add_trusted(people.trusted, key=entry)
    return people


def write_small(
    out: Path,
    *,
    people: People | None,
    table: PointsTable | None = None,
    metrics: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
) -> Path:
    """A model folder trained by the maker; unsigned where there are no people."""
    told = {} if training is None else {"training.json": json.dumps(training).encode()}
    write_model(
        out,
        files=documents(table or small_table(), metrics=metrics) | told,
        trained_by=MAKER,
        on=TRAINED,
        key=load_key(people.key(MAKER)) if people else None,
    )
    return out
