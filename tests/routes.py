"""Every route, an address of it, and what each audience is answered there.

Refuses to ask anything itself. In an address, what stands after a bar is the form that is sent.
"""

import re
from dataclasses import dataclass

from satisfaction.terms import Role

ROLES = {
    "D": Role.DESK_OFFICER,
    "S": Role.SUPERVISOR,
    "H": Role.HEAD,
    "I": Role.INSPECTOR,
    "A": Role.ADMINISTRATOR,
    "Y": Role.SYSTEM_ADMINISTRATOR,
    "R": Role.AUDITOR,
}
STRANGERS = ("nobody", "kiosk")
ELSEWHERE = "elsewhere"
AUDIENCES = (*STRANGERS, *ROLES, ELSEWHERE)
FILES = {"static"}
THINGS = frozenset(("desk", "unit", "visit", "kiosk", "voice", "case", "guest", "grant"))
PROFILE = "admin.profile."
# An auditor changes nothing; these concern nobody but the officer who sends them.
OWN = ("admin.letters.create", "admin.letters.delete", "admin.session.delete", PROFILE)

# The officers' routes: method; the answer to who may enter, and after a stroke the answer to who
# holds every role in another unit, where it differs; the roles that may enter (a point is a
# refusal, a number the answer to this role alone); endpoint; an address of the ward's own things.
# Who is not signed in is sent to the form.
OFFICERS = """
GET  302     D S H I A Y R  admin.session.index         /admin/
POST 303     D S H I A Y R  admin.session.delete        /admin/sign-out
GET  200     D S H I A Y R  admin.profile.index         /admin/profile
POST 422     D S H I A Y R  admin.profile.update        /admin/profile
GET  200     D S H I A Y R  admin.profile.edit_password /admin/profile/password
POST 422     D S H I A Y R  admin.profile.update_password /admin/profile/password
GET  200     D S H I A Y R  admin.profile.new_factor    /admin/profile/second-factor
POST 422     D S H I A Y R  admin.profile.create_factor /admin/profile/second-factor
POST 422     D S H I A Y R  admin.profile.delete_factor /admin/profile/second-factor/delete
POST 422     D S H I A Y R  admin.profile.create_codes  /admin/profile/recovery-codes
POST 303     D S H I A Y R  admin.profile.end_sessions  /admin/profile/sessions/end
POST 404     D S H I A Y R  admin.profile.end_session   /admin/profile/sessions/0/end
GET  200     D . . . A Y .  admin.desk.index            /admin/desk
POST 303/404 D . . . A Y .  admin.desk.choose           /admin/desk|desk={desk}
GET  200     D . . . A Y .  admin.desk.offline          /admin/desk/offline
GET  200/404 D . . . A Y .  admin.desk.recent           /admin/desk/{desk}/recent?htmx
POST 303/404 D . . . A Y .  admin.desk.open_visit       /admin/desk/{desk}/visits
POST 303/404 D . . . A Y .  admin.desk.end_visit        /admin/desk/visits/{visit}/end
POST 409/404 D . . . A Y .  admin.desk.keep_assisted    /admin/desk/visits/{visit}/assisted
GET  200/404 . S H I A Y R  admin.overview.index        /admin/overview?unit={unit}
POST 422     . S H I . . .  admin.overview.annotate     /admin/overview/notes
GET  200/404 . S H I A Y R  admin.counts.index          /admin/counts?unit={unit}
GET  200/404 . S H I A Y R  admin.counts.download       /admin/counts.csv?unit={unit}
GET  200/404 D . . . . . .  admin.own_figures.index     /admin/own-figures?unit={unit}
GET  200/404 . S H I A Y R  admin.reports.index         /admin/reports?unit={unit}
GET  200/404 . S H I . . R  admin.ratings.index         /admin/reports/ratings?unit={unit}
GET  200/404 . S H I . . R  admin.ratings.download      /admin/reports/ratings/file?unit={unit}
GET  200/404 . S H I A Y R  admin.reports.download      /admin/reports/file?unit={unit}&form=csv
GET  200     . S H I . . R  admin.voices.index          /admin/voices
GET  200/404 . S H I . . R  admin.voices.show           /admin/voices/{voice}
POST 303/404 . S H I . . .  admin.voices.create         /admin/voices|voice={voice}&deed=open
GET  200     . S H I . . R  admin.cases.index           /admin/cases
POST 422/404 . S H I . . .  admin.cases.change          /admin/cases|case={case}:1&deed=assign
GET  200/404 . S H I . . R  admin.cases.show            /admin/cases/{case}
POST 422/404 . S H I . . .  admin.cases.update          /admin/cases/{case}|version=1
POST 409/404 . S H I . . .  admin.cases.publish         /admin/cases/{case}/line|version=0
POST 422/404 . S H I . . .  admin.cases.open_dossier    /admin/cases/{case}/dossier
GET  200     . . . . A Y R  admin.policies.index        /admin/policies
POST 422/404 . . . . A Y .  admin.policies.update       /admin/policies|unit={unit}
POST 303/404 . . . . A Y .  admin.policies.inherit      /admin/policies/inherit|unit={unit}
GET  200     . . . . A Y .  admin.dossiers.new          /admin/dossiers
POST 422     . . . . A Y .  admin.dossiers.create       /admin/dossiers
GET  302     . . . . A Y .  admin.dossiers.show         /admin/dossiers/{nothing}
POST 404     . . . . A Y .  admin.dossiers.update       /admin/dossiers/{nothing}
POST 404     . . . . A Y .  admin.dossiers.delete       /admin/dossiers/{nothing}/delete
GET  404     . . . . A Y .  admin.dossiers.download     /admin/dossiers/{nothing}/problems.csv
GET  200     . . . . A Y R  admin.fleet.index           /admin/fleet
POST 200/404 . . . . A Y .  admin.fleet.create          /admin/fleet/codes|place=desk-{desk}
POST 303/404 . . . . A Y .  admin.fleet.renew           /admin/fleet/{kiosk}/renew
POST 303/404 . . . . A Y .  admin.fleet.delete          /admin/fleet/{kiosk}/revoke
POST 303/404 . . . . A Y .  admin.fleet.update          /admin/fleet/policy|unit={unit}
GET  200/404 . . . . . Y R  admin.audit.index           /admin/audit?unit={unit}
GET  200/404 . . . . . Y R  admin.audit.download        /admin/audit.jsonl?unit={unit}
GET  200     . . . . A Y R  admin.people.index          /admin/people
GET  200     . . . . A Y .  admin.people.new            /admin/people/new
POST 422     . . . . A Y .  admin.people.create         /admin/people
GET  200/404 . . . . A Y R  admin.people.show           /admin/people/{guest}
POST 422/404 . . . . A Y .  admin.people.update         /admin/people/{guest}
POST 200/404 . . . . A Y .  admin.people.renew          /admin/people/{guest}/start
POST 303/404 . . . . A Y .  admin.people.delete_factor  /admin/people/{guest}/second-factor/delete
POST 303/404 . . . . A Y .  admin.people.disable        /admin/people/{guest}/disable
POST 303/404 . . . . A Y .  admin.people.enable         /admin/people/{guest}/enable
POST 303/404 . . . . A Y .  admin.people.confirm        /admin/people/{guest}/confirm
POST 422/404 . . . . A Y .  admin.people.create_role    /admin/people/{guest}/roles
POST 303/404 . . . . A Y .  admin.people.delete_role    /admin/people/{guest}/roles/{grant}/end
GET  200     . . . . A Y R  admin.hours.index           /admin/hours
POST 422/404 . . . . A Y .  admin.hours.update          /admin/hours|unit={unit}
POST 303/404 . . . . A Y .  admin.hours.inherit         /admin/hours/inherit|unit={unit}
POST 422/404 . . . . A Y .  admin.hours.create          /admin/hours/days|unit={unit}
POST 404     . . . . A Y .  admin.hours.delete  /admin/hours/days/2999-01-01/delete|unit={unit}
GET  200     . . . . A Y R  admin.units.index           /admin/units
POST 422     . . . . A Y .  admin.units.create          /admin/units
GET  200/404 . . . . A Y R  admin.units.show            /admin/units/{unit}
GET  200/404 . S H I A Y R  admin.units.present         /admin/units/{unit}/present
POST 422/404 . . . . A Y .  admin.units.rename          /admin/units/{unit}/name
POST 422/404 . . . . A Y .  admin.units.move            /admin/units/{unit}/parent
POST 422/404 . . . . A Y .  admin.units.end             /admin/units/{unit}/end
GET  200/404 . . . . A Y R  admin.desks.index           /admin/desks?unit={unit}
POST 422/404 . . . . A Y .  admin.desks.create          /admin/desks|unit={unit}
GET  200/404 . . . . A Y .  admin.desks.edit            /admin/desks/{desk}
POST 422/404 . . . . A Y .  admin.desks.update          /admin/desks/{desk}
POST 422/404 . . . . A Y .  admin.desks.retire          /admin/desks/{desk}/retire
GET  200/404 . . . . A Y R  admin.presentation.index    /admin/presentation?unit={unit}
POST 422/404 . . . . A Y .  admin.presentation.update   /admin/presentation|unit={unit}
GET  404     . . . . A Y R  admin.presentation.mark     /admin/presentation/marks/unknown.png
GET  200/404 . . . . A Y R  admin.holidays.index        /admin/holidays?unit={unit}
POST 422/404 . . . . A Y .  admin.holidays.create       /admin/holidays|unit={unit}
POST 422/404 . . . . A Y .  admin.holidays.swap         /admin/holidays/swap|unit={unit}
GET  200     . . . . A Y R  admin.catalogue.index       /admin/catalogue
POST 422     . . . . . Y .  admin.catalogue.create      /admin/catalogue
GET  200     . . . . A Y R  admin.catalogue.show        /admin/catalogue/procedures/{procedure}
POST 422     . . . . . Y .  admin.catalogue.update      /admin/catalogue/procedures/{procedure}
POST 422     . . . . . Y .  admin.catalogue.renew   /admin/catalogue/procedures/{procedure}/renew
POST 422     . . . . . Y .  admin.catalogue.end     /admin/catalogue/procedures/{procedure}/end
POST 422     . . . . . Y .  admin.catalogue.rename      /admin/catalogue/sectors/{sector}
GET  200     . . . . A Y .  admin.catalogue_files.new   /admin/catalogue/files
POST 422     . . . . A Y .  admin.catalogue_files.create /admin/catalogue/files
GET  302     . . . . A Y .  admin.catalogue_files.show  /admin/catalogue/files/{nothing}
POST 404     . . . . A Y .  admin.catalogue_files.update /admin/catalogue/files/{nothing}
POST 404     . . . . A Y .  admin.catalogue_files.delete /admin/catalogue/files/{nothing}/delete
GET  404 . . . . A Y . admin.catalogue_files.download /admin/catalogue/files/{nothing}/problems.csv
GET  200     . . . . A Y R  admin.scales.index          /admin/scales
POST 422     . . . . . Y .  admin.scales.create         /admin/scales
POST 422     . . . . . Y .  admin.scales.create_reason  /admin/scales/reasons
GET  404     . . . . . Y .  admin.scales.edit_reason    /admin/scales/reasons/999999
POST 404     . . . . . Y .  admin.scales.update_reason  /admin/scales/reasons/999999
GET  200     . S H . A Y .  admin.paper.index           /admin/paper
POST 422     . S H . A Y .  admin.paper.create          /admin/paper
GET  200     . . . . A Y R  admin.cards.index           /admin/cards
POST 303/404 . . . . A Y .  admin.cards.create          /admin/cards/{desk}
GET  200/404 . . . . A Y R  admin.cards.show            /admin/cards/{desk}
POST 200/404 D . . . A Y .  admin.receipts.create       /admin/receipts/{visit}
GET  200     . S H I A Y R  admin.letters.index         /admin/letters
POST 422     . S H I A Y R  admin.letters.create        /admin/letters
POST 404     . S H I A Y R  admin.letters.delete        /admin/letters/1/delete
GET  200     . . . . A Y R  admin.letters.readers       /admin/letters/readers
POST 422     . . . . A Y .  admin.letters.create_reader /admin/letters/readers
POST 404     . . . . A Y .  admin.letters.delete_reader /admin/letters/readers/1/delete
POST 404     . . . . A Y .  admin.letters.clear         /admin/letters/readers/1/clear
GET  200     D S H I A Y R  admin.letters.archive       /admin/letters/archive
GET  404     D S H I A Y R  admin.letters.show          /admin/letters/archive/1
POST 404     . . . . A Y .  admin.letters.update        /admin/letters/archive/1/again
GET  200     . . . . . Y R  admin.jobs.index            /admin/jobs
POST 303     . . . . . Y .  admin.jobs.create           /admin/jobs/prune
GET  200     D S H I A Y R  admin.settings.index        /admin/settings
"""

