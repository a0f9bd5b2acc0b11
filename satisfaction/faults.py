"""Why files, rows, slips and changes are refused. Refuses to say it in words, as faces do."""

from enum import StrEnum


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
    NAME_MISSING = "name_missing"
    SECTOR_MISSING = "sector_missing"
    ODD_CODE = "odd_code"
    ODD_SIGNS = "odd_signs"
    UNKNOWN_KIND = "unknown_kind"
    UNTIL_BEFORE_FROM = "until_before_from"
    BEFORE_UNIT = "before_unit"
    STILL_USED = "still_used"


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


class OfficeFault(StrEnum):
    """Why a change of the office cannot be made; nothing of it is kept."""

    NO_WORDS = "no_words"
    WORDS_TOO_LONG = "words_too_long"
    ODD_SIGNS = "odd_signs"
    ODD_CODE = "odd_code"
    CODE_TAKEN = "code_taken"
    NAME_TAKEN = "name_taken"
    UNLIKELY_DAY = "unlikely_day"
    BEFORE_BEGIN = "before_begin"
    AFTER_END = "after_end"
    DAY_TAKEN = "day_taken"
    DAYS_OVERLAP = "days_overlap"
    DAY_IS_OVER = "day_is_over"
    UNDER_ITSELF = "under_itself"
    PARENT_NOT_THERE = "parent_not_there"
    HAS_RATINGS = "has_ratings"
    HAS_UNITS = "has_units"
    NOTHING_CHANGED = "nothing_changed"
    NEEDS_SUCCESSOR = "needs_successor"
    NEEDS_NO_SUCCESSOR = "needs_no_successor"
    SUCCESSOR_NOT_THERE = "successor_not_there"
    WHOLE_TO_ONE = "whole_to_one"
    SECTOR_UNKNOWN = "sector_unknown"
    LEVELS_FEW_OR_MANY = "levels_few_or_many"
    LEVELS_OUT_OF_ORDER = "levels_out_of_order"
    LEVELS_ONE_SIDED = "levels_one_sided"
    REASON_UNKNOWN = "reason_unknown"
    SCALE_UNKNOWN = "scale_unknown"
    OUT_OF_BOUNDS = "out_of_bounds"
    MARK_TOO_LARGE = "mark_too_large"
    MARK_OTHER_FORMAT = "mark_other_format"
    MARK_BROKEN = "mark_broken"
    MARK_ODD_SIZE = "mark_odd_size"


class CaseFault(StrEnum):
    """Why a change of a case is refused; nothing of it is kept."""

    NOT_OPEN_TO_HIM = "not_open_to_him"
    NO_ANSWER = "no_answer"
    NOTHING = "nothing"
    DAY_IS_OVER = "day_is_over"
    DAY_TOO_FAR = "day_too_far"
    DAY_NOT_MOVED = "day_not_moved"
    NOT_WORKING = "not_working"
    NO_DUE_REASON = "no_due_reason"
    IS_DONE = "is_done"
    TOO_LONG = "too_long"
    NO_REASON = "no_reason"
    NOT_ASSIGNED = "not_assigned"
    NO_DOSSIER = "no_dossier"
    NOT_CONFIGURED = "not_configured"


class NoteFault(StrEnum):
    """Why a note on a day is not kept."""

    TOO_LONG = "too_long"
    NOT_ODD = "not_odd"
    NOTHING = "nothing"
