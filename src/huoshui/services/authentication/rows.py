"""What every act of an authentication begins with (取件): the row, locked and one's own, and whose chain tells of it."""

from huoshui.errors import BadRequest, NotAllowed
from huoshui.models import BusinessAuthentication, Organization, User
from huoshui.terms import OrganizationKind


def locked(authentication: BusinessAuthentication, *, owner: User | None = None) -> BusinessAuthentication:
    """The row as it is now, locked until the act is done (锁定认证件). Raises NotAllowed where the `owner` is another."""
    row: BusinessAuthentication = (
        BusinessAuthentication.objects.select_for_update(of=("self",)).select_related("firm", "user").get(pk=authentication.pk)
    )
    if owner is not None and row.user_id != owner.pk:
        raise NotAllowed("this authentication is somebody else's", zh="这不是您本人的认证")
    return row


def office_of(region_code: str) -> Organization:
    """Whose chain of events an authentication belongs to (归口机构): the nearest task force, or who runs the platform."""
    prefixes = [region_code[:length] for length in range(len(region_code) + 1)]
    found = Organization.objects.filter(kind=OrganizationKind.TASK_FORCE, region_code__in=prefixes, closed_on=None)
    nearest: Organization | None = max(found, key=lambda x: (len(x.region_code), -x.pk), default=None)
    platform = Organization.objects.filter(kind=OrganizationKind.PLATFORM)
    nearest = nearest or platform.order_by("pk").first() or Organization.objects.filter(parent=None).order_by("pk").first()
    if nearest is None:
        raise BadRequest("no organization is set up yet", zh="系统还没有设置机构")
    return nearest