# The kiosks' routes: method, the answer to a kiosk, endpoint, address. Nobody else is let in.
KIOSKS = """
GET  200      kiosk.rating.index          /kiosk/
POST 400      kiosk.rating.create         /kiosk/rate
GET  404      kiosk.rating.edit_reasons   /kiosk/reasons/{nothing}
POST 303      kiosk.rating.create_reasons /kiosk/reasons/{nothing}
GET  404      kiosk.rating.thanks         /kiosk/thanks/{nothing}
GET  200      kiosk.rating.repeated       /kiosk/thanks
GET  200      kiosk.rating.stay           /kiosk/stay
POST 400      kiosk.rating.skip           /kiosk/skip
GET  200      kiosk.screen.show           /kiosk/screen
POST 400      kiosk.ratings.create        /kiosk/ratings
POST 400      kiosk.reasons.create        /kiosk/reasons
POST 400      kiosk.outcomes.create       /kiosk/outcomes
POST 400      kiosk.sync.create           /kiosk/sync
POST 400      kiosk.heartbeat.create      /kiosk/heartbeat
GET  200      kiosk.shell.show            /kiosk/shell
GET  200      kiosk.shell.index           /kiosk/shell/files
POST 404      kiosk.lobby.create          /kiosk/tickets
POST 404      kiosk.lobby.update          /kiosk/number
GET  404      kiosk.by_phone.create       /kiosk/invitation
"""

