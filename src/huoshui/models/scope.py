"""Who may see what (可见范围): a viewer holds grants, every model says which rows a viewer sees."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.db import models
from django.db.models import Q

from huoshui.errors import NotAllowed
from huoshui.terms import OrganizationKind, Role


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of a person, in an organization or for a firm (授权): `region` is a prefix of codes, `path` one of the tree."""

    role: Role
    organization_id: int | None = None
    kind: OrganizationKind | None = None
    region: str = ""  # "" with an organization is the whole nation
    path: str = ""
    firm_id: int | None = None
    seconded_from_id: int | None = None  # the organization that lent the person, such as a bank


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks, with all that they were granted (查看人). Nobody (`Viewer()`) sees nothing."""

    user_id: int | None = None
    grants: tuple[Grant, ...] = ()

    def has(self, *roles: Role) -> bool:
        """Whether the viewer holds one of the roles (是否具有角色)."""
        return any(x.role in roles for x in self.grants)

    def of(self, *roles: Role) -> tuple[Grant, ...]:
        """The viewer's grants of these roles (按角色取授权)."""
        return tuple(x for x in self.grants if x.role in roles)

    def acting_as(self, *roles: Role, region: str = "", firm_id: int | None = None) -> Grant:
        """The grant by which the viewer acts on a firm or a region (据以办理的授权). Raises NotAllowed if there is none."""
        for grant in self.of(*roles):
            if grant.firm_id is not None and grant.firm_id == firm_id:
                return grant
            if grant.organization_id is not None and region.startswith(grant.region):
                return grant
        raise NotAllowed("none of your roles allows this here", zh="您的角色不能在此办理这一事项")


def within(field: str, prefix: str) -> Q:
    """The rows whose `field` begins with a prefix of digits (前缀范围), as a range that any index serves; "" is all."""
    if not prefix:
        return Q()
    return Q(**{f"{field}__gte": prefix, f"{field}__lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)})


def within_any(field: str, prefixes: Iterable[str]) -> Q:
    """The rows whose `field` begins with one of the prefixes (多前缀范围); no prefix at all is no row."""
    found = Q(pk__in=())
    for prefix in sorted(set(prefixes)):
        if not prefix:
            return Q()
        found |= within(field, prefix)
    return found


def below(field: str, path: str) -> Q:
    """The rows whose `field` is the path of an organization or of one below it (本机构及下级); without a path, no row."""
    return Q(**{f"{field}__startswith": path}) if path else Q(pk__in=())


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows behind one door (受控查询集)."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The rows that the viewer may see, by the model's own `visibility(viewer)` (可见行); nobody sees none.

        A person without any role yet sees what is their own.
        """
        nobody = viewer.user_id is None and not viewer.grants
        return self.none() if nobody else self.filter(self.model.visibility(viewer))


class Scoped(models.Model):
    """A record that says who may see it (受控记录): a subclass gives `visibility`."""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """The rows that a viewer with grants may see (可见条件)."""
        raise NotImplementedError
