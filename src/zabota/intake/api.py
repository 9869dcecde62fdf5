"""The front door of intake: reading exports. Free of Django, so that an audit needs neither server nor database."""

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.exports import read_export, recognise, recognise_all
from zabota.intake.reading.limits import DEFAULT, Limits
from zabota.intake.reading.rejected import write_rejected
from zabota.intake.reading.results import ColumnGuess, FileFacts, Reading, Rejection, RowCounts
from zabota.intake.rules.fields import FIELD_NAMES_RU, FIELDS, STATUSES
from zabota.intake.rules.mapping import SavedMapping, TableColumns, WrongMapping
from zabota.intake.rules.reasons import REJECTED as REJECTED_RU

__all__ = [
    "DEFAULT",
    "FIELDS",
    "FIELD_NAMES_RU",
    "REJECTED_RU",
    "STATUSES",
    "ColumnGuess",
    "FileFacts",
    "Limits",
    "Reading",
    "Rejection",
    "RowCounts",
    "SavedMapping",
    "TableColumns",
    "UnreadableFile",
    "WrongMapping",
    "read_export",
    "recognise",
    "recognise_all",
    "write_rejected",
]
