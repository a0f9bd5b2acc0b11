"""Officers: accounts, their passwords, and what each role may do within a unit.

Refuses a password that somebody would try, and keeps none but as a hash that is slow to make.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import date

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.errors import AccountExistsError, AccountNotFoundError, GrantInvalidError
from satisfaction.heirs import units_reached
from satisfaction.models import Account, Grant, Unit
from satisfaction.office import get_unit, name_of, units_under
from satisfaction.passwords import check_password, plain_password, stands_alone
from satisfaction.terms import AuditAction, Duty, Permission, Role
from satisfaction.text import clean

_READING = frozenset(
    {
        Permission.SEE_COUNTS,
        Permission.SEE_VOICES,
        Permission.READ_OFFICE,
        Permission.READ_FLEET,
        Permission.READ_PEOPLE,
        Permission.READ_CASES,
        Permission.READ_SYSTEM,
        Permission.READ_AUDIT,
    }
)
_SUPERVISING = frozenset(
    {
        Permission.SEE_COUNTS,
        Permission.ENTER_PAPER,
        Permission.SEE_VOICES,
        Permission.READ_WORDS,
        Permission.READ_CASES,
        Permission.HANDLE_CASES,
        Permission.OPEN_DOSSIERS,
    }
)
_ADMINISTERING = frozenset(
    {
        Permission.SERVE_DESK,
        Permission.SEE_COUNTS,
        Permission.IMPORT_DOSSIERS,
        Permission.ENTER_PAPER,
        Permission.MANAGE_CARDS,
        Permission.MANAGE_FLEET,
        Permission.READ_FLEET,
        Permission.MANAGE_OFFICE,
        Permission.READ_OFFICE,
        Permission.MANAGE_PEOPLE,
        Permission.READ_PEOPLE,
        Permission.MANAGE_LETTERS,
    }
)
_OVER_THE_SYSTEM = frozenset(
    {
        Permission.MANAGE_CATALOGUE,
        Permission.MANAGE_SYSTEM,
        Permission.READ_SYSTEM,
        Permission.READ_AUDIT,
    }
)
# About what was given and done: these go on for a unit that is no more, with who answers for it.
OVER_THE_PAST = frozenset(
    {
        Permission.SEE_VOICES,
        Permission.READ_WORDS,
        Permission.SEE_ALLEGATIONS,
        Permission.READ_CASES,
        Permission.HANDLE_CASES,
        Permission.OPEN_DOSSIERS,
        Permission.READ_AUDIT,
    }
)
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.DESK_OFFICER: frozenset({Permission.SERVE_DESK, Permission.SEE_OWN_FIGURES}),
    Role.SUPERVISOR: _SUPERVISING,
    Role.HEAD: _SUPERVISING | {Permission.SEE_ALLEGATIONS},
    Role.INSPECTOR: _SUPERVISING - {Permission.ENTER_PAPER} | {Permission.SEE_ALLEGATIONS},
    Role.ADMINISTRATOR: _ADMINISTERING,
    Role.SYSTEM_ADMINISTRATOR: _ADMINISTERING | _OVER_THE_SYSTEM,
    Role.AUDITOR: _READING,
}
# Whoever can change what others may do gives a second factor as well as a password.
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR})
_HASHES_AT_ONCE = threading.BoundedSemaphore(2)
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class Officer:
    """A signed-in officer: who, of which units, and where each permission holds today.

    ``duty`` is what the officer has to see to before any page is opened.
    """

    account_id: int
    name: str
    display_name: str
    unit_names: tuple[str, ...]
    units: dict[Permission, frozenset[int]]
    duty: Duty | None = None

    def may(self, permission: Permission) -> bool:
        """Say whether the officer holds a permission anywhere."""
        return bool(self.units.get(permission))

    def scope(self, permission: Permission) -> frozenset[int]:
        """Return the units within which a permission holds."""
        return self.units.get(permission, frozenset())


def create_account(session: Session, name: str, *, display_name: str, password: str) -> Account:
    """Add an account; its name is kept in lower case, as it is looked for at sign-in.

    Raises: AccountExistsError; PasswordRefusedError for one that somebody would try.
    """
    check_password(password, name=name, display_name=display_name)
    if find_account(session, name) is not None:
        raise AccountExistsError(name=plain_name(name))
    account = Account(
        name=plain_name(name),
        display_name=clean(display_name),
        password_hash=hash_password(password),
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    record_deed(session, AuditAction.ACCOUNT_CREATED, detail={"account": account.name})
    return account


def put_password(account: Account, password: str) -> None:
    """Give an account a password, and note whether it is enough only beside a second factor.

    Raises: PasswordRefusedError.
    """
    check_password(
        password,
        name=account.name,
        display_name=account.display_name,
        has_second_factor=account.has_second_factor,
    )
    account.password_hash = hash_password(password)
    account.must_set_password = False
    account.is_password_short = not stands_alone(password)
    account.start_hash = account.start_expires_at = None


def find_account(session: Session, name: str) -> Account | None:
    """Return the account of a name, however it is written."""
    return session.scalar(select(Account).where(Account.name == plain_name(name)))


def get_account(session: Session, name: str) -> Account:
    """Return the account of a name.

    Raises: AccountNotFoundError.
    """
    account = find_account(session, name)
    if account is None:
        raise AccountNotFoundError(name=plain_name(name))
    return account


def plain_name(name: str) -> str:
    """Return a name as accounts bear it."""
    return clean(name).casefold()


def grant_role(
    session: Session,
    account: Account,
    role: Role,
    *,
    unit: Unit,
    from_day: date,
    until_day: date | None = None,
    granted_by_id: int | None = None,
) -> Grant:
    """Give an officer a role within a unit and everything under it.

    Raises: GrantInvalidError for days in the wrong order, and for what is held already.
    """
    is_held = any(
        one.role is role
        and one.unit_id == unit.id
        and (until_day is None or one.from_day < until_day)
        and (one.until_day is None or from_day < one.until_day)
        for one in session.scalars(select(Grant).where(Grant.account_id == account.id))
    )
    if is_held or (until_day is not None and until_day <= from_day):
        raise GrantInvalidError()
    grant = Grant(
        account_id=account.id,
        role=role,
        unit_id=unit.id,
        from_day=from_day,
        until_day=until_day,
        granted_by_id=granted_by_id,
    )
    if account in session:
        account.grants.append(grant)
    else:
        session.add(grant)
    session.flush()
    record_deed(
        session,
        AuditAction.ROLE_GRANTED,
        account_id=granted_by_id,
        unit_id=unit.id,
        detail={
            "account": account.name,
            "role": role,
            "from_day": from_day.isoformat(),
            "until_day": until_day.isoformat() if until_day else None,
        },
    )
    return grant


def hash_password(password: str) -> str:
    """Return the form in which a password is kept."""
    with _HASHES_AT_ONCE:
        return _hasher.hash(plain_password(password))


def password_is_right(stored: str, password: str) -> bool:
    """Compare a password with its stored hash; as slow for a wrong one as for a right one."""
    with _HASHES_AT_ONCE:
        try:
            return _hasher.verify(stored, plain_password(password))
        except VerificationError:
            return False


def as_officer(
    session: Session, account: Account, day: date, *, is_strong: bool = False
) -> Officer:
    """Return what an account may do on a day; a grant follows the unit tree of that day.

    What is over the past follows it to units that have ended as well.
    ``is_strong`` says that a second factor was given when the session began.
    """
    grants = [grant for grant in account.grants if grant.holds_on(day)]
    units: dict[Permission, frozenset[int]] = {}
    granted = sorted({grant.unit_id for grant in grants})
    under_each = {unit_id: units_under(session, [unit_id], day) for unit_id in granted}
    reached_each = {unit_id: units_reached(session, [unit_id], day) for unit_id in granted}
    for grant in grants:
        for permission in PERMISSIONS[grant.role]:
            within = reached_each if permission in OVER_THE_PAST else under_each
            units[permission] = units.get(permission, frozenset()) | within[grant.unit_id]
    names = tuple(name_of(get_unit(session, unit_id), day).name for unit_id in granted)
    roles = {grant.role for grant in grants}
    return Officer(
        account_id=account.id,
        name=account.name,
        display_name=account.display_name,
        unit_names=names,
        units=units,
        duty=_find_duty(account, roles, is_strong=is_strong),
    )


def _find_duty(account: Account, roles: set[Role], *, is_strong: bool) -> Duty | None:
    if account.must_set_password:
        return Duty.SET_PASSWORD
    if roles & ADMINISTRATORS and not (is_strong or account.has_second_factor):
        return Duty.SET_SECOND_FACTOR
    return None
