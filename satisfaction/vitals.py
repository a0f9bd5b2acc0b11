"""A few figures by which a monitoring centre sees trouble. Refuses to count for anybody else."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock, rollups
from satisfaction.models import CountedDay, Delivery, Heartbeat, Kiosk, Rating, Refusal
from satisfaction.terms import DeliveryState


@dataclass(frozen=True)
class Vitals:
    """What the database says at this moment. Units: ages in seconds.

    Shape: ``oldest_letter_age`` is that of the oldest letter that waits to be sent, 0 where none
    does; ``heartbeat_ages`` by number of kiosk, revoked ones left out; ``refusals`` by reason.
    """

    ratings_today: int
    stale_days: int
    seconds_since_rebuild: float | None
    oldest_letter_age: float
    heartbeat_ages: dict[int, float]
    refusals: dict[str, int]


def read_vitals(session: Session) -> Vitals:
    """Return the figures of this moment; cheap enough for every fifteen seconds."""
    now = clock.now()
    today = select(func.count()).select_from(Rating).where(Rating.local_day == clock.today())
    rebuilt_at = session.scalar(select(func.max(CountedDay.rebuilt_at)))
    beats = session.execute(
        select(Heartbeat.kiosk_id, Heartbeat.at)
        .join(Kiosk, Kiosk.id == Heartbeat.kiosk_id)
        .where(Kiosk.revoked_at.is_(None))
    )
    waiting = select(func.min(Delivery.planned_at)).where(
        Delivery.state.in_((DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.UNCERTAIN))
    )
    oldest = session.scalar(waiting)
    refused = session.execute(select(Refusal.reason, func.count()).group_by(Refusal.reason))
    return Vitals(
        ratings_today=session.scalar(today) or 0,
        stale_days=len(rollups.list_stale_days(session)),
        seconds_since_rebuild=(now - rebuilt_at).total_seconds() if rebuilt_at else None,
        oldest_letter_age=(now - oldest).total_seconds() if oldest else 0.0,
        heartbeat_ages={kiosk: (now - at).total_seconds() for kiosk, at in beats},
        refusals={reason.value: number for reason, number in refused},
    )
