"""Links for dossiers that were settled online: by the API, by a list, by two at the same moment."""

import csv
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from satisfaction import clock, dossiers, office, online, services
from satisfaction.database import reading, unit_of_work
from satisfaction.models import AuditEntry, Desk, Dossier, Invitation, Visit
from satisfaction.terms import AuditAction, Channel, DeskKind, RatingSource
from tests.conftest import Office, make_office
from tests.core.together import run_together
from tests.kiosk.phones import Phone

CODES = ["H26.14-260309-0002", "H26.14-260309-0001"]


@pytest.fixture
def remote(ward: Office) -> Desk:
    """Return the ward's desk for online visits."""
    with unit_of_work() as session:
        return office.add_desk(
            session,
            ward.unit,
            code="TT",
            name="Trực tuyến",
            kind=DeskKind.REMOTE,
            from_day=date(2024, 1, 1),
        )


@pytest.fixture
def credential(ward: Office) -> str:
    """Return the credential of the ward's one-stop system."""
    with unit_of_work() as session:
        return services.admit_service(session, ward.unit, name="Một cửa").token


def _ask(app: Flask, credential: str, body: Any = None) -> TestResponse:
    return app.test_client().post(
        "/api/invitations",
        json={"dossiers": CODES} if body is None else body,
        headers={"Authorization": f"Bearer {credential}"},
    )


def _count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_each_dossier_gets_a_visit_and_a_link_in_the_order_asked(
    app: Flask, remote: Desk, credential: str
) -> None:
    answer = _ask(app, credential)
    assert answer.status_code == 200
    assert answer.json is not None
    invited = answer.json["invitations"]
    assert [one["dossier"] for one in invited] == CODES
    assert {one["state"] for one in invited} == {"invited"}
    assert invited[0]["expires_at"] == "2026-03-11T02:00:00+00:00"
    with reading() as session:
        visits = session.scalars(select(Visit)).all()
    assert {(one.desk_id, one.channel) for one in visits} == {(remote.id, Channel.ONLINE)}
    assert all(one.closed_at == clock.now() and one.outcome is None for one in visits)
    phone = Phone(app)
    phone.open(invited[1]["url"].removeprefix("http://localhost"))
    phone.send(level="5")
    again = _ask(app, credential).json
    assert again is not None
    assert [one["state"] for one in again["invitations"]] == ["invited", "already_rated"]
    assert again["invitations"][1]["url"] is None
    assert (_count(Visit), _count(Invitation)) == (2, 3)


def test_an_answer_by_link_is_counted_as_online(app: Flask, remote: Desk, credential: str) -> None:
    from satisfaction import counting
    from satisfaction.figures import CountQuery
    from satisfaction.periods import day_period
    from satisfaction.terms import Dimension

    answer = _ask(app, credential).json
    assert answer is not None
    phone = Phone(app)
    phone.open(answer["invitations"][0]["url"].removeprefix("http://localhost"))
    phone.send(level="5")
    period = day_period(clock.today())
    for by, key in ((Dimension.CHANNEL, "online"), (Dimension.SOURCE, RatingSource.LINK.value)):
        with reading() as session:
            figures = counting.count(
                session, CountQuery(unit_id=remote.unit_id, period=period, by=by)
            )
        assert {row.key: row.answers for row in figures.rows}[key] == 1


def test_items_that_cannot_be_invited_do_not_hold_up_the_others(
    app: Flask, remote: Desk, credential: str
) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
        dossiers.find_or_add_dossier(
            session, source_system="one-stop", code="KHAC-1", unit_id=other.unit.id
        )
    answer = _ask(app, credential, {"dossiers": ["KHAC-1", " \u200b ", CODES[0]]}).json
    assert answer is not None
    states = [one["state"] for one in answer["invitations"]]
    assert states == ["other_unit", "not_a_code", "invited"]


def test_a_unit_without_a_desk_for_online_visits_says_so(app: Flask, credential: str) -> None:
    answer = _ask(app, credential).json
    assert answer is not None
    assert {one["state"] for one in answer["invitations"]} == {"no_remote_desk"}
    assert (_count(Visit), _count(Invitation)) == (0, 0)


def test_a_visit_has_only_so_many_live_links(app: Flask, remote: Desk, credential: str) -> None:
    body = {"dossiers": CODES[:1]}
    states = []
    for _ in range(11):
        answer = _ask(app, credential, body).json
        assert answer is not None
        states.append(answer["invitations"][0]["state"])
    assert states == ["invited"] * 10 + ["too_many_links"]


