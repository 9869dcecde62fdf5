"""One emulator of all providers with an HTTP interface: speaks as they do, fails as they fail, keeps its own ledger.

`python -m tests.emulator --port 8190 --ledger /some/file.jsonl` runs it alone; tests use `Emulator` as a context.
A fault is chosen by the address: one whose digits end with 000 and two more, see `tests.emulator.faults`.
"""

from tests.emulator.faults import Fault, address_with
from tests.emulator.server import Emulator

__all__ = ["Emulator", "Fault", "address_with"]
