"""What a model's figures must be (模型限值): limits to be approved, and bands that make a figure green, amber or red."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from huoshui.terms import Light


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure's least or most (限值)."""

    at_least: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """From where on a figure is amber and red (预警区间); where red is below amber, low figures are the bad ones."""

    amber: Decimal
    red: Decimal

    def light(self, value: Decimal | None) -> Light:
        """The light of a figure (预警等级); a figure that is not known is no green one."""
        if value is None:
            return Light.NOT_KNOWN
        if self.red < self.amber:
            return Light.RED if value < self.red else Light.AMBER if value < self.amber else Light.GREEN
        return Light.RED if value >= self.red else Light.AMBER if value >= self.amber else Light.GREEN


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What the policy must say of models (模型限值参数). `level` is in standard errors, the shares are fractions of one."""

    approval: Mapping[str, Limit]
    psi: Band
    csi: Band
    missing_rise: Band
    level: Band
    auc_drop: Band
    coverage: Band
    approval_ratio: Band
    reference_share: Decimal
    least_grade: str
    least_firms: int
    least_defaults: int
    bands: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Missed:
    """A figure that missed its limit (未达标指标); `value` is None where it is not known."""

    figure: str
    value: Decimal | None
    limit: Limit

    @property
    def sentence(self) -> str:
        """What was found and what is demanded (说明)."""
        demanded = f"at least {self.limit.at_least}" if self.limit.at_least is not None else f"at most {self.limit.at_most}"
        return f"{self.figure} is {'not known' if self.value is None else self.value}; {demanded} is demanded"


def missed_limits(figures: Mapping[str, Decimal | None], *, limits: Mapping[str, Limit]) -> tuple[Missed, ...]:
    """The figures that miss their limit (未达标指标); what is not known misses it."""
    return tuple(
        Missed(name, figures.get(name), limit) for name, limit in limits.items() if not _meets(figures.get(name), limit)
    )


def _meets(value: Decimal | None, limit: Limit) -> bool:
    if value is None:
        return False
    return (limit.at_least is None or value >= limit.at_least) and (limit.at_most is None or value <= limit.at_most)


def worst(lights: tuple[Light, ...]) -> Light:
    """The worst of several lights (最差等级): red before amber before green; not known where nothing else is there."""
    return next((x for x in (Light.RED, Light.AMBER, Light.GREEN) if x in lights), Light.NOT_KNOWN)
