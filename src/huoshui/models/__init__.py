"""Records of what people act on (业务记录): one file a step, every read through `visible_to`."""

from huoshui.models.authentication import BusinessAuthentication, PowerOfAttorney
from huoshui.models.event import ChainHead, Event
from huoshui.models.exchange import ApiToken, IdempotencyKey, OutboxMessage, Routine, WebhookDelivery, WebhookEndpoint
from huoshui.models.firm import Firm, FirmMember, FirmShare
from huoshui.models.loan_code import LoanCode, Scan
from huoshui.models.party import Consent, Membership, Organization, User
from huoshui.models.register_load import FirmCount, RegisterLoad
from huoshui.models.scope import Grant, Viewer
from huoshui.models.visit import AreaCount, Campaign, Visit, VisitAssignment, VisitPhoto

__all__ = [
    "ApiToken",
    "AreaCount",
    "BusinessAuthentication",
    "Campaign",
    "ChainHead",
    "Consent",
    "Event",
    "Firm",
    "FirmCount",
    "FirmMember",
    "FirmShare",
    "Grant",
    "IdempotencyKey",
    "LoanCode",
    "Membership",
    "Organization",
    "OutboxMessage",
    "PowerOfAttorney",
    "RegisterLoad",
    "Routine",
    "Scan",
    "User",
    "Viewer",
    "Visit",
    "VisitAssignment",
    "VisitPhoto",
    "WebhookDelivery",
    "WebhookEndpoint",
]
