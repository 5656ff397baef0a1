"""Which way a demand, its case at a bank and its repair may go (需求流转规则): one table each, read by everybody who moves one.

The tables are data: the tests search them as graphs. A demand reaches the recommended list from REVIEWED alone, REVIEWED
from DECLARED alone, and whatever comes back (repaired, appealed, supplemented) comes back to DECLARED.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from huoshui.errors import WrongStage
from huoshui.terms import DemandStage, PushStage, RepairStage, Term

Stage = TypeVar("Stage", bound=Term)
_S = DemandStage

TRANSITIONS: Final[Mapping[DemandStage, frozenset[DemandStage]]] = MappingProxyType(
    {
        _S.DRAFT: frozenset({_S.AWAITING_CONFIRMATION, _S.AWAITING_AUTHENTICATION, _S.DECLARED, _S.WITHDRAWN}),
        _S.AWAITING_CONFIRMATION: frozenset({_S.DRAFT, _S.AWAITING_AUTHENTICATION, _S.DECLARED, _S.WITHDRAWN}),
        _S.AWAITING_AUTHENTICATION: frozenset({_S.DRAFT, _S.DECLARED, _S.WITHDRAWN}),
        _S.DECLARED: frozenset({_S.REVIEWED, _S.REJECTED, _S.ASKED_BACK, _S.CLOSED, _S.WITHDRAWN}),
        _S.ASKED_BACK: frozenset({_S.DECLARED, _S.CLOSED, _S.WITHDRAWN}),
        _S.REVIEWED: frozenset({_S.RECOMMENDED, _S.DECLARED, _S.REJECTED, _S.CLOSED, _S.WITHDRAWN}),
        _S.RECOMMENDED: frozenset({_S.PUSHED, _S.DECLARED, _S.CLOSED, _S.WITHDRAWN}),
        _S.PUSHED: frozenset({_S.RETURNED, _S.CLOSED, _S.WITHDRAWN}),
        _S.RETURNED: frozenset({_S.PUSHED, _S.REPAIR, _S.RETURN_APPEALED, _S.CLOSED, _S.WITHDRAWN}),
        _S.REJECTED: frozenset({_S.REPAIR, _S.APPEALED, _S.CLOSED, _S.WITHDRAWN}),
        _S.APPEALED: frozenset({_S.DECLARED, _S.REJECTED, _S.CLOSED, _S.WITHDRAWN}),
        _S.RETURN_APPEALED: frozenset({_S.DECLARED, _S.RETURNED, _S.CLOSED, _S.WITHDRAWN}),
        _S.REPAIR: frozenset({_S.DECLARED, _S.CLOSED, _S.WITHDRAWN}),
        _S.CLOSED: frozenset(),
        _S.WITHDRAWN: frozenset(),
    }
)
PUSH_TRANSITIONS: Final[Mapping[PushStage, frozenset[PushStage]]] = MappingProxyType(
    {
        PushStage.RECEIVED: frozenset({PushStage.ACKNOWLEDGED, PushStage.RETURNED, PushStage.RECALLED}),
        PushStage.ACKNOWLEDGED: frozenset({PushStage.CONTACTED, PushStage.RETURNED, PushStage.RECALLED}),
        PushStage.CONTACTED: frozenset({PushStage.APPROVED, PushStage.DECLINED, PushStage.RETURNED, PushStage.RECALLED}),
        PushStage.APPROVED: frozenset(),
        PushStage.DECLINED: frozenset(),
        PushStage.RETURNED: frozenset(),
        PushStage.RECALLED: frozenset(),
    }
)
REPAIR_TRANSITIONS: Final[Mapping[RepairStage, frozenset[RepairStage]]] = MappingProxyType(
    {
        RepairStage.OPEN: frozenset({RepairStage.ARRANGED, RepairStage.DROPPED}),
        RepairStage.ARRANGED: frozenset({RepairStage.ARRANGED, RepairStage.DONE, RepairStage.DROPPED}),
        RepairStage.DONE: frozenset(),
        RepairStage.DROPPED: frozenset(),
    }
)
OPEN_STAGES: Final = tuple(
    x for x in DemandStage if TRANSITIONS[x]
)  # a firm may still withdraw, and a second demand is a duplicate
EDITABLE: Final = (
    DemandStage.DRAFT,
    DemandStage.AWAITING_CONFIRMATION,
    DemandStage.AWAITING_AUTHENTICATION,
    DemandStage.ASKED_BACK,
)
OPEN_PUSHES: Final = tuple(x for x in PushStage if PUSH_TRANSITIONS[x])
LISTED_STAGES: Final = (DemandStage.RECOMMENDED, DemandStage.PUSHED, DemandStage.RETURNED)  # recommended, and not taken off


def check_move(stage: Stage, *, to: Stage, table: Mapping[Stage, frozenset[Stage]]) -> Stage:
    """The stage that a record moves to (阶段流转). Raises WrongStage where the table does not lead there."""
    if to in table[stage]:
        return to
    onward = ", ".join(sorted(x.en for x in table[stage])) or "nowhere"
    raise WrongStage(
        f"what is {stage.en!r} cannot become {to.en!r}; it can go: {onward}",
        zh=f"目前是“{stage.zh}”，不能转为“{to.zh}”",
    )