@pytest.mark.parametrize("_time", range(3))
def test_two_who_ask_at_the_same_moment_make_one_visit(
    app: Flask, ward: Office, remote: Desk, _time: int
) -> None:
    def ask(codes: list[str]) -> list[str]:
        with unit_of_work() as session:
            invited = online.invite_dossiers(session, ward.unit.id, codes, asked_by="thử")
        return [one.state.value for one in invited]

    orders = [CODES, CODES[::-1], CODES]
    ends = run_together(app, [partial(ask, codes) for codes in orders])
    assert ends == [["invited", "invited"]] * 3
    assert (_count(Visit), _count(Dossier), _count(Invitation)) == (2, 2, 6)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer ", "Bearer x", "Basic x", "bearer", "Bearer \xe9", "Bearer " + "x" * 5000],
)
def test_who_has_no_credential_is_refused(app: Flask, credential: str, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = app.test_client().post("/api/invitations", json={"dossiers": CODES}, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.mimetype == "application/problem+json"
    assert _count(Dossier) == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        {"dossiers": []},
        {"dossiers": "x"},
        {"dossiers": [1]},
        {"dossiers": ["x" * 201]},
        {"dossiers": ["x"] * 501},
        {"dossiers": ["x"], "more": 1},
    ],
    ids=lambda body: str(body)[:30],
)
def test_a_malformed_question_is_refused(app: Flask, credential: str, body: Any) -> None:
    answer = _ask(app, credential, body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert _count(Dossier) == 0


def test_a_revoked_credential_opens_nothing(app: Flask, ward: Office, credential: str) -> None:
    with unit_of_work() as session:
        service = services.list_services(session, ward.unit.id)[0]
        services.revoke_service(session, service.id)
        services.revoke_service(session, service.id)
    assert _ask(app, credential).status_code == 401
    with reading() as session:
        deeds = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action == AuditAction.SERVICE_REVOKED)
        ).all()
    assert len(deeds) == 1


Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, now: object) -> Run:
    """Return what runs one command on the clock of the test."""

    def invoke(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=words)

    return invoke


def _public(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"public_url": "https://danhgia.vn"})


def test_a_list_of_dossiers_becomes_a_list_of_links(
    app: Flask, run: Run, remote: Desk, tmp_path: Path
) -> None:
    _public(app)
    file = tmp_path / "list.csv"
    file.write_text(
        f"STT;Mã hồ sơ\n1;{CODES[0]}\n2;{CODES[1]}\n3;{CODES[0]}\n4;@X\n5;=1+1\n", encoding="utf-8"
    )
    result = run("invitations", "make", "--dossiers", str(file), "--unit", "00103")
    assert result.exit_code == 0, result.output
    text = result.stdout_bytes.decode("utf-8-sig")
    lines = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert [line["dossier"] for line in lines] == [*CODES, "'@X"]
    assert result.stderr == "Dòng 6: không đọc được mã / Line 6: no code\n"
    assert all(line["link"].startswith("https://danhgia.vn/R/") for line in lines)
    assert lines[0]["expires_at"] == "2026-03-11T09:00:00+07:00"
    phone = Phone(app)
    phone.open(lines[0]["link"].removeprefix("https://danhgia.vn"))
    phone.send(level="4")
    assert _count(Invitation) == 3


def test_links_need_to_know_where_they_lead(run: Run, remote: Desk, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"Mã hồ sơ\n{CODES[0]}\n", encoding="utf-8")
    result = run("invitations", "make", "--dossiers", str(file), "--unit", "00103")
    assert result.exit_code != 0
    assert "HAILONG_PUBLIC_URL" in result.stderr
    assert _count(Invitation) == 0


def test_a_system_is_admitted_listed_and_revoked_by_command(
    app: Flask, run: Run, remote: Desk
) -> None:
    credential = run("invitations", "token", "--unit", "00103", "--name", "Một cửa").stdout.strip()
    assert _ask(app, credential).status_code == 200
    listed = run("invitations", "tokens", "--unit", "00103").stdout
    assert listed == "1\tMột cửa\t2026-03-10\n"
    assert credential not in listed
    run("invitations", "revoke", "1")
    assert _ask(app, credential).status_code == 401
    assert "đã thu hồi" in run("invitations", "tokens", "--unit", "00103").stdout
    assert run("invitations", "revoke", "99").exit_code != 0


def test_an_office_is_configured_by_command_and_keeps_the_rest(run: Run, ward: Office) -> None:
    with unit_of_work() as session:
        shown = office.find_configuration(session, ward.unit.id, clock.now())
        assert shown is not None
        shown.idle_seconds = 120
    assert not shown.has_chime
    words = ("office", "configure", "--unit", "00103")
    assert run(*words, "--unlinked").stdout == "00103\tunlinked=true\tlink-hours=24\n"
    assert run(*words, "--link-hours", "6").stdout == "00103\tunlinked=true\tlink-hours=6\n"
    assert run(*words, "--no-unlinked").stdout == "00103\tunlinked=false\tlink-hours=6\n"
    assert run(*words, "--link-hours", "0").exit_code != 0
    assert run(*words, "--chime").exit_code == 0
    assert run(*words, "--link-hours", "6").exit_code == 0
    with reading() as session:
        kept = office.find_configuration(session, ward.unit.id, clock.now())
    assert kept is not None
    assert kept.idle_seconds == 120
    assert kept.has_chime
    assert kept.id != ward.configuration.id
