"""Closed vocabularies of the office. Refuses to know how they are shown or stored.

Source: docs/glossary.md; the words are those of the one-stop mechanism and of TT 32/2017.
"""

from enum import IntEnum, StrEnum


class Channel(StrEnum):
    """How a visit or dossier reached the office; an unknown channel is never guessed."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    POST = "post"
    UNKNOWN = "unknown"


class RatingSource(StrEnum):
    """The means by which an answer was given."""

    KIOSK = "kiosk"
    QR = "qr"
    LINK = "link"
    PAPER = "paper"


class VisitKind(StrEnum):
    """What one serving of a citizen was for."""

    INTAKE = "intake"
    SUPPLEMENT = "supplement"
    RESULT = "result"
    GUIDANCE = "guidance"


class Outcome(StrEnum):
    """What became of a finished visit's question; participation is computed from it."""

    RATED = "rated"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    EXPIRED = "expired"
    NOT_SHOWN = "not_shown"


class Answered(StrEnum):
    """All that an officer at the desk learns of a finished visit's question."""

    RATED = "rated"
    NOT_YET = "not_yet"
    NOT_RATED = "not_rated"


class Leaning(StrEnum):
    """What a level of a scale counts as."""

    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"


class Standing(StrEnum):
    """How a rating stands in the figures; kinds of standing are never added up silently."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    VOIDED = "voided"


class Layout(StrEnum):
    """How the levels were arranged when they were shown."""

    ROW = "row"
    STACK = "stack"
    PAPER = "paper"


class Language(StrEnum):
    """Languages a citizen can be asked in."""

    VI = "vi"
    EN = "en"


class DeskKind(StrEnum):
    """A desk in a room, or the office's place for visits that happen online or by post."""

    COUNTER = "counter"
    REMOTE = "remote"


class UnitKind(StrEnum):
    """Kinds of units in the tree of offices."""

    CITY = "city"
    DISTRICT = "district"
    WARD = "ward"
    COMMUNE = "commune"
    CENTRE = "centre"


class SuccessionKind(StrEnum):
    """Why one unit follows another."""

    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"
    DISSOLVED = "dissolved"
    FOUNDED = "founded"


class SuccessionExtent(StrEnum):
    """Whether a unit went to its successor whole or in part."""

    WHOLE = "whole"
    PART = "part"


class Timeliness(StrEnum):
    """A finished dossier against its due day, by date; early and on time are kept apart."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    UNKNOWN = "unknown"


class FollowUp(StrEnum):
    """After which answers the screen asks for reasons."""

    LOW = "low"
    ALL = "all"
    OFF = "off"


class Role(StrEnum):
    """What an officer may do within a unit and everything under it.

    The administrator is the unit's own; the head answers for the unit, the inspector looks into
    allegations, the auditor reads everything but personal words and changes nothing.
    """

    DESK_OFFICER = "desk_officer"
    SUPERVISOR = "supervisor"
    HEAD = "head"
    INSPECTOR = "inspector"
    ADMINISTRATOR = "administrator"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    AUDITOR = "auditor"


class Duty(StrEnum):
    """What an officer has to see to before anything else."""

    SET_PASSWORD = "set_password"  # noqa: S105 - a word, no password.
    SET_SECOND_FACTOR = "set_second_factor"


class Permission(StrEnum):
    """What a route asks of the signed-in officer."""

    SERVE_DESK = "serve_desk"
    SEE_COUNTS = "see_counts"
    IMPORT_DOSSIERS = "import_dossiers"
    ENTER_PAPER = "enter_paper"
    MANAGE_CARDS = "manage_cards"
    MANAGE_FLEET = "manage_fleet"
    MANAGE_OFFICE = "manage_office"
    SEE_OWN_FIGURES = "see_own_figures"
    SEE_VOICES = "see_voices"
    READ_WORDS = "read_words"
    SEE_ALLEGATIONS = "see_allegations"
    HANDLE_CASES = "handle_cases"
    OPEN_DOSSIERS = "open_dossiers"
    MANAGE_CATALOGUE = "manage_catalogue"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_LETTERS = "manage_letters"
    MANAGE_SYSTEM = "manage_system"
    READ_OFFICE = "read_office"
    READ_FLEET = "read_fleet"
    READ_PEOPLE = "read_people"
    READ_CASES = "read_cases"
    READ_SYSTEM = "read_system"
    READ_AUDIT = "read_audit"


# Reasons that accuse somebody; they go to the unit's head and the inspector alone.
ALLEGATIONS = frozenset({"fee"})


class PeriodKind(StrEnum):
    """Reporting periods; all are half-open ranges of local days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    NINE_MONTHS = "nine_months"
    YEAR = "year"
    DATES = "dates"


