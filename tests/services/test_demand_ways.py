"""A demand led about at random by everybody at once: whatever anybody tries, it goes only where the table leads."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from huoshui.errors import HuoshuiError
from huoshui.models import Appeal, BankPush, Clock, Demand, Event, Firm, FirmShare, Grant, Repair, User
from huoshui.rules.demand import OPEN_PUSHES, TRANSITIONS
from huoshui.services.appeal import appeal_demand, decide_appeal
from huoshui.services.demand import close_demand, publish_demand, withdraw_demand
from huoshui.services.event import chain_faults
from huoshui.services.recommendation import acknowledge_push, answer_push, contact_firm, push_demand
from huoshui.services.repair import arrange_repair, declare_again, end_repair
from huoshui.services.review import Order, review_demand
from huoshui.terms import ClockStage, CloseReason, DemandStage, PushStage, ReviewAct, Role
from tests.demands import draft, good_firm, grant_of
from tests.world import World, county_world

S: Final = DemandStage


class Ways(RuleBasedStateMachine):
    """One demand, its firm, an officer, a lead and a bank, each trying whatever they can at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.world: World = county_world()
        good_firm(self.world)
        FirmShare.objects.all().delete()
        self.demand: Demand = draft(self.world)
        self.seen = [S.DRAFT]

    def teardown(self) -> None:
        assert list(chain_faults()) == []
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def does(self, role: Role) -> tuple[User, Grant]:
        user = self.world.user(role)
        firm: Firm | None = self.demand.firm if role is Role.LEGAL_REPRESENTATIVE else None
        return user, grant_of(user, role, firm=firm, region="350203")

    def tried(self, role: Role, act: Callable[..., Any], *subject: Any, **given: Any) -> None:
        by, grant = self.does(role)
        before = self.now.stage
        try:
            with transaction.atomic():
                act(*(subject or (self.now,)), by=by, grant=grant, at=timezone.now(), **given)
        except HuoshuiError:
            assert self.now.stage is before
            return
        if self.now.stage is not before:
            self.seen.append(self.now.stage)

    @property
    def now(self) -> Demand:
        found: Demand = Demand.objects.select_related("firm").get(pk=self.demand.pk)
        return found

    @rule()
    def publish(self) -> None:
        self.tried(Role.LEGAL_REPRESENTATIVE, publish_demand)

    @rule()
    def prepare(self) -> None:
        self.tried(Role.OFFICER, review_demand, order=Order(ReviewAct.PREPARE))

    @rule()
    def recommend(self) -> None:
        self.tried(Role.LEAD, review_demand, order=Order(ReviewAct.RECOMMEND))

    @rule()
    def recommend_as_an_officer(self) -> None:
        self.tried(Role.OFFICER, review_demand, order=Order(ReviewAct.RECOMMEND))

    @rule()
    def reject(self) -> None:
        self.tried(Role.OFFICER, review_demand, order=Order(ReviewAct.REJECT, ("real_need",)))

    @rule()
    def ask_back(self) -> None:
        self.tried(Role.OFFICER, review_demand, order=Order(ReviewAct.ASK_BACK, text="补充合同"))

    @rule()
    def send_back(self) -> None:
        self.tried(Role.LEAD, review_demand, order=Order(ReviewAct.SEND_BACK, text="重审"))

    @rule()
    def push(self) -> None:
        self.tried(Role.OFFICER, push_demand, banks=[self.world.home_bank.sub_branch])

    @rule()
    def push_elsewhere(self) -> None:
        self.tried(Role.OFFICER, push_demand, banks=[self.world.home_bank.branch])

    @precondition(lambda _: BankPush.objects.exists())
    @rule()
    def bank_goes_on(self) -> None:
        push = BankPush.objects.order_by("pk").first()
        self.tried(Role.CLIENT_MANAGER, acknowledge_push, push)
        self.tried(Role.CLIENT_MANAGER, contact_firm, BankPush.objects.order_by("pk").first())

    @precondition(lambda _: BankPush.objects.exists())
    @rule()
    def bank_returns(self) -> None:
        for push in BankPush.objects.order_by("pk"):
            self.tried(Role.CLIENT_MANAGER, answer_push, push, to=PushStage.RETURNED, reason="documents")

    @rule()
    def appeal(self) -> None:
        self.tried(Role.LEGAL_REPRESENTATIVE, appeal_demand, text="不同意")

    @precondition(lambda _: Appeal.objects.filter(upheld=None).exists())
    @rule()
    def answer_appeal(self) -> None:
        appeal = Appeal.objects.get(upheld=None)
        self.tried(Role.LEAD, decide_appeal, appeal, upheld=appeal.pk % 2 == 0, answer="已核实")

    @precondition(lambda _: Repair.objects.exists())
    @rule()
    def repair(self) -> None:
        for found in Repair.objects.order_by("pk"):
            on = timezone.localdate()
            self.tried(Role.OFFICER, arrange_repair, found, department="乡镇", measure="辅导", due_on=on)
            self.tried(Role.OFFICER, end_repair, Repair.objects.get(pk=found.pk), done=True, outcome="完成")

    @rule()
    def declare_again(self) -> None:
        self.tried(Role.OFFICER, declare_again)

    @precondition(lambda self: len(self.seen) > 6)
    @rule()
    def withdraw(self) -> None:
        self.tried(Role.LEGAL_REPRESENTATIVE, withdraw_demand)

    @precondition(lambda self: len(self.seen) > 6)
    @rule()
    def close(self) -> None:
        self.tried(Role.OFFICER, close_demand, reason=CloseReason.FINANCED)

    @invariant()
    def every_step_is_one_of_the_table_and_no_recommendation_lacks_its_review(self) -> None:
        told = Event.objects.filter(subject_kind="demand", subject_id=self.demand.pk).order_by("sequence", "pk")
        moves = [(S(x.basis["from"]), S(x.basis["to"])) for x in told.order_by("at", "pk")]
        assert all(a is b or b in TRANSITIONS[a] for a, b in moves)
        assert all(moves[i - 1][1] is moves[i][0] for i in range(1, len(moves)))
        assert all(a is S.REVIEWED for a, b in moves if b is S.RECOMMENDED)
        acts = {x.act: x for x in told}
        assert "recommend_demand" not in acts or acts["recommend_demand"].actor_id != acts["prepare_demand"].actor_id

    @invariant()
    def clocks_and_sights_fit_the_stage(self) -> None:
        now = self.now
        running = set(Clock.objects.filter(demand=now).exclude(stage=ClockStage.ENDED).values_list("name", flat=True))
        assert ("task_force_review" in running) == (now.stage in (S.DECLARED, S.REVIEWED, S.ASKED_BACK)), (now.stage, running)
        assert ("appeal_answer" in running) == (now.stage in (S.APPEALED, S.RETURN_APPEALED))
        pushes = BankPush.objects.filter(demand=now, stage__in=OPEN_PUSHES).count()
        assert FirmShare.objects.filter(until_at=None).count() == pushes
        assert (now.stage is S.PUSHED) == (pushes > 0)
        assert now.stage not in (S.CLOSED, S.WITHDRAWN) or not running


@pytest.mark.django_db
def test_whatever_anybody_tries_a_demand_goes_only_where_the_table_leads() -> None:
    told = settings(max_examples=5, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None)
    run_state_machine_as_test(Ways, settings=told)
