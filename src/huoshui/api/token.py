"""What a token is told about itself (令牌信息接口)."""

from datetime import datetime
from typing import Any

from ninja import Router, Schema

from huoshui.api.door import Called, Token

router = Router(tags=["token"], auth=Token())


class TokenShown(Schema):
    """The token that calls (当前令牌)."""

    name: str
    organization: str
    role: str
    region_code: str
    scopes: list[str]
    expires_at: datetime


@router.get("", response=TokenShown, summary="The token that calls", operation_id="get_token")
def get_token(request: Called) -> dict[str, Any]:
    """Which membership the token acts for, and what it may do (当前令牌)."""
    token, grant = request.auth.token, request.viewer.grants[0]
    return {
        "name": token.name,
        "organization": token.membership.organization.name,
        "role": str(grant.role),
        "region_code": grant.region,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }
