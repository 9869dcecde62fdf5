"""Front door of what surrounds a visit: links, reminders, texts, questionnaires, how the patient feels."""

from zabota.visits.jobs import replan_reminders
from zabota.visits.queries.answers import AnswersOfVisit, answers_for, is_filled, questionnaires_of
from zabota.visits.queries.sent import ReminderReport, complaints, median_minutes, open_complaints, reminder_report
from zabota.visits.queries.texts import TextsOfVisit, texts_of
from zabota.visits.queries.widget import WidgetGroup, widget_doctors, widget_service, widget_services
from zabota.visits.rules.answers import Asked, read_questions, write_questions
from zabota.visits.rules.unwell import says_unwell
from zabota.visits.services.acts import (
    CANCEL_REASONS,
    UNDO,
    ask_for_call,
    cancel_visit,
    confirm_visit,
    free_times,
    may_restore,
    move_back,
    move_visit,
    restore_visit,
    visit_of,
    wait_for_earlier,
)
from zabota.visits.services.care import answer_wellbeing, check_of
from zabota.visits.services.codes import (
    CodeUnchecked,
    CodeUnsent,
    CodeWrong,
    PhoneWrong,
    TooManyCodes,
    check_code,
    read_mobile,
    send_code,
)
from zabota.visits.services.complaints import escalate_waiting, pass_to_desk, settle_complaint, take_complaint
from zabota.visits.services.fresh_links import send_fresh_link
from zabota.visits.services.limits import count_request
from zabota.visits.services.links import (
    PATIENT,
    LinkGone,
    Secrets,
    TriesUsed,
    check_phone_end,
    find_link,
    link_of,
    make_links,
)
from zabota.visits.services.offering import offer_of, refuse_offer, take_offer
from zabota.visits.services.planning import has_told
from zabota.visits.services.questionnaires import fill_in, save_questionnaire
from zabota.visits.services.self_booking import NotOffered, Person, book_by_patient, hold_for_patient, read_person
from zabota.visits.services.settings import read_sites, save_settings, settings_of
from zabota.visits.services.texts import save_text
from zabota.visits.services.video import (
    OtherDevice,
    VideoClosed,
    doctor_video_address,
    enter_video,
    kind_of,
    offers_video,
    practice_pass,
    video_server,
)
from zabota.visits.services.video_consent import (
    ConsentNeeded,
    TextChanged,
    ensure_video_text,
    give_video_consent,
    take_back_video_consent,
    video_consent,
    video_consents,
    video_text,
)

__all__ = [
    "CANCEL_REASONS",
    "PATIENT",
    "UNDO",
    "AnswersOfVisit",
    "Asked",
    "CodeUnchecked",
    "CodeUnsent",
    "CodeWrong",
    "ConsentNeeded",
    "LinkGone",
    "NotOffered",
    "OtherDevice",
    "Person",
    "PhoneWrong",
    "ReminderReport",
    "Secrets",
    "TextChanged",
    "TextsOfVisit",
    "TooManyCodes",
    "TriesUsed",
    "VideoClosed",
    "WidgetGroup",
    "answer_wellbeing",
    "answers_for",
    "ask_for_call",
    "book_by_patient",
    "cancel_visit",
    "check_code",
    "check_of",
    "check_phone_end",
    "complaints",
    "confirm_visit",
    "count_request",
    "doctor_video_address",
    "ensure_video_text",
    "enter_video",
    "escalate_waiting",
    "fill_in",
    "find_link",
    "free_times",
    "give_video_consent",
    "has_told",
    "hold_for_patient",
    "is_filled",
    "kind_of",
    "link_of",
    "make_links",
    "may_restore",
    "median_minutes",
    "move_back",
    "move_visit",
    "offer_of",
    "offers_video",
    "open_complaints",
    "pass_to_desk",
    "practice_pass",
    "questionnaires_of",
    "read_mobile",
    "read_person",
    "read_questions",
    "read_sites",
    "refuse_offer",
    "reminder_report",
    "replan_reminders",
    "restore_visit",
    "save_questionnaire",
    "save_settings",
    "save_text",
    "says_unwell",
    "send_code",
    "send_fresh_link",
    "settings_of",
    "settle_complaint",
    "take_back_video_consent",
    "take_complaint",
    "take_offer",
    "texts_of",
    "video_consent",
    "video_consents",
    "video_server",
    "video_text",
    "visit_of",
    "wait_for_earlier",
    "widget_doctors",
    "widget_service",
    "widget_services",
    "write_questions",
]