# Open to everybody: method; the answer, and after a stroke the answer to who is signed in, where
# it differs; endpoint; address.
EVERYBODY = """
GET  302      index                       /
GET  200      alive                       /healthz
GET  200      ready                       /readyz
GET  200      transparency.index          /so-lieu/
GET  404      transparency.show           /so-lieu/00103
GET  200/302  admin.session.new           /admin/sign-in
POST 401      admin.session.create        /admin/sign-in
GET  404      admin.provider.new          /admin/provider
GET  404      admin.provider.create       /admin/provider/answer
GET  200      admin.start.new             /admin/start
POST 422      admin.start.create          /admin/start
GET  302      admin.session.new_code      /admin/sign-in/code
POST 422      admin.session.create_code   /admin/sign-in/code
GET  404      admin.letters.edit_stop     /admin/letters/stop/UNKNOWN
POST 404      admin.letters.stop          /admin/letters/stop/UNKNOWN
GET  200      kiosk.shell.paused          /kiosk/paused
GET  200      kiosk.shell.worker          /kiosk/service-worker.js
GET  200      admin.desk.worker           /admin/desk/service-worker.js
GET  200      kiosk.pairing.new           /kiosk/pair
POST 200      kiosk.pairing.create        /kiosk/pair|key=A
GET  401      kiosk.enrolment.create      /kiosk/enrol/unknown
GET  200      kiosk.speech.show           /kiosk/speech/vi
GET  404      kiosk.emblem.show           /kiosk/marks/unknown.png
POST 401      service.create              /api/invitations
GET  404      phone.invitation.show       /R/UNKNOWN
POST 400      phone.invitation.create     /R/UNKNOWN
GET  400      phone.invitation.edit       /R/UNKNOWN/words
POST 400      phone.invitation.update     /R/UNKNOWN/words
GET  404      phone.invitation.thanks     /R/UNKNOWN/thanks
GET  404      phone.opinion.show          /Q/UNKNOWN
POST 400      phone.opinion.create        /Q/UNKNOWN
GET  400      phone.opinion.edit          /Q/UNKNOWN/words
POST 400      phone.opinion.update        /Q/UNKNOWN/words
GET  404      phone.opinion.thanks        /Q/UNKNOWN/thanks
"""

