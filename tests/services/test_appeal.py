"""Appeals: by the firm alone, answered by another person than whoever refused, reviewed anew where upheld."""

import pytest
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Appeal, BankPush, Clock, Demand, Notice
from huoshui.services.appeal import appeal_demand, decide_appeal
from huoshui.services.recommendation import answer_push
from huoshui.services.review import Order, review_demand
from huoshui.terms import DemandStage, NoticeKind, PushStage, ReviewAct, Role
from tests.demands import declared, good_firm, grant_of, pushed, reviewed
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
S = DemandStage


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    return found


def appealed(demand: Demand, text: str = "场所照片已重新提交") -> Appeal:
    return appeal_demand(demand, text=text, by=demand.created_by, grant=None, at=timezone.now())


def decide(world: World, appeal: Appeal, *, upheld: bool, answer: str = "已核实", role: Role = Role.LEAD) -> Appeal:
    user = world.user(role)
    grant = grant_of(user, role, region="350203")
    return decide_appeal(appeal, upheld=upheld, answer=answer, by=user, grant=grant, at=timezone.now())


@pytest.mark.parametrize(("upheld", "stage"), [(True, S.DECLARED), (False, S.REJECTED)])
def test_an_appeal_against_a_rejection_leads_to_a_new_review_or_back(world: World, upheld: bool, stage: DemandStage) -> None:
    demand = reviewed(world, declared(world), ReviewAct.REJECT)
    appeal = appealed(demand)
    assert Demand.objects.get().stage is S.APPEALED
    assert Notice.objects.get(kind=NoticeKind.APPEALED).organization == world.home.task_force
    assert Clock.objects.get(name="appeal_answer").ended_on is None
    decide(world, appeal, upheld=upheld)
    assert (Demand.objects.get().stage, Clock.objects.get(name="appeal_answer").ended_with) == (stage, "appeal_decided")
    assert Notice.objects.get(kind=NoticeKind.APPEAL_DECIDED).firm == demand.firm
    with pytest.raises(WrongStage):
        decide(world, appeal, upheld=True)


def test_an_appeal_against_the_banks_return_goes_back_to_returned_when_it_fails(world: World) -> None:
    demand = pushed(world)
    banker = world.user(Role.CLIENT_MANAGER)
    grant = grant_of(banker, Role.CLIENT_MANAGER, region="350203")
    answer_push(BankPush.objects.get(), to=PushStage.RETURNED, reason="product", by=banker, grant=grant, at=timezone.now())
    appeal = appealed(Demand.objects.get())
    assert Demand.objects.get().stage is S.RETURN_APPEALED
    decide(world, appeal, upheld=False)
    assert Demand.objects.get(pk=demand.pk).stage is S.RETURNED


def test_whoever_refused_does_not_answer_and_an_officer_never_does(world: World) -> None:
    demand, lead = declared(world), world.user(Role.LEAD)
    order = Order(ReviewAct.REJECT, ("real_need",))
    grant = grant_of(lead, Role.LEAD, region="350203")
    demand = review_demand(demand, order=order, by=lead, grant=grant, at=timezone.now())
    appeal = appealed(demand)
    for role in (Role.LEAD, Role.OFFICER):
        with pytest.raises(NotAllowed):
            decide(world, appeal, upheld=True, role=role)
    assert Appeal.objects.get().upheld is None


def test_only_the_firm_appeals_with_reasons_and_only_against_a_refusal(world: World) -> None:
    demand = declared(world)
    with pytest.raises(WrongStage):
        appealed(demand)
    demand = reviewed(world, demand, ReviewAct.REJECT)
    with pytest.raises(BadRequest):
        appealed(demand, " ")
    with pytest.raises(NotAllowed):
        appeal_demand(demand, text="不同意", by=world.stranger, grant=None, at=timezone.now())
    with pytest.raises(BadRequest):
        decide(world, appealed(demand), upheld=True, answer="")
