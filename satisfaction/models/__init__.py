"""One noun a file. Models hold columns, constraints and relationships; no queries, no I/O."""

from satisfaction.models.account import Account, Grant, SignIn, SignInThrottle
from satisfaction.models.audit import AuditEntry
from satisfaction.models.calendar import OpeningWeek, SpecialDay
from satisfaction.models.card import DeskCard
from satisfaction.models.count import CountedDay, DailyCount, DailyVisitCount
from satisfaction.models.dossier import Dossier
from satisfaction.models.invitation import Invitation
from satisfaction.models.kiosk import CredentialRenewal, Heartbeat, Kiosk, KioskEvent, PairingCode
from satisfaction.models.office import (
    Desk,
    Procedure,
    Sector,
    Succession,
    Unit,
    UnitName,
    UnitParent,
)
from satisfaction.models.quota import QuotaUse
from satisfaction.models.rating import (
    Comment,
    Rating,
    RatingMark,
    RatingReason,
    RatingVoid,
    Refusal,
)
from satisfaction.models.scale import Configuration, Level, Reason, Scale
from satisfaction.models.service import ServiceToken
from satisfaction.models.visit import Visit

__all__ = [
    "Account",
    "AuditEntry",
    "Comment",
    "Configuration",
    "CountedDay",
    "CredentialRenewal",
    "DailyCount",
    "DailyVisitCount",
    "Desk",
    "DeskCard",
    "Dossier",
    "Grant",
    "Heartbeat",
    "Invitation",
    "Kiosk",
    "KioskEvent",
    "Level",
    "OpeningWeek",
    "PairingCode",
    "Procedure",
    "QuotaUse",
    "Rating",
    "RatingMark",
    "RatingReason",
    "RatingVoid",
    "Reason",
    "Refusal",
    "Scale",
    "Sector",
    "ServiceToken",
    "SignIn",
    "SignInThrottle",
    "SpecialDay",
    "Succession",
    "Unit",
    "UnitName",
    "UnitParent",
    "Visit",
]
