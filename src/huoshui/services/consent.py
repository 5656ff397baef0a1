"""Consent of people (同意): given to a version of a text, valid while that version is in force, and withdrawn at any time."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from huoshui.errors import NoPolicy, WrongStage
from huoshui.models import Consent, User
from huoshui.policy import bind_table, read, read_history
from huoshui.policy.reading import Policy
from huoshui.services.event import record
from huoshui.services.party import platform
from huoshui.terms import ConsentPurpose


@dataclass(frozen=True, slots=True)
class _Text:
    title_zh: str
    title_en: str
    required: bool
    zh: list[str]
    en: list[str]


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text that a person agrees to (同意书): `version` is the day since when it holds."""

    purpose: ConsentPurpose
    version: str
    title_zh: str
    title_en: str
    required: bool
    zh: tuple[str, ...]
    en: tuple[str, ...]


def consent_text(purpose: ConsentPurpose, *, on: date, region: str = "000000") -> ConsentText:
    """The text in force on a day (现行同意书). Raises NoPolicy."""
    return _text(read("consents", region=region, on=on), purpose)


def consent_texts(*, on: date, region: str = "000000") -> list[ConsentText]:
    """All texts in force on a day (全部现行同意书)."""
    policy = read("consents", region=region, on=on)
    return [_text(policy, x) for x in ConsentPurpose if x.value in policy.fields]


def text_of_version(purpose: ConsentPurpose, *, version: str, region: str = "000000") -> ConsentText:
    """The text of a version, also of one that no longer holds (历史同意书). Raises NoPolicy."""
    known = {x.since.isoformat(): x.since for x in read_history("consents", region=region).get(purpose.value, ())}
    if version not in known:
        raise NoPolicy(f"the text for {purpose} has no version {version}", field="version")
    return consent_text(purpose, on=known[version], region=region)


@transaction.atomic
def give_consent(user: User, purpose: ConsentPurpose, *, version: str, at: datetime) -> Consent:
    """Note that a person agreed to the text that they read (给予同意); the same version again is the same consent.

    Raises WrongStage where that is not the text in force: it must be read again.
    """
    current = consent_text(purpose, on=timezone.localtime(at).date())
    if version != current.version:
        raise WrongStage("the text was changed meanwhile; read it again", zh="同意书已更新，请重新阅读后确认")
    User.objects.select_for_update().get(pk=user.pk)  # two taps at once are one consent
    found = Consent.objects.filter(user=user, purpose=purpose, version=version, withdrawn_at=None).first()
    if found is not None:
        return Consent.objects.get(pk=found.pk)
    made = Consent.objects.create(user=user, purpose=purpose, version=version, given_at=at)
    basis = {"purpose": purpose.value, "version": version}
    record("give_consent", made, by=user, organization=platform(), basis=basis)
    return made


@transaction.atomic
def withdraw_consent(user: User, purpose: ConsentPurpose, *, at: datetime) -> int:
    """Withdraw a consent in all its versions (撤回同意); how many records that ended. What was done before stays done."""
    given = list(Consent.objects.select_for_update().filter(user=user, purpose=purpose, withdrawn_at=None).order_by("pk"))
    for consent in given:
        consent.withdrawn_at = at
        consent.save(update_fields=["withdrawn_at"])
        basis = {"purpose": purpose.value, "version": consent.version}
        record("withdraw_consent", consent, by=user, organization=platform(), basis=basis)
    return len(given)


def has_consent(user: User, purpose: ConsentPurpose) -> bool:
    """Whether a person agrees today, to the text in force today (是否已同意)."""
    version = consent_text(purpose, on=timezone.localdate()).version
    return Consent.objects.filter(user=user, purpose=purpose, version=version, withdrawn_at=None).exists()


def _text(policy: Policy, purpose: ConsentPurpose) -> ConsentText:
    found = bind_table(policy, field=purpose.value, shape=_Text)
    version = policy.dated(purpose.value).since.isoformat()
    return ConsentText(purpose, version, found.title_zh, found.title_en, found.required, tuple(found.zh), tuple(found.en))
