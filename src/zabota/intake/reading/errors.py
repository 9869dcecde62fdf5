"""The one error of reading: a file that cannot be used, with a sentence for the person who chose it."""

from pathlib import Path


class UnreadableFile(Exception):
    """`text_ru` says what happened and what to do; `row` where, when that is known; `path` which of several files."""

    def __init__(self, code: str, text_ru: str, row: int | None = None) -> None:
        super().__init__(text_ru)
        self.code = code
        self.text_ru = text_ru
        self.row = row
        self.path: Path | None = None
