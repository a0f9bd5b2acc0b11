"""What the ledger and the letters hold when their revision is taken or taken back."""

from datetime import timedelta

from sqlalchemy import select

from satisfaction import clock, ledger
from satisfaction.database import unit_of_work
from satisfaction.models import Delivery, Desk, Letter, RefusedAddress, Subscription
from satisfaction.terms import DeliveryState, Language, LetterKind


def plant_letters() -> None:
    """Plant a run of a job, and a letter on its way."""
    today = clock.today()
    with unit_of_work() as session:
        unit_id = session.scalars(select(Desk.unit_id)).first()
        assert unit_id is not None
        for unit in (None, unit_id):
            ledger.plan_run(session, ledger.NewRun("rebuild", clock.now(), unit_id=unit))
        wanted = Subscription(
            address="reader@example.gov.vn",
            unit_id=unit_id,
            is_daily=True,
            is_weekly=False,
            is_monthly=False,
            hour=18,
            is_only_when_needed=False,
            language=Language.VI,
            created_at=clock.now(),
        )
        letter = Letter(
            kind=LetterKind.DAILY,
            unit_id=unit_id,
            first_day=today,
            end_day=today + timedelta(days=1),
            created_at=clock.now(),
        )
        session.add_all([wanted, letter])
        session.flush()
        session.add(
            Delivery(
                letter_id=letter.id,
                subscription_id=wanted.id,
                address=wanted.address,
                language=Language.VI,
                planned_at=clock.now(),
                figures={"answers": 3},
                subject="Đánh giá",
                plain="Đánh giá",
                html="<p>Đánh giá</p>",
                message_id="<one@example.gov.vn>",
                state=DeliveryState.PLANNED,
                next_try_at=clock.now(),
                give_up_at=clock.now(),
            )
        )
        session.add(
            RefusedAddress(
                address="gone@example.gov.vn", refused_at=clock.now(), code=550, detail="unknown"
            )
        )
