"""Records of what people act on (业务记录): one file a step, every read through `visible_to`."""

from huoshui.models.event import ChainHead, Event
from huoshui.models.firm import Firm, FirmMember, FirmShare
from huoshui.models.party import Consent, Membership, Organization, User
from huoshui.models.scope import Grant, Viewer

__all__ = [
    "ChainHead",
    "Consent",
    "Event",
    "Firm",
    "FirmMember",
    "FirmShare",
    "Grant",
    "Membership",
    "Organization",
    "User",
    "Viewer",
]