# What the tables above do not ask of another unit: whole forms, in which nothing is wrong but
# whose the thing is, and words of the address. Method; the answer to a role that may enter, held
# in another unit; endpoint; address.
ABROAD = """
GET  404 admin.overview.index        /admin/overview?desk={desk}
POST 404 admin.overview.annotate     /admin/overview/notes?unit={unit}|day={past}&words=Mưa
POST 404 admin.overview.annotate     /admin/overview/notes?desk={desk}|day={past}&words=Mưa
GET  404 admin.counts.index          /admin/counts?desk={desk}
GET  404 admin.counts.download       /admin/counts.csv?desk={desk}
GET  404 admin.reports.index         /admin/reports?desk={desk}
GET  404 admin.reports.download      /admin/reports/file?desk={desk}&form=xlsx
GET  404 admin.voices.index          /admin/voices?unit={unit}
GET  404 admin.voices.index          /admin/voices?desk={desk}
GET  404 admin.cases.index           /admin/cases?unit={unit}
GET  404 admin.cases.index           /admin/cases?desk={desk}
POST 404 admin.cases.update          /admin/cases/{case}|version=1&state=done&note=Xong
POST 404 admin.cases.publish         /admin/cases/{case}/line|version=1&line_vi=A&line_en=B
POST 404 admin.cases.open_dossier    /admin/cases/{case}/dossier|reason=Trả_lời_công_dân
GET  404 admin.policies.index        /admin/policies?unit={unit}
POST 404 admin.policies.update       /admin/policies|unit={unit}&{policy}
GET  404 admin.hours.index           /admin/hours?unit={unit}
POST 404 admin.hours.update          /admin/hours|unit={unit}&{week}
POST 404 admin.hours.create          /admin/hours/days|unit={unit}&day={coming}&name=Nghỉ&hours=
POST 404 admin.hours.delete          /admin/hours/days/{special_day}/delete|unit={unit}
POST 404 admin.holidays.create       /admin/holidays|unit={unit}&year=2026&day=2026-09-02
POST 404 admin.holidays.swap         /admin/holidays/swap|unit={unit}&{swap}
GET  404 admin.paper.index           /admin/paper?desk={desk}
POST 404 admin.paper.create          /admin/paper|desk={desk}&{slip}
POST 404 admin.fleet.create          /admin/fleet/codes|place=lobby-{unit}
POST 404 admin.people.update         /admin/people/{guest}|display_name=Ai&email=
POST 404 admin.people.create_role    /admin/people/{guest}/roles|unit={theirs}&{role}
POST 403 admin.people.create_role    /admin/people/{neighbour}/roles|unit={unit}&{role}
POST 404 admin.people.delete_role    /admin/people/{neighbour}/roles/{grant}/end
POST 422 admin.people.create         /admin/people|unit={unit}&{person}
POST 422 admin.units.create          /admin/units|parent={unit}&{name}
POST 404 admin.units.rename          /admin/units/{unit}/name|{name}
POST 404 admin.units.move            /admin/units/{unit}/parent|parent={theirs}&from_day={coming}
POST 422 admin.units.move            /admin/units/{theirs}/parent|parent={unit}&from_day={coming}
POST 404 admin.units.end             /admin/units/{unit}/end|{dissolved}
POST 404 admin.units.end             /admin/units/{theirs}/end|successors={unit}&{merged}
POST 404 admin.desks.create          /admin/desks|unit={unit}&{desk_form}
POST 404 admin.desks.update          /admin/desks/{desk}|name=Bàn&detail=
POST 404 admin.desks.retire          /admin/desks/{desk}/retire|until_day={coming}
POST 404 admin.presentation.update   /admin/presentation|unit={unit}&{shown}
POST 404 admin.letters.create        /admin/letters|unit={unit}&{letters}
POST 404 admin.letters.delete        /admin/letters/{subscription}/delete
POST 404 admin.letters.create_reader /admin/letters/readers|unit={unit}&{letters}
POST 404 admin.letters.delete_reader /admin/letters/readers/{subscription}/delete
POST 404 admin.letters.clear         /admin/letters/readers/{subscription}/clear
GET  404 admin.letters.show          /admin/letters/archive/{delivery}
POST 404 admin.letters.update        /admin/letters/archive/{delivery}/again|reason=Mất_thư
"""

