"""The only source of figures. Screen, file, command and letter read them here.

Refuses a figure without its denominator, and never mixes linked, unlinked and voided ratings.
Days that are closed and unmarked come from the stored counts; today and marked days are counted
from the ratings themselves, so that figures are exact at every moment.
"""

from satisfaction.counting.desks import count_served
from satisfaction.counting.hours import count_hours
from satisfaction.counting.laying import count
from satisfaction.counting.reasons import count_reasons
from satisfaction.counting.selecting import finished_visits, standing_ratings

__all__ = [
    "count",
    "count_hours",
    "count_reasons",
    "count_served",
    "finished_visits",
    "standing_ratings",
]
