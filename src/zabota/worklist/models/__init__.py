"""Tables of the worklist: contact tasks, their history, scripts, absences."""

from zabota.worklist.models.absence import Absence
from zabota.worklist.models.codes import Outcome, Reason
from zabota.worklist.models.event import TaskEvent
from zabota.worklist.models.script import Script
from zabota.worklist.models.task import Task, TaskManager, TaskQuerySet

__all__ = ["Absence", "Outcome", "Reason", "Script", "Task", "TaskEvent", "TaskManager", "TaskQuerySet"]
