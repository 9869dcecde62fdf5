"""What a person's words bring with them: a kind, its reference at the provider, and what became of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Kinds as channels call them; what is not named here is a file.
_NAMES = {
    "image": "фото", "photo": "фото", "picture": "фото", "video": "видео", "voice": "голосовое сообщение",
    "audio": "голосовое сообщение", "contact": "номер телефона", "contact_unproven": "чужой номер телефона",
    "location": "место на карте", "sticker": "наклейка",
}  # fmt: skip
#: Of these, what a browser shows by itself.
_PICTURES = frozenset({"image", "photo", "picture"})


@dataclass(frozen=True, slots=True)
class Brought:
    """One file. It is kept with us under `kept`, or `refused` says why not; neither: nobody has fetched it."""

    kind: str
    reference: str
    kept: str = ""
    refused: str = ""

    @property
    def name(self) -> str:
        """As whoever reads calls it."""
        return _NAMES.get(self.kind, "файл")

    @property
    def is_picture(self) -> bool:
        """Whether a page can show it."""
        return self.kind in _PICTURES

    def as_row(self) -> list[str]:
        """As it is stored."""
        row = [self.kind, self.reference]
        return [*row, self.kept, self.refused] if self.kept or self.refused else row


def read_brought(rows: Sequence[Sequence[object]]) -> list[Brought]:
    """What is stored beside the words."""
    return [Brought(*(str(each) for each in [*row, "", ""][:4])) for row in rows]
