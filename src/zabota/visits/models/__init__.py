"""Tables around a visit: links and codes, reminders, texts before and after, questionnaires, how the patient feels."""

from zabota.visits.models.care import (
    Answer,
    AnswerSheet,
    Question,
    Questionnaire,
    VisitText,
    WellbeingCheck,
)
from zabota.visits.models.limits import RequestTally
from zabota.visits.models.links import ActionLink, PhoneCode, VideoSeat
from zabota.visits.models.reminders import Reminder, VisitSettings

__all__ = [
    "ActionLink",
    "Answer",
    "AnswerSheet",
    "PhoneCode",
    "Question",
    "Questionnaire",
    "Reminder",
    "RequestTally",
    "VideoSeat",
    "VisitSettings",
    "VisitText",
    "WellbeingCheck",
]
