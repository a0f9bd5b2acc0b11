"""How much of an hour's allowance is used up. Only keyed hashes: no address, no device."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, UtcTime


class QuotaUse(Base):
    """What one device, network or desk has used in the hour that begins at ``hour_at``."""

    __tablename__ = "quota_use"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hour_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    amount: Mapped[int]