# What those forms say beside whose the thing is.
FORMS = {
    "past": "2026-03-09",
    "coming": "2026-03-20",
    "policy": "delay_days=0&deadline_days=5&kept_months=12",
    "week": "from_day=2026-03-20" + "".join(f"&hours-{day}=" for day in range(7)),
    "swap": "off=2026-04-24&work=2026-04-25&name=Nghỉ",
    "role": "role=desk_officer&from_day=2026-03-10",
    "person": "name=moi&display_name=Mới&email=&language=vi",
    "name": "code=00777&name=Tên&kind=ward&legal_basis=&from_day=2026-03-20",
    "dissolved": "kind=dissolved&extent=whole&legal_basis=&from_day=2026-03-20",
    "merged": "kind=merged&extent=whole&legal_basis=&from_day=2026-03-20",
    "desk_form": "code=9&name=Bàn&detail=&kind=counter&from_day=2026-03-20&until_day=",
    "shown": "follow_up=low&idle_seconds=90&invitation_hours=24&from_day=2026-03-20",
    "letters": "address=ai@donvi.gov.vn&kinds=daily&hour=17&language=vi",
}


@dataclass(frozen=True)
class Row:
    """One route, an address of it, and what each audience is answered."""

    endpoint: str
    method: str
    address: str
    answers: dict[str, int]

    @property
    def names_something(self) -> bool:
        """Whether the address names a thing of the ward's; procedures are everybody's."""
        return bool(set(re.findall(r"{(\w+)}", self.address)) & THINGS)


