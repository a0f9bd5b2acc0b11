"""The demonstration office: a past quarter with published figures, and a ward of today.

Refuses a database in which an office stands already. Every unit in it is marked as demonstration,
and every output shows the mark.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import accounts, clock, rollups
from satisfaction.catalogue import load_catalogue
from satisfaction.demonstration.past import DISTRICT_CODE, load_past
from satisfaction.demonstration.present import FOUNDED_DAY, load_present
from satisfaction.demonstration.words import plant_cases
from satisfaction.models import Unit
from satisfaction.office import load_scales
from satisfaction.terms import Role

OFFICERS = (
    ("canbo", "Cán bộ tại bàn (minh họa)", Role.DESK_OFFICER),
    ("phutrach", "Phụ trách bộ phận Một cửa (minh họa)", Role.SUPERVISOR),
    ("lanhdao", "Lãnh đạo đơn vị (minh họa)", Role.HEAD),
    ("thanhtra", "Thanh tra (minh họa)", Role.INSPECTOR),
    ("kiemtra", "Kiểm tra, chỉ đọc (minh họa)", Role.AUDITOR),
    ("quantridv", "Quản trị đơn vị (minh họa)", Role.ADMINISTRATOR),
    ("quantri", "Quản trị hệ thống (minh họa)", Role.SYSTEM_ADMINISTRATOR),
)
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_DIGITS = "23456789"


@dataclass(frozen=True)
class DemonstrationOfficer:
    """A sign-in of this installation's own."""

    name: str
    password: str
    role: Role


@dataclass(frozen=True)
class Demonstration:
    """What a person needs to try the office; shown once, for the database keeps only hashes."""

    officers: tuple[DemonstrationOfficer, ...]
    kiosk_tokens: dict[str, str]


def has_office(session: Session) -> bool:
    """Say whether any office stands in this database."""
    return session.scalar(select(Unit.id).limit(1)) is not None


def load_demonstration(session: Session) -> Demonstration | None:
    """Load the whole office into an empty database; do nothing when one stands there.

    Writes: units, desks, kiosks, procedures, dossiers, visits, ratings, accounts, and the stored
    counts of every closed day.
    """
    if has_office(session):
        return None
    load_scales(session)
    procedures = list(load_catalogue(session).values())
    past = load_past(session, procedures)
    ward = load_present(session, procedures, past)
    officers = tuple(
        _add_officer(session, officer, [ward.unit, past[DISTRICT_CODE]]) for officer in OFFICERS
    )
    plant_cases(session, ward.unit)
    rollups.rebuild_days(session, rollups.list_stale_days(session))
    return Demonstration(officers, ward.kiosk_tokens)


def _add_officer(
    session: Session, officer: tuple[str, str, Role], units: list[Unit]
) -> DemonstrationOfficer:
    """Add an account; a desk officer serves today's ward only, the others see the past as well."""
    name, display_name, role = officer
    password = make_password()
    account = accounts.create_account(session, name, display_name=display_name, password=password)
    for unit in units[:1] if role is Role.DESK_OFFICER else units:
        accounts.grant_role(
            session, account, role, unit=unit, from_day=min(FOUNDED_DAY, clock.today())
        )
    return DemonstrationOfficer(name, password, role)


def make_password() -> str:
    """Return a password of four kinds of signs that can be read from a screen and typed."""

    def part() -> str:
        letters = [secrets.choice(_LETTERS) for _ in range(3)]
        return letters[0].upper() + "".join(letters[1:]) + secrets.choice(_DIGITS)

    return "-".join(part() for _ in range(4))
