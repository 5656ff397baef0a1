from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from huoshui.adapters.synthetic.basis import Noise
from huoshui.models import BusinessAuthentication, Demand, Firm, LoanCode, User, Visit
from huoshui.services.authentication import confirm_licence, identify_person, start_authentication
from huoshui.services.authentication.reading import read_licence_photo
from huoshui.services.demo import authentication_sheet, demo_logins, fill_site
from huoshui.services.demo.county import Screened
from huoshui.services.demo.logins import PASSWORD
from huoshui.services.event import chain_faults
from huoshui.services.generate import GenerateRequest, generate_registers
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.run import screen_registers
from huoshui.terms import AuthenticationStage, DemandStage, EngineName, RegisterKind, Role

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A small demonstration, made once for all tests here."""
    del django_db_setup
    folder = tmp_path_factory.mktemp("demo")
    on = timezone.localdate() - timedelta(days=20)
    generate_registers(
        GenerateRequest(
            firms=900, seed=7, out=folder / "r", region="350203", on=on, noise=Noise.NONE, workers=1, outcomes=False
        ),
        progress=lambda *_: None,
    )
    kinds = (RegisterKind.REGISTRY, RegisterKind.TAX, RegisterKind.LOANS, RegisterKind.INVOICES, RegisterKind.EXCLUSIONS)
    registers = dict.fromkeys(kinds, folder / "r")
    screen_registers(
        ScreeningRequest(registers=registers, rule="never_borrowed", region="350203", on=on, out=folder / "s",
                         engine=EngineName.DUCKDB, workbooks="none"),
        progress=lambda _: None,
    )  # fmt: skip
    with django_db_blocker.unblock(), transaction.atomic():
        assert fill_site([Screened(folder / "r", folder / "s")], at=timezone.now())
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("filled")
def test_there_are_demands_at_every_stage_visits_and_codes_and_every_firm_is_made_up() -> None:
    assert set(Demand.objects.values_list("stage", flat=True)) == set(DemandStage)
    assert Visit.objects.count() > 50
    assert LoanCode.objects.count() == 4
    assert not Firm.objects.filter(synthetic=False).exists()
    assert list(chain_faults()) == []


@pytest.mark.usefixtures("filled")
def test_a_second_filling_changes_nothing() -> None:
    assert not fill_site([Screened(Path("nowhere"), Path("nowhere"))], at=timezone.now())


@pytest.mark.usefixtures("filled")
def test_every_printed_login_of_staff_gets_in_with_password_and_code(client: Client) -> None:
    login = next(x for x in demo_logins() if x.role == "officer")
    assert len(demo_logins()) == 11
    first = client.post("/accounts/login/", {"login": login.name, "password": PASSWORD})
    assert first.headers["Location"].startswith("/accounts/2fa/authenticate/")
    second = client.post("/accounts/2fa/authenticate/", {"code": login.code})
    assert (second.status_code, client.get("/").status_code) == (302, 200)


@pytest.mark.usefixtures("filled")
def test_what_the_sheet_says_authenticates_a_firm_by_itself_and_hands_in_its_demand() -> None:
    sheet, at = authentication_sheet(), timezone.now()
    assert sheet is not None
    user = User.objects.with_phone(sheet.phone)
    assert user is not None
    started = start_authentication(user=user, photo=sheet.licence.read_bytes(), at=at)
    read_licence_photo(started.pk, at=at)
    row = BusinessAuthentication.objects.get(pk=started.pk)
    row = confirm_licence(row, by=user, fields={x: text for x, (text, _) in row.read.items()}, at=at)
    role = Role.LEGAL_REPRESENTATIVE
    done = identify_person(row, by=user, name=sheet.name, id_number=sheet.id_number, capacity=role, at=at)
    assert (done.stage, done.reasons) == (AuthenticationStage.AUTHENTICATED, [])


@pytest.mark.usefixtures("filled")
def test_two_doubtful_authentications_wait_for_an_officer() -> None:
    assert BusinessAuthentication.objects.filter(stage=AuthenticationStage.IN_REVIEW).count() == 2
