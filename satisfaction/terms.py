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
    """What an officer may do within a unit and everything under it."""

    DESK_OFFICER = "desk_officer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a route asks of the signed-in officer."""

    SERVE_DESK = "serve_desk"
    SEE_COUNTS = "see_counts"
    IMPORT_DOSSIERS = "import_dossiers"
    ENTER_PAPER = "enter_paper"
    MANAGE_CARDS = "manage_cards"
    MANAGE_FLEET = "manage_fleet"
    MANAGE_OFFICE = "manage_office"


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


class FileFault(StrEnum):
    """Why a file cannot be read as a list of dossiers; nothing of it is kept."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    ENCRYPTED = "encrypted"
    OLD_EXCEL = "old_excel"
    WEB_PAGE = "web_page"
    OTHER_FORMAT = "other_format"
    BROKEN = "broken"
    NOT_UTF8 = "not_utf8"
    CELL_TOO_LONG = "cell_too_long"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_LINES = "too_many_lines"
    NO_HEADINGS = "no_headings"
    SEVERAL_LISTS = "several_lists"
    DUPLICATE_HEADING = "duplicate_heading"
    UNKNOWN_MAPPING = "unknown_mapping"
    PERSONAL_MAPPING = "personal_mapping"


class RowFault(StrEnum):
    """Why one line of a list is not kept, or why one of its cells cannot be read."""

    CODE_MISSING = "code_missing"
    NOT_A_CODE = "not_a_code"
    DUPLICATE_CODE = "duplicate_code"
    OTHER_UNIT = "other_unit"
    TOO_LONG = "too_long"
    CONTROL_SIGNS = "control_signs"
    ROUNDED_NUMBER = "rounded_number"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    FORMULA_ERROR = "formula_error"
    NOT_A_DAY = "not_a_day"
    IMPOSSIBLE_DAY = "impossible_day"
    MONTH_FIRST = "month_first"
    AMBIGUOUS_DAY = "ambiguous_day"
    UNLIKELY_DAY = "unlikely_day"
    FUTURE_DAY = "future_day"
    FINISHED_BEFORE_RECEIVED = "finished_before_received"


class SlipFault(StrEnum):
    """Why a paper slip cannot be stored."""

    DAY_TO_COME = "day_to_come"
    TIME_TO_COME = "time_to_come"
    NOT_CONFIGURED = "not_configured"
    DESK_DID_NOT_SERVE = "desk_did_not_serve"
    NO_SUCH_LEVEL = "no_such_level"
    VISIT_RATED = "visit_rated"
    NO_VISIT = "no_visit"
    SEVERAL_VISITS = "several_visits"


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
