"""How much a file may be and what reading it may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Checked before unpacking where the format allows, and held by the operating system in the child process."""

    file_bytes: int = 300 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    unpack_ratio: int = 100
    # A book of 300,000 honest rows unpacks into 340 MB, packed tenfold; bombs are packed a hundredfold and more.
    honest_ratio: int = 20
    honest_bytes: int = 600 * 1024 * 1024
    packed_files: int = 50
    rows: int = 2_000_000
    columns: int = 500
    line_chars: int = 1_000_000
    cell_chars: int = 32_767  # what a cell of Excel may hold
    memory_bytes: int = 4 * 1024 * 1024 * 1024
    cpu_seconds: int = 600
    wall_seconds: int = 900


DEFAULT = Limits()
