"""What the system does by itself: when it was due, when it began, what came of it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.forms import EmptyForm
from satisfaction import ledger
from satisfaction.database import reading, unit_of_work
from satisfaction.jobs import job_names
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.job_words import job_word, say_late, say_result, state_word

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


@blueprint.get("")
@requires(Permission.READ_SYSTEM)
def index() -> ResponseReturnValue:
    """Show the last run of each job, and the newest runs of all."""
    with reading() as session:
        latest = ledger.list_latest(session, job_names())
        runs = ledger.list_runs(session, most=100)
    return render_template(
        "admin/jobs/index.html",
        jobs=job_names(),
        latest=latest,
        runs=runs,
        may_start=current_officer().may(Permission.MANAGE_SYSTEM),
        form=EmptyForm(),
        job_word=job_word,
        state_word=state_word,
        say_result=say_result,
        say_late=say_late,
    )


@blueprint.post("/<name>")
@requires(Permission.MANAGE_SYSTEM)
def create(name: str) -> ResponseReturnValue:
    """Have a job run now."""
    officer = current_officer()
    with unit_of_work() as session:
        ledger.start_by_hand(session, name, known=job_names(), account_id=officer.account_id)
    flash(_("Việc này sẽ chạy trong 15 giây tới."), "good")
    return redirect(url_for("admin.jobs.index"), 303)
