"""Tokens of the API (接口令牌): issued and revoked by those who lead, shown once, read at every call."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from huoshui.errors import BadRequest, BadToken, NotAllowed, WrongStage
from huoshui.models import ApiToken, Grant, Membership, User, Viewer
from huoshui.services.event import record
from huoshui.terms import ApiScope, Role

_MARK: Final = "hs"
_LONGEST: Final = timedelta(days=366)
_SEEN_AGAIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret (新令牌): the only time that the secret is seen."""

    token: ApiToken
    secret: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls (调用方): the token, and the viewer that it is today."""

    token: ApiToken
    viewer: Viewer


@transaction.atomic
def issue_token(
    *, name: str, membership: Membership, scopes: Iterable[ApiScope], expires_at: datetime, by: User, grant: Grant, at: datetime
) -> IssuedToken:
    """Issue a token that acts as a membership does (签发令牌). Raises NotAllowed, BadRequest."""
    may_lead(membership, grant=grant)
    wanted = sorted({ApiScope(x) for x in scopes})
    if not wanted:
        raise BadRequest("a token needs at least one scope", field="scopes", zh="请至少选择一项权限")
    if not at < expires_at <= at + _LONGEST:
        raise BadRequest("a token ends within a year from now", field="expires_at", zh="令牌有效期须在一年以内")
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        membership=membership,
        organization_id=membership.organization_id,
        scopes=[str(x) for x in wanted],
        created_by=by,
        created_at=at,
        expires_at=expires_at,
    )
    basis = {"prefix": prefix, "scopes": wanted, "membership": membership.pk, "expires_at": expires_at}
    record("issue_token", token, by=by, organization=membership.organization_id, role=grant.role, basis=basis)
    return IssuedToken(token, f"{_MARK}_{prefix}_{secret}")


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User, grant: Grant, at: datetime) -> ApiToken:
    """End a token at once (吊销令牌). Raises NotAllowed, WrongStage where it is revoked already."""
    may_lead(token.membership, grant=grant)
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        raise WrongStage("the token was revoked before", zh="该令牌已吊销")
    token.revoked_at = at
    record("revoke_token", token, by=by, organization=token.organization_id, role=grant.role, basis={"prefix": token.prefix})
    return token


def read_token(text: str, *, at: datetime, on: date) -> Caller:
    """Who calls with this token (校验令牌). Raises BadToken for one that is unknown, revoked, over, or without a membership."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    token = None
    if mark == _MARK and prefix.isalnum() and len(prefix) == 8:
        found = ApiToken.objects.select_related("membership__organization", "membership__user")
        token = found.filter(prefix=prefix).first()
    known = token.secret_hash if token else _hash("nobody")
    if not hmac.compare_digest(known, _hash(secret)) or token is None:
        raise BadToken("the token is not known here", zh="令牌无效")
    if not token.holds(at=at):
        raise BadToken("the token was revoked or is over", zh="令牌已吊销或过期")
    viewer = token.viewer(on=on)
    if not viewer.grants:
        raise BadToken("the membership that the token acts for has ended", zh="令牌所属任职已终止")
    if token.last_used_at is None or token.last_used_at < at - _SEEN_AGAIN:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return Caller(token, viewer)


def may_lead(membership: Membership, *, grant: Grant) -> None:
    """Refuse whoever neither leads the membership's organization nor runs the platform (权限检查). Raises NotAllowed."""
    if grant.role is Role.OPERATOR or (grant.role is Role.LEAD and membership.organization.path.startswith(grant.path)):
        return
    raise NotAllowed("only who leads this organization may do that", zh="只有该机构的负责人可以办理")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
