"""Tables of the clinic: organisation, branches, people, services, goal."""

from zabota.clinic.models.catalogue import Service, ServiceGroup
from zabota.clinic.models.goal import GoalPath
from zabota.clinic.models.organisation import Branch, Clinic
from zabota.clinic.models.people import Doctor, Member, User, UserManager

__all__ = ["Branch", "Clinic", "Doctor", "GoalPath", "Member", "Service", "ServiceGroup", "User", "UserManager"]
