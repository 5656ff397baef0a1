"""The first organization and the first person of a site (初始化平台): everybody else is appointed by somebody."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from huoshui.errors import WrongStage
from huoshui.models import Invitation, Membership, Organization, User
from huoshui.models.secrets import hashed
from huoshui.services.event import record
from huoshui.services.staff_account import LINK_LIFE, Invited
from huoshui.terms import OrganizationKind, OrganizationLevel, Role


@transaction.atomic
def found_platform(*, platform: str, login_name: str, name: str, at: datetime) -> Invited:
    """Found the platform with its first operator, and make the link by which the operator sets a password (设立平台).

    Raises WrongStage where a platform is there already: its operator appoints all others.
    """
    if Organization.objects.filter(kind=OrganizationKind.PLATFORM).exists():
        raise WrongStage("this site has a platform and an operator; they appoint others on the page of organizations")
    user = User(login_name=login_name, name=name, is_staff=True)
    user.set_unusable_password()
    user.save()
    organization = Organization.objects.create(name=platform, kind=OrganizationKind.PLATFORM, level=OrganizationLevel.NATION)
    membership = Membership.objects.create(
        user=user, organization=organization, role=Role.OPERATOR, from_on=timezone.localdate(at)
    )
    token = secrets.token_urlsafe(24)
    made = Invitation.objects.create(user=user, token_hash=hashed(token), made_by=user, made_at=at, expires_at=at + LINK_LIFE)
    basis = {"membership": membership.pk, "invitation": made.pk}
    record("found_platform", organization, by=user, organization=organization, role=Role.OPERATOR, basis=basis)
    return Invited(token, made.expires_at)
