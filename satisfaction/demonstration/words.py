"""Invented words of citizens for the demonstration, and cases that answer some of them.

Refuses anything that a person has really said: every sentence is made up for this purpose.
"""

from datetime import timedelta
from random import Random

from sqlalchemy.orm import Session

from satisfaction import accounts, case_opening, clock, voices
from satisfaction.case_changes import Change, Seen, change_case
from satisfaction.colleagues import Colleague, list_colleagues
from satisfaction.models import Account, Unit
from satisfaction.pseudonyms import Pseudonyms
from satisfaction.terms import CaseState, Permission
from satisfaction.voice_rows import Reader

LOW = (
    "Chờ hơn một tiếng mới tới lượt, trong khi phòng không đông.",
    "Hướng dẫn qua điện thoại một kiểu, đến nơi lại bảo thiếu giấy khác.",
    "Phải quay lại lần thứ ba vẫn chưa xong.",
    "Ghế ngồi chờ ít quá, người già phải đứng.",
    "Cán bộ nói nhanh, tôi hỏi lại thì gắt.",
    "Hẹn trả kết quả hôm nay mà đến nơi lại hẹn tiếp.",
    "Mẫu đơn khó hiểu, không có bản điền sẵn để xem.",
    "Buổi chiều chỉ có một bàn làm việc nên rất lâu.",
)
HIGH = (
    "Cán bộ hướng dẫn tận tình, cảm ơn.",
    "Làm nhanh hơn tôi nghĩ.",
    "Có chỗ ngồi mát, có nước uống. Rất tốt.",
    "Nên có thêm bảng chỉ dẫn ở cửa vào.",
)
ANSWERS = (
    "Đã xem lại lịch trực, bố trí thêm một người ở bàn này vào đầu buổi.",
    "Đã in lại tờ hướng dẫn và dán ở bàn.",
    "Đã trao đổi với cán bộ bàn, nhắc nói chậm và hỏi lại người dân.",
)


def invent_words(seed: str, *, level: int) -> str:
    """Return what a citizen wrote, mostly nothing; the same seed always gives the same."""
    random = Random(f"hai-long words {seed}")
    if random.random() >= (0.45 if level <= 3 else 0.02):
        return ""
    return random.choice(LOW if level <= 3 else HIGH)


def plant_cases(session: Session, unit: Unit) -> None:
    """Have some of the last fortnight's voices answered: some done, one late, some waiting."""
    helpers = list_colleagues(session, unit.id)
    account = session.get(Account, helpers[0].account_id) if helpers else None
    if account is None:
        return
    officer = accounts.as_officer(session, account, clock.today())
    reader = Reader(
        account_id=account.id,
        names=Pseudonyms("demonstration", purpose="voices"),
        voices=officer.scope(Permission.SEE_VOICES) & {unit.id},
        handling=officer.scope(Permission.HANDLE_CASES) & {unit.id},
        cases=officer.scope(Permission.READ_CASES) & {unit.id},
    )
    for days_ago in (10, 9, 8, 7, 4, 3, 2):
        with clock.replaced(clock.now() - timedelta(days=days_ago)):
            _open_some(session, reader, helpers, days_ago)
    while case_opening.open_due_cases(session):
        pass
    while case_opening.escalate_late_cases(session):
        pass


def _open_some(
    session: Session, reader: Reader, helpers: tuple[Colleague, ...], days_ago: int
) -> None:
    """Open two cases as of this moment; the older days' first one was answered two days later."""
    latest = voices.list_latest(session, reader, limit=2, days=3)
    names = [voice.name for voice in latest if voice.case_token is None]
    helper = helpers[days_ago % len(helpers)]
    opened = case_opening.open_cases(
        session, reader, names, change=Change(assignee_id=helper.account_id)
    )
    for case in opened[:1] if days_ago > 3 else ():
        with clock.replaced(clock.now() + timedelta(days=2)):
            note = ANSWERS[days_ago % len(ANSWERS)]
            answer = Change(state=CaseState.DONE, note=note)
            change_case(session, reader, Seen(case.token, case.version), change=answer)
