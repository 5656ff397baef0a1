"""Business authentication (经营主体认证): photograph → fields → person → verdict, powers of attorney, and people who decide."""

from huoshui.services.authentication.confirming import confirm_licence
from huoshui.services.authentication.ending import end_what_is_over, register_facts
from huoshui.services.authentication.identifying import hand_in_paper_power, identify_person
from huoshui.services.authentication.members import may_act_for
from huoshui.services.authentication.powers import decline_power, give_power, offer_power, revoke_power
from huoshui.services.authentication.reviewing import decide_authentication, recheck_waiting
from huoshui.services.authentication.starting import start_authentication, withdraw_authentication

__all__ = [
    "confirm_licence",
    "decide_authentication",
    "decline_power",
    "end_what_is_over",
    "give_power",
    "hand_in_paper_power",
    "identify_person",
    "may_act_for",
    "offer_power",
    "recheck_waiting",
    "register_facts",
    "revoke_power",
    "start_authentication",
    "withdraw_authentication",
]
