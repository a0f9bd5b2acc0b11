"""Passwords that somebody would try are refused; long ones of any kind are taken."""

import unicodedata

import pytest

from satisfaction import accounts
from satisfaction.database import unit_of_work
from satisfaction.demonstration import make_password
from satisfaction.errors import PasswordRefusedError
from satisfaction.notices import say
from satisfaction.passwords import LONGEST, PasswordFault, check_password
from tests.conftest import Office


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", PasswordFault.TOO_SHORT),
        ("Ngắn 12", PasswordFault.TOO_SHORT),
        ("x" * (LONGEST + 1), PasswordFault.TOO_LONG),
        ("aaaaaaaaaaaa", PasswordFault.COMMON),
        ("abc1abc1abc1", PasswordFault.COMMON),
        ("123456789012", PasswordFault.COMMON),
        ("qwertyuiop123", PasswordFault.COMMON),
        ("Password-2026", PasswordFault.COMMON),
        ("Mật khẩu 123456", PasswordFault.COMMON),
        ("P.a.s.s.w.o.r.d", PasswordFault.COMMON),
        ("            ", PasswordFault.COMMON),
        ("hanh.nguyen-2026!", PasswordFault.OWN_NAME),
        ("x HANH NGUYEN x", PasswordFault.OWN_NAME),
    ],
)
def test_a_password_that_somebody_would_try_is_refused(password: str, fault: PasswordFault) -> None:
    with pytest.raises(PasswordRefusedError) as caught:
        check_password(password, name="hanh.nguyen", has_second_factor=True)
    assert caught.value.fields["fault"] is fault
    assert not password.strip() or password not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        *("ba con mèo đen 4!", "BA CON MÈO ĐEN 4", "Ba con mèo đen!", "Baconmeoden2026"),
        "Ba con mèo 26",
    ],
)
def test_a_password_alone_has_fourteen_signs_of_four_kinds(password: str) -> None:
    with pytest.raises(PasswordRefusedError) as caught:
        check_password(password, name="hanh")
    assert caught.value.fields["fault"] in {PasswordFault.TOO_FEW_KINDS, PasswordFault.TOO_SHORT}
    check_password("Ba con mèo 2026", name="hanh")
    check_password(password, name="hanh", has_second_factor=True)
    check_password("mèo đen.", name="hanh", has_second_factor=True)


@pytest.mark.parametrize(
    "password",
    [
        "Một mật khẩu đủ dài 2026",
        "Ba con mèo đen 4",
        "tám con chim sẻ đậu trên dây điện ngoài chợ Bưởi lúc 6 giờ sáng",
        "Correct horse battery 9",
        "x7Q!" * 16,
        "0123456789abC" + "𝄞 ữ ậ" * 10,
    ],
)
def test_long_passwords_of_any_kind_are_taken(password: str) -> None:
    if password == "x7Q!" * 16:
        password += "z9"
    check_password(password, name="hanh")


def test_a_short_name_is_no_reason_to_refuse_a_word_that_holds_it() -> None:
    check_password("Bàn ghế an toàn 7", name="an")


@pytest.mark.parametrize(
    "password",
    [
        "TranThiLan2026!!",
        "Trần Thị Lan 2026",
        "lan.TRAN.thi-1990",
        "Lan Lan Lan 2026!",
        "Trần-1990-Xy-!!",
        "Tran_Lan_199012!",
        "2026 Nhớ trần thị lan ở nhà số 7 phố Huế",
        "T.r.ầ.n.T.h.ị.L.a.n.7",
    ],
)
def test_the_full_name_is_refused_without_marks_and_in_parts(password: str) -> None:
    spread = unicodedata.normalize("NFD", "Trần Thị Lan")
    for name in ("Trần Thị Lan", spread):
        with pytest.raises(PasswordRefusedError) as caught:
            check_password(password, name="lan", display_name=name)
    assert caught.value.fields["fault"] is PasswordFault.OWN_NAME


@pytest.mark.parametrize(
    "password",
    [
        "Lan yêu ba con mèo 7",
        "Trần nhà cao 3 mét.",
        "Thi đỗ lớp 12 năm ấy",
        "Tranh làng Hồ 1990 đẹp",
        "abcd Trần 2026",
        "19!7-Aa.58-44.90",
    ],
)
def test_a_phrase_that_only_holds_a_part_of_the_name_is_taken(password: str) -> None:
    check_password(password, name="lan", display_name="Trần Thị Lan")


def test_a_short_full_name_is_refused_only_where_it_is_most_of_the_password() -> None:
    check_password("Clean 7 windows!", name="ale", display_name="Lê An")
    with pytest.raises(PasswordRefusedError):
        check_password("Lê An 19.01.1990", name="ale", display_name="Lê An")


def test_the_full_name_is_looked_at_wherever_a_password_is_set(ward: Office) -> None:
    with pytest.raises(PasswordRefusedError), unit_of_work() as session:
        accounts.create_account(
            session, "lan", display_name="Trần Thị Lan", password="TranThiLan2026!!"
        )
    with unit_of_work() as session:
        account = accounts.create_account(
            session, "lan", display_name="Trần Thị Lan", password="Ba con mèo 2026"
        )
        with pytest.raises(PasswordRefusedError):
            accounts.put_password(account, "TranThiLan2026!!")


def test_the_passwords_that_are_made_here_are_taken() -> None:
    for _ in range(200):
        check_password(make_password(), name="canbo")


def test_an_account_is_not_made_with_a_bad_password(ward: Office) -> None:
    with pytest.raises(PasswordRefusedError), unit_of_work() as session:
        accounts.create_account(session, "lan", display_name="Lan", password="123456")
    with unit_of_work() as session:
        assert accounts.find_account(session, "lan") is None


@pytest.mark.parametrize("fault", PasswordFault)
def test_why_is_said_in_both_languages(fault: PasswordFault) -> None:
    vietnamese, english = say(PasswordRefusedError(fault=fault)).split(" / ")
    assert "ật khẩu" in vietnamese
    assert "password" in english
