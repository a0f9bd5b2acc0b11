"""Signing in by a provider that the office trusts (OpenID Connect): whose account it is.

Refuses to make an account, and to match one by an e-mail that no administrator vouched for.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.audit import record_deed
from satisfaction.models import Account
from satisfaction.sign_ins import Credentials, Started, await_code, begin_session
from satisfaction.terms import AuditAction


@dataclass(frozen=True)
class Identity:
    """Whom the provider vouches for; ``is_strong`` says that it asked for a second factor."""

    subject: str
    verified_email: str
    is_strong: bool


def sign_in_provided(session: Session, identity: Identity, visitor: Credentials) -> Started | None:
    """Start a session, or one that awaits the officer's own code; nothing for who is unknown.

    The first sign-in by e-mail ties the account to the provider's subject, which alone counts from
    then on.
    Writes: sign_in, account, audit_entry.
    """
    account = _find(session, identity)
    if account is None or account.disabled_at is not None:
        record_deed(
            session,
            AuditAction.SIGN_IN_FAILED,
            account_id=account.id if account else None,
            network=visitor.network,
            detail={"provider": True},
        )
        return None
    if account.subject is None:
        account.subject = identity.subject
        detail = {"account": account.name, "changed": "subject"}
        record_deed(session, AuditAction.ACCOUNT_CHANGED, account_id=account.id, detail=detail)
    if account.has_second_factor and not identity.is_strong:
        return await_code(session, account.id, visitor)
    return Started(begin_session(session, account, visitor, is_strong=identity.is_strong), False)


def record_refusal(session: Session, network: str) -> None:
    """Log that a provider's answer was refused before it named anybody.

    Writes: audit_entry.
    """
    detail = {"provider": True}
    record_deed(session, AuditAction.SIGN_IN_FAILED, network=network, detail=detail)


def _find(session: Session, identity: Identity) -> Account | None:
    known = session.scalar(select(Account).where(Account.subject == identity.subject))
    if known is not None or not identity.verified_email:
        return known
    wanted = identity.verified_email.casefold()
    found = [
        one
        for one in session.scalars(
            select(Account).where(Account.is_email_vouched, Account.subject.is_(None))
        )
        if (one.email or "").casefold() == wanted
    ]
    return found[0] if len(found) == 1 else None
