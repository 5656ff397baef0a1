"""What gives a code its name (名称接口): the rooms that know names are neighbors, so a caller hands them in."""

from typing import Literal, Protocol

Language = Literal["zh", "en"]


class IndustryName(Protocol):
    """What names an industry code (行业名称)."""

    def __call__(self, code: str | None, *, language: Language) -> str:
        """The name in that language (取名称)."""


class RegionName(Protocol):
    """What names a region code (地区名称)."""

    def __call__(self, code: str, *, language: Language, within: str | None = None) -> str:
        """The name in that language, from below the region `within` on (取名称)."""
