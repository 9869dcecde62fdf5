"""Front door of the clinic: roles and rights."""

from zabota.clinic.rules.rights import RIGHTS, ROLE_NAMES, Right, Role, may

__all__ = ["RIGHTS", "ROLE_NAMES", "Right", "Role", "may"]
