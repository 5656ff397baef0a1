"""Records of what people act on (业务记录): one file a step, every read through `visible_to`."""

from huoshui.models.authentication import BusinessAuthentication, PowerOfAttorney
from huoshui.models.clock import Clock, ClockPause, Notice
from huoshui.models.demand import Demand, DemandBank
from huoshui.models.event import ChainHead, Event
from huoshui.models.exchange import ApiToken, IdempotencyKey, OutboxMessage, Routine, WebhookDelivery, WebhookEndpoint
from huoshui.models.firm import Firm, FirmMember, FirmShare
from huoshui.models.loan_code import LoanCode, Scan
from huoshui.models.party import Consent, Membership, Organization, User
from huoshui.models.recommendation import BankPush
from huoshui.models.register_load import FirmCount, RegisterLoad
from huoshui.models.repair import Repair
from huoshui.models.review import Appeal, Batch, Evaluation, FoundFact, ListEntry, Remark
from huoshui.models.saved_view import SavedView
from huoshui.models.scope import Grant, Viewer
from huoshui.models.sign_in import Invitation, OneTimePassword, SignIn
from huoshui.models.visit import AreaCount, Campaign, Visit, VisitAssignment, VisitBook, VisitPhoto

__all__ = [
    "ApiToken",
    "Appeal",
    "AreaCount",
    "BankPush",
    "Batch",
    "BusinessAuthentication",
    "Campaign",
    "ChainHead",
    "Clock",
    "ClockPause",
    "Consent",
    "Demand",
    "DemandBank",
    "Evaluation",
    "Event",
    "Firm",
    "FirmCount",
    "FirmMember",
    "FirmShare",
    "FoundFact",
    "Grant",
    "IdempotencyKey",
    "Invitation",
    "ListEntry",
    "LoanCode",
    "Membership",
    "Notice",
    "OneTimePassword",
    "Organization",
    "OutboxMessage",
    "PowerOfAttorney",
    "RegisterLoad",
    "Remark",
    "Repair",
    "Routine",
    "SavedView",
    "Scan",
    "SignIn",
    "User",
    "Viewer",
    "Visit",
    "VisitAssignment",
    "VisitBook",
    "VisitPhoto",
    "WebhookDelivery",
    "WebhookEndpoint",
]
