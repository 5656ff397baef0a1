from itertools import pairwise

import pytest

from huoshui.rules.party import LEVELS, ROLES, levels_below, region_fits
from huoshui.terms import OrganizationKind, OrganizationLevel, Role

FIRM_ROLES = {Role.LEGAL_REPRESENTATIVE, Role.AGENT}


def test_every_role_of_staff_belongs_to_exactly_one_kind_of_organization() -> None:
    held = [x for roles in ROLES.values() for x in roles]
    assert sorted(held) == sorted(set(Role) - FIRM_ROLES)


@pytest.mark.parametrize("kind", OrganizationKind)
def test_below_a_level_stand_only_lower_ones_and_below_a_department_nothing(kind: OrganizationKind) -> None:
    for upper, lower in pairwise(LEVELS[kind]):
        assert lower in levels_below(kind, parent=upper)
        assert upper not in levels_below(kind, parent=lower)
    assert levels_below(kind, parent=OrganizationLevel.DEPARTMENT) == ()
    assert OrganizationLevel.DEPARTMENT not in levels_below(kind, parent=None)


def test_a_branch_does_not_stand_below_a_county() -> None:
    assert levels_below(OrganizationKind.BANK, parent=OrganizationLevel.COUNTY) == ()


@pytest.mark.parametrize(
    ("region", "kind", "level", "parent", "fits"),
    [
        ("350203", OrganizationKind.TASK_FORCE, OrganizationLevel.COUNTY, "35", True),
        ("350203", OrganizationKind.TASK_FORCE, OrganizationLevel.COUNTY, "33", False),
        ("", OrganizationKind.TASK_FORCE, OrganizationLevel.COUNTY, None, False),
        ("", OrganizationKind.TASK_FORCE, OrganizationLevel.NATION, None, True),
        ("3502", OrganizationKind.TASK_FORCE, OrganizationLevel.COUNTY, "35", False),
        ("35020３", OrganizationKind.TASK_FORCE, OrganizationLevel.COUNTY, "35", False),
        ("350203", OrganizationKind.GOVERNMENT, OrganizationLevel.DEPARTMENT, "350203", True),
        ("350203001", OrganizationKind.GOVERNMENT, OrganizationLevel.DEPARTMENT, "350203", False),
        ("", OrganizationKind.BANK, OrganizationLevel.HEAD_OFFICE, None, True),
        ("350203", OrganizationKind.BANK, OrganizationLevel.SUB_BRANCH, "35", True),
    ],
)
def test_a_region_fits_its_level_and_its_parent(
    region: str, kind: OrganizationKind, level: OrganizationLevel, parent: str | None, fits: bool
) -> None:
    assert region_fits(region, kind=kind, level=level, parent_region=parent) is fits
