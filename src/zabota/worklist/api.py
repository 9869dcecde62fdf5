"""Front door of the worklist: tasks, their outcomes and owners, the queue, scripts, control."""

from zabota.worklist.queries.contacts import callable_phones, reachable
from zabota.worklist.queries.control import (
    AGES,
    AgeBucket,
    ContactRow,
    PersonWork,
    ageing,
    contact_rows,
    of_age,
    overdue,
    team_work,
)
from zabota.worklist.queries.queue import (
    DayCounts,
    common_queue,
    day_counts,
    in_order,
    next_task,
    queue,
    step_of,
)
from zabota.worklist.queries.scripts import ScriptUse, default_script, script_for, script_history, script_uses
from zabota.worklist.queries.team import absent_ids, day_bounds, desk_member, loads, may_work_at, workers, workers_at
from zabota.worklist.rules.calls import QuickTime, another_way, quick_times, thinks_times, thinks_until
from zabota.worklist.rules.elapsed import elapsed
from zabota.worklist.rules.formal import COUNTED, MEANINGS, SIGNS, share_with_interval
from zabota.worklist.rules.outcomes import CLOSING, DESK_ORDER, SPOKEN, UNDO_WITHIN
from zabota.worklist.rules.reasons import REFUSALS, RESOLUTIONS, Choice, reason_label
from zabota.worklist.rules.script_text import PLACEHOLDERS, Part, render
from zabota.worklist.services.booked import book_from_task
from zabota.worklist.services.closing import close_needless
from zabota.worklist.services.distribution import distribute
from zabota.worklist.services.forward import bring_forward, waiting_untouched
from zabota.worklist.services.manual import ask_to_contact
from zabota.worklist.services.notes import add_note
from zabota.worklist.services.outcomes import BookingMissing, Recorded, record_outcome
from zabota.worklist.services.ownership import (
    end_absence,
    hand_over,
    hand_over_by_rule,
    mark_absent,
    reassign_all,
    snooze_task,
    take_task,
)
from zabota.worklist.services.scripts import ScriptWrong, edit_script, ensure_scripts
from zabota.worklist.services.tasks import create_task, open_task
from zabota.worklist.services.undo import TooLate, undo_move, undo_outcome

__all__ = [
    "AGES",
    "CLOSING",
    "COUNTED",
    "DESK_ORDER",
    "MEANINGS",
    "PLACEHOLDERS",
    "REFUSALS",
    "RESOLUTIONS",
    "SIGNS",
    "SPOKEN",
    "UNDO_WITHIN",
    "AgeBucket",
    "BookingMissing",
    "Choice",
    "ContactRow",
    "DayCounts",
    "Part",
    "PersonWork",
    "QuickTime",
    "Recorded",
    "ScriptUse",
    "ScriptWrong",
    "TooLate",
    "absent_ids",
    "add_note",
    "ageing",
    "another_way",
    "ask_to_contact",
    "book_from_task",
    "bring_forward",
    "callable_phones",
    "close_needless",
    "common_queue",
    "contact_rows",
    "create_task",
    "day_bounds",
    "day_counts",
    "default_script",
    "desk_member",
    "distribute",
    "edit_script",
    "elapsed",
    "end_absence",
    "ensure_scripts",
    "hand_over",
    "hand_over_by_rule",
    "in_order",
    "loads",
    "mark_absent",
    "may_work_at",
    "next_task",
    "of_age",
    "open_task",
    "overdue",
    "queue",
    "quick_times",
    "reachable",
    "reason_label",
    "reassign_all",
    "record_outcome",
    "render",
    "script_for",
    "script_history",
    "script_uses",
    "share_with_interval",
    "snooze_task",
    "step_of",
    "take_task",
    "team_work",
    "thinks_times",
    "thinks_until",
    "undo_move",
    "undo_outcome",
    "waiting_untouched",
    "workers",
    "workers_at",
]