class Dimension(StrEnum):
    """What figures can be laid out along."""

    TOTAL = "total"
    DESK = "desk"
    UNIT = "unit"
    PROCEDURE = "procedure"
    SECTOR = "sector"
    CHANNEL = "channel"
    SOURCE = "source"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class RecordingResult(StrEnum):
    """The answer to one delivered rating."""

    RECORDED = "recorded"
    KNOWN = "known"
    ALREADY_RATED = "already_rated"
    CONFLICT = "conflict"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Why a delivered rating was not counted; what was refused is kept with its reason."""

    UNKNOWN_DESK = "unknown_desk"
    RETIRED_DESK = "retired_desk"
    UNKNOWN_VISIT = "unknown_visit"
    WRONG_DESK = "wrong_desk"
    VISIT_NOT_FINISHED = "visit_not_finished"
    UNKNOWN_CONFIGURATION = "unknown_configuration"
    LEVEL_OF_ANOTHER_SCALE = "level_of_another_scale"
    UNKNOWN_REASON = "unknown_reason"
    TIME_IN_FUTURE = "time_in_future"
    BEFORE_ENROLMENT = "before_enrolment"
    REVOKED_KIOSK = "revoked_kiosk"
    UNLINKED_NOT_ALLOWED = "unlinked_not_allowed"
    ALREADY_RATED = "already_rated"
    CONFLICT = "conflict"
    MALFORMED = "malformed"


class CatalogueKind(StrEnum):
    """Of what a catalogue is."""

    PROCEDURES = "procedures"
    DESKS = "desks"


class Planned(StrEnum):
    """What a line of a catalogue would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class AuditAction(StrEnum):
    """What the log of officers' and devices' deeds can name."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    ACCOUNT_CREATED = "account_created"
    ROLE_GRANTED = "role_granted"
    DOSSIERS_IMPORTED = "dossiers_imported"
    COUNTS_EXPORTED = "counts_exported"
    RATING_CONFLICT = "rating_conflict"
    RATING_VOIDED = "rating_voided"
    OFFICE_CHANGED = "office_changed"
    KIOSK_ENROLLED = "kiosk_enrolled"
    KIOSK_REVOKED = "kiosk_revoked"
    INVITATION_MADE = "invitation_made"
    PAPER_ENTERED = "paper_entered"
    CARD_MADE = "card_made"
    SERVICE_ADMITTED = "service_admitted"
    SERVICE_REVOKED = "service_revoked"
    PASSWORD_SET = "password_set"  # noqa: S105 - a word, no password.
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    SESSIONS_ENDED = "sessions_ended"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_REVIEWED = "account_reviewed"
    ROLE_ENDED = "role_ended"
    CASE_CHANGED = "case_changed"
    DOSSIER_OPENED = "dossier_opened"
    WORDS_ERASED = "words_erased"
    CATALOGUE_IMPORTED = "catalogue_imported"
    REPORT_EXPORTED = "report_exported"
    AUDIT_EXPORTED = "audit_exported"
    LETTER_SENT_AGAIN = "letter_sent_again"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    BACKUP_TAKEN = "backup_taken"
    BACKUP_RESTORED = "backup_restored"
    JOB_STARTED_BY_HAND = "job_started_by_hand"


class Weekday(IntEnum):
    """Days of the week as Python numbers them; the office's week starts on Monday."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class KioskEventKind(StrEnum):
    """What a device's reports can bring to light."""

    STORE_CLEARED = "store_cleared"
    RATINGS_MISSING = "ratings_missing"
    CLOCK_WRONG = "clock_wrong"


class Mark(StrEnum):
    """Why a rating, kept and counted, is shown as to be looked at."""

    CLOCK_CORRECTED = "clock_corrected"
    DAY_UNKNOWN = "day_unknown"
    BACKDATED = "backdated"
    TOO_QUICK = "too_quick"
    BURST = "burst"
    OUTSIDE_HOURS = "outside_hours"
    AFTER_REVOCATION = "after_revocation"


class InvitationPurpose(StrEnum):
    """Where a one-time link was handed over."""

    RECEIPT = "receipt"
    SCREEN = "screen"
    ONLINE = "online"


class JobState(StrEnum):
    """How far one run of a job is."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class LetterKind(StrEnum):
    """The letters there are, by the period that each of them tells of."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class DeliveryState(StrEnum):
    """What became of one reader's letter.

    ``uncertain`` was handed over without an answer, so it may arrive twice; ``withheld`` is not
    sent, because its reader may not see it any more or has stopped it.
    """

    PLANNED = "planned"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"


class HalfDay(StrEnum):
    """All that is said of the time of a citizen's answer, besides its day."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class CaseKind(StrEnum):
    """What a case is about; an allegation is seen by those alone who may see allegations."""

    VOICE = "voice"
    ALLEGATION = "allegation"
    PATTERN = "pattern"


class CaseState(StrEnum):
    """How far a case is: not seen yet, in somebody's hands, answered."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class CaseDeed(StrEnum):
    """What the history of a case can name."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    STATE_CHANGED = "state_changed"
    DUE_CHANGED = "due_changed"
    NOTED = "noted"
    ESCALATED = "escalated"
    PUBLISHED = "published"
    DOSSIER_OPENED = "dossier_opened"
