"""One noun a file. Models hold columns, constraints and relationships; no queries, no I/O."""

from satisfaction.models.account import Account, Grant, RecoveryCode, SignIn, SignInThrottle
from satisfaction.models.audit import AuditEntry
from satisfaction.models.calendar import OpeningWeek, SpecialDay
from satisfaction.models.card import DeskCard
from satisfaction.models.case import Case, CaseEvent, CasePolicy
from satisfaction.models.count import (
    CountedDay,
    DailyCount,
    DailyHourCount,
    DailyProcedureCount,
    DailyProcedureVisitCount,
    DailyReasonCount,
    DailyReasonedCount,
    DailyVisitCount,
)
from satisfaction.models.day_note import DayNote
from satisfaction.models.dossier import Dossier
from satisfaction.models.emblem import Emblem
from satisfaction.models.invitation import Invitation
from satisfaction.models.job import JobRun
from satisfaction.models.kiosk import CredentialRenewal, Heartbeat, Kiosk, KioskEvent, PairingCode
from satisfaction.models.letter import Delivery, Letter, RefusedAddress, Subscription
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
    "Case",
    "CaseEvent",
    "CasePolicy",
    "Comment",
    "Configuration",
    "CountedDay",
    "CredentialRenewal",
    "DailyCount",
    "DailyHourCount",
    "DailyProcedureCount",
    "DailyProcedureVisitCount",
    "DailyReasonCount",
    "DailyReasonedCount",
    "DailyVisitCount",
    "DayNote",
    "Delivery",
    "Desk",
    "DeskCard",
    "Dossier",
    "Emblem",
    "Grant",
    "Heartbeat",
    "Invitation",
    "JobRun",
    "Kiosk",
    "KioskEvent",
    "Letter",
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
    "RecoveryCode",
    "Refusal",
    "RefusedAddress",
    "Scale",
    "Sector",
    "ServiceToken",
    "SignIn",
    "SignInThrottle",
    "SpecialDay",
    "Subscription",
    "Succession",
    "Unit",
    "UnitName",
    "UnitParent",
    "Visit",
]