def _for_officers(line: str) -> Row:
    method, answers, *entered, endpoint, address = line.split()
    own, _, foreign = answers.partition("/")
    sent = 401 if address.endswith("?htmx") else 302
    wanted = dict.fromkeys(STRANGERS, sent)
    for role, mark in zip(ROLES, entered, strict=True):
        wanted[role] = {".": 403, role: int(own)}.get(mark) or int(mark)
    return Row(endpoint, method, address, wanted | {ELSEWHERE: int(foreign or own)})


def _for_kiosks(line: str) -> Row:
    method, answer, endpoint, address = line.split()
    return Row(endpoint, method, address, dict.fromkeys(AUDIENCES, 401) | {"kiosk": int(answer)})


def _for_everybody(line: str) -> Row:
    method, answers, endpoint, address = line.split()
    own, _, signed = answers.partition("/")
    wanted = dict.fromkeys(AUDIENCES, int(signed or own))
    return Row(endpoint, method, address, wanted | dict.fromkeys(STRANGERS, int(own)))


OFFICERS_TABLE = tuple(map(_for_officers, OFFICERS.strip().splitlines()))
TABLE = (
    *OFFICERS_TABLE,
    *map(_for_kiosks, KIOSKS.strip().splitlines()),
    *map(_for_everybody, EVERYBODY.strip().splitlines()),
)


def _held_abroad(row: Row, address: str, answer: int) -> Row:
    answers = {role: 403 if row.answers[role] == 403 else answer for role in ROLES}
    return Row(row.endpoint, row.method, address, answers)


def _for_neighbours(line: str) -> Row:
    method, answer, endpoint, address = line.split()
    [row] = [row for row in OFFICERS_TABLE if (row.endpoint, row.method) == (endpoint, method)]
    return _held_abroad(row, address, int(answer))


# What each role is answered that is held in another unit: wherever a thing of the ward's is named,
# and on every page but the profile, for a page may show too much by itself.
NEIGHBOURS = (
    *(
        _held_abroad(row, row.address, row.answers[ELSEWHERE])
        for row in OFFICERS_TABLE
        if row.names_something or (row.method == "GET" and not row.endpoint.startswith(PROFILE))
    ),
    *map(_for_neighbours, ABROAD.strip().splitlines()),
)
