"""Errors named for what happened, with fields instead of prose. Refuses to know status codes."""

from typing import Any

from satisfaction.terms import RefusalReason


class SatisfactionError(Exception):
    """Anything the core refuses; ``fields`` says which values were involved."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__(", ".join(f"{name}={value!r}" for name, value in fields.items()))


class NotFoundError(SatisfactionError):
    """What was asked for does not exist, or not within what the asker may see."""


class UnitNotFoundError(NotFoundError):
    """No unit has this code in this period."""


class UnitNotConfiguredError(NotFoundError):
    """Nothing says what this unit's kiosks show."""


class AmbiguousUnitError(SatisfactionError):
    """Several units had this code during the period."""


class DeskNotFoundError(NotFoundError):
    """No such desk."""


class ProcedureNotFoundError(NotFoundError):
    """No such procedure, or it is not valid on this day."""


class SpecialDayNotFoundError(NotFoundError):
    """A unit has no special day of its own on this day."""


class VisitNotFoundError(NotFoundError):
    """No such visit."""


class RatingNotFoundError(NotFoundError):
    """No such rating."""


class KioskNotFoundError(NotFoundError):
    """No such kiosk, or its credential is not valid."""


class PairingRefusedError(SatisfactionError):
    """A pairing code that is unknown, used or expired: one answer for all three."""


class InvitationNotFoundError(NotFoundError):
    """No such link."""


class InvitationExpiredError(SatisfactionError):
    """The link's time is over; ``hours`` says how long it lived."""


class InvitationSpentError(SatisfactionError):
    """The link has given its one answer, or its visit was rated another way."""


class TooManyInvitationsError(SatisfactionError):
    """A visit has as many live links as it may have."""


class FormInvalidError(SatisfactionError):
    """A form without the token that its page gave it."""


class FormExpiredError(SatisfactionError):
    """A form that was opened too long ago."""


class CardNotFoundError(NotFoundError):
    """No desk has a card with this word, or it was replaced."""


class OpinionsNotTakenError(SatisfactionError):
    """The office takes no opinions that name no visit."""


class AllowanceUsedUpError(SatisfactionError):
    """Too much came from one place; ``retry_after_seconds`` says how long to wait."""


class ServiceNotFoundError(NotFoundError):
    """No system holds this credential, or it was revoked."""


class OfficeChangeRefusedError(SatisfactionError):
    """A change of the office that cannot be made; ``fault`` says why, and nothing of it is kept."""


class SlipRefusedError(SatisfactionError):
    """A paper slip that cannot be stored; ``fault`` says why, and nothing of it is kept."""


class DeskRetiredError(SatisfactionError):
    """The desk no longer serves."""


class DeskBusyError(SatisfactionError):
    """The desk is already serving a visit."""


class VisitClosedError(SatisfactionError):
    """The visit is already finished."""


class VisitOpenError(SatisfactionError):
    """The visit is not finished yet."""


class UnitUnderItselfError(SatisfactionError):
    """A unit cannot stand under itself or under what stands under it."""


class HoursInvalidError(SatisfactionError):
    """Hours that are no times of a day, end before they begin, or overlap."""


class PolicyInvalidError(SatisfactionError):
    """A delay, deadline or time of keeping that no unit may have; ``field`` says which."""


class VoiceNotFoundError(NotFoundError):
    """No such voice, or it is not shown to this officer, or not yet."""


class CaseNotFoundError(NotFoundError):
    """No such case, or not within what the officer may see."""


class CaseChangedError(SatisfactionError):
    """Somebody changed the case since the officer's page was loaded; nothing was stored."""


class LineChangedError(CaseChangedError):
    """Somebody changed the line on the waiting screens since then; nothing was stored."""


class CaseRefusedError(SatisfactionError):
    """A change of a case that makes no sense; ``fault`` says why."""


class NoteRefusedError(SatisfactionError):
    """A note on a day that is not kept; ``fault`` says why."""


class DayIsOverError(SatisfactionError):
    """What held on a day that is over cannot be changed any more."""


class InvalidPeriodError(SatisfactionError):
    """A period that ends before it begins, or that is not written as one."""


