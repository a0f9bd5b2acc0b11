"""A few figures by which a monitoring centre sees trouble. Refuses to count for anybody else."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock, rollups
from satisfaction.models import CountedDay, Heartbeat, Kiosk, Rating, Refusal


@dataclass(frozen=True)
class Vitals:
    """What the database says at this moment. Units: ages in seconds.

    Shape: ``heartbeat_ages`` by number of kiosk, revoked ones left out; ``refusals`` by reason.
    """

    ratings_today: int
    stale_days: int
    seconds_since_rebuild: float | None
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
    refused = session.execute(select(Refusal.reason, func.count()).group_by(Refusal.reason))
    return Vitals(
        ratings_today=session.scalar(today) or 0,
        stale_days=len(rollups.list_stale_days(session)),
        seconds_since_rebuild=(now - rebuilt_at).total_seconds() if rebuilt_at else None,
        heartbeat_ages={kiosk: (now - at).total_seconds() for kiosk, at in beats},
        refusals={reason.value: number for reason, number in refused},
    )
