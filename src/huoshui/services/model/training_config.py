"""What a person decides about a training (训练设定): fields, their words and directions, grades; YAML, all of it optional.

A field that the catalog of features knows has its words, unit and direction from there; the file goes before that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml

from huoshui.adapters.learning.settings import Words
from huoshui.errors import BadFile
from huoshui.rules.features import FeatureDirection
from huoshui.rules.features_catalog import BY_NAME
from huoshui.rules.points_table import Kind, Overlay

GRADES: Final[Mapping[str, Decimal]] = {
    "A1": Decimal("0.01"),
    "A2": Decimal("0.02"),
    "B1": Decimal("0.04"),
    "B2": Decimal("0.07"),
    "C1": Decimal("0.12"),
    "C2": Decimal("0.20"),
    "D1": Decimal("0.35"),
    "D2": Decimal(1),
}
_NOT_ACTIONABLE: Final = frozenset({"months_of_data", "firm_age_months"})
_DIRECTIONS: Final = {FeatureDirection.SAFER: 1, FeatureDirection.RISKIER: -1, FeatureDirection.NONE: 0}


class FieldSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says of one field (字段设定)."""

    zh: str | None = None
    en: str | None = None
    unit: str | None = None
    kind: Kind | None = None
    direction: Literal[-1, 0, 1] | None = None
    actionable: bool | None = None


class OverlaySetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An overlay that the model gets from a day on (水平调整设定): whole points and the reason in words."""

    since: date
    points: int
    reason: str


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of a training (训练设定文件). `grades` are the highest probability of each, safest first, the last takes all.

    `segment` is a category whose level is calibrated apart; it is no factor.
    """

    name: str = "model"
    version: str = "1"
    outcome: str = "违约 default"
    fields: dict[str, FieldSetting] = {}
    use: list[str] | None = None
    drop: list[str] = []
    segment: str | None = None
    grades: dict[str, Decimal] | None = None
    sign_leaks: dict[str, str] = {}
    overlays: list[OverlaySetting] = []
    seed: int = 1
    folds: int = 5
    repeats: int | None = None

    @property
    def grade_bounds(self) -> Mapping[str, Decimal]:
        """The grades as given, else the usual ones."""
        return self.grades or GRADES

    def table_overlays(self) -> tuple[Overlay, ...]:
        """The overlays as the points table keeps them."""
        return tuple(Overlay(x.since, x.points, x.reason) for x in self.overlays)

    def kinds(self) -> dict[str, Kind]:
        """The kinds that the file fixes."""
        return {name: x.kind for name, x in self.fields.items() if x.kind is not None}


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field's direction and words (字段规则), from the file, else from the catalog of features."""

    direction: int
    words: Words


def read_config(path: Path | None) -> TrainingConfig:
    """The file of a training (读取训练设定), or the defaults. Raises BadFile for what it may not say."""
    if path is None:
        return TrainingConfig()
    try:
        given: Any = yaml.safe_load(path.read_bytes())
        config = msgspec.convert(given or {}, TrainingConfig, strict=False)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}", field="config") from error
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadFile(f"{path} is no file of a training: {str(error).splitlines()[0]}", field="config") from error
    bounds = list(config.grade_bounds.values())
    if bounds != sorted(set(bounds)) or bounds[-1] != 1:
        raise BadFile(f"{path}: grades must rise by probability, safest first, and the last must be 1", field="config")
    return config


def rule_of(name: str, *, config: TrainingConfig) -> FieldRule:
    """The direction and the words of a field (字段规则)."""
    given = config.fields.get(name, FieldSetting())
    known = BY_NAME.get(name)
    direction = _DIRECTIONS[known.direction] if known else 0
    actionable = direction != 0 and name not in _NOT_ACTIONABLE
    return FieldRule(
        direction=direction if given.direction is None else given.direction,
        words=Words(
            zh=(known.zh if known else "") if given.zh is None else given.zh,
            en=(known.en if known else "") if given.en is None else given.en,
            unit=(known.unit.value if known else "") if given.unit is None else given.unit,
            actionable=actionable if given.actionable is None else given.actionable,
        ),
    )