class WordUnknownError(SatisfactionError):
    """An address says what its page does not know: ``name`` is the part, ``word`` what it says.

    Without ``word`` the page cannot be asked by that part at all.
    """


class RatingRefusedError(SatisfactionError):
    """A rating that was not counted; it is kept with its reason."""

    def __init__(self, reason: RefusalReason, **fields: Any) -> None:
        self.reason = reason
        super().__init__(reason=reason, **fields)


class RatingConflictError(RatingRefusedError):
    """The same rating id came with other content; the first stays."""


class AlreadyRatedError(RatingRefusedError):
    """The visit has a counting rating already."""


class SignInRefusedError(SatisfactionError):
    """Wrong name or wrong password: one answer for both."""


class SignInThrottledError(SatisfactionError):
    """Too many failures; ``retry_after_seconds`` says how long to wait."""


class CodeRefusedError(SatisfactionError):
    """A code that is wrong, was used before, or is none."""


class SecondStepOverError(SatisfactionError):
    """Nobody waits for a code here any more: too late, too many wrong ones, or never a password."""


class StartCodeRefusedError(SatisfactionError):
    """A code for the first password that is unknown, used or expired: one answer for all three."""


class LastAdministratorError(SatisfactionError):
    """Nobody would be left to run the system."""


class GrantInvalidError(SatisfactionError):
    """A role that would end before it begins, or that is held already in these days."""


class PermissionDeniedError(SatisfactionError):
    """The officer's roles do not cover this."""


class DossierCodeMissingError(SatisfactionError):
    """A dossier without a code cannot be kept."""


class UploadNotFoundError(NotFoundError):
    """No such file waits for this officer; it was imported, replaced or kept too long."""


class ImportRefusedError(SatisfactionError):
    """A file that cannot be read as a list of dossiers; ``reason`` says why."""


class ConfigurationError(SatisfactionError):
    """A setting that cannot be used."""


class DatabaseTooNewError(SatisfactionError):
    """The database was written by a newer version of the product."""


class DatabaseNotReadyError(SatisfactionError):
    """The database has not been prepared, or is older than this version."""


class DatabaseUnusableError(SatisfactionError):
    """The database cannot be reached, read or written; ``detail`` is the engine's own word."""


class DatabaseDamagedError(SatisfactionError):
    """The database's file is damaged; ``last_good`` names the newest proved backup, if any."""


class DatabaseMissingError(SatisfactionError):
    """There was a database here and it has gone; an empty one is not put in its place."""


class DataInUseError(SatisfactionError):
    """A server or the jobs use the data that is to be replaced, or it is being replaced now."""


class ProgramMissingError(SatisfactionError):
    """A program of the system that this needs is not installed."""


class ProgramFailedError(SatisfactionError):
    """A program of the system ended badly; ``detail`` is the last line it said."""


class BackupFailedError(SatisfactionError):
    """A backup that could not be taken, read or proved; ``problem`` says why."""


class BackupNotFoundError(NotFoundError):
    """No backup has this name."""


class NewerDataError(SatisfactionError):
    """The database holds newer data than the backup, or cannot say what it holds."""


class PortError(SatisfactionError):
    """The port to serve on is taken, not permitted, or no port number."""


class AccountNotFoundError(NotFoundError):
    """No account has this name."""


class PasswordRefusedError(SatisfactionError):
    """A password that somebody would try; ``fault`` says why, and the password is not named."""


class AccountExistsError(SatisfactionError):
    """An account has this name already."""


class PdfUnavailableError(SatisfactionError):
    """No PDF could be drawn: its library is ``missing``, or it was ``late``, or ``failed``."""


class AddressInvalidError(SatisfactionError):
    """What was given as an e-mail address is none."""


class MailServerError(SatisfactionError):
    """The mail server cannot be used; ``problem`` says why, ``detail`` is its own word."""


class BounceUnreadableError(SatisfactionError):
    """What was read is no report of a mail server about a letter; ``problem`` says what lacks."""


class BounceUnknownError(SatisfactionError):
    """A mail server reports of a letter, or of a recipient of it, that never was."""


class SeveralUnitsError(SatisfactionError):
    """Other units stand under this one, each of which publishes its own figures."""
