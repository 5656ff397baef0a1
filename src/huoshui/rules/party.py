"""Who may be what, and what may stand below what, in the trees of offices and banks (机构与任职规则)."""

from typing import Final

from huoshui.terms import OrganizationKind, OrganizationLevel, Role

ROLES: Final = {
    OrganizationKind.TASK_FORCE: frozenset({Role.VISITOR, Role.OFFICER, Role.LEAD}),
    OrganizationKind.GOVERNMENT: frozenset({Role.AUDITOR, Role.REGULATOR}),
    OrganizationKind.BANK: frozenset({Role.CLIENT_MANAGER, Role.REVIEWER, Role.APPROVER}),
    OrganizationKind.PLATFORM: frozenset({Role.OPERATOR}),
}
REGION_DIGITS: Final = {  # of the code that an office of this level answers for
    OrganizationLevel.NATION: (0,),
    OrganizationLevel.PROVINCE: (2,),
    OrganizationLevel.CITY: (4,),
    OrganizationLevel.COUNTY: (6,),
    OrganizationLevel.TOWNSHIP: (9,),
}
_OFFICES: Final = (
    OrganizationLevel.NATION, OrganizationLevel.PROVINCE, OrganizationLevel.CITY, OrganizationLevel.COUNTY,
    OrganizationLevel.TOWNSHIP, OrganizationLevel.DEPARTMENT,
)  # fmt: skip
_BANKS: Final = (
    OrganizationLevel.HEAD_OFFICE, OrganizationLevel.BRANCH, OrganizationLevel.SUB_BRANCH, OrganizationLevel.DEPARTMENT,
)  # fmt: skip
LEVELS: Final = {
    OrganizationKind.TASK_FORCE: _OFFICES,
    OrganizationKind.GOVERNMENT: _OFFICES,
    OrganizationKind.BANK: _BANKS,
    OrganizationKind.PLATFORM: (OrganizationLevel.NATION, OrganizationLevel.PROVINCE, OrganizationLevel.DEPARTMENT),
}


def levels_below(kind: OrganizationKind, *, parent: OrganizationLevel | None) -> tuple[OrganizationLevel, ...]:
    """The levels that an organization of a kind may have below a parent, or at the top of a tree (可设层级).

    A level may be left out (a county below a province), never turned round. Below a department stands nothing, and no
    department stands alone.
    """
    levels = LEVELS[kind]
    if parent is None:
        return levels[:-1]
    return levels[levels.index(parent) + 1 :] if parent in levels else ()


def region_fits(region: str, *, kind: OrganizationKind, level: OrganizationLevel, parent_region: str | None) -> bool:
    """Whether an organization may answer for a region (辖区是否相符): digits as its level has them, inside its parent's region.

    Offices and task forces of the nation have no code, a department has that of its parent; a bank's organizations may have
    any, or none.
    """
    if not (region.isdigit() and region.isascii()) and region:
        return False
    if parent_region is not None and not region.startswith(parent_region):
        return False
    if kind in (OrganizationKind.BANK, OrganizationKind.PLATFORM):
        return len(region) in (0, 2, 4, 6, 9)
    if level is OrganizationLevel.DEPARTMENT:
        return region == parent_region
    return len(region) in REGION_DIGITS[level]
