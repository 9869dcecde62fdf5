"""The refused rows of a load as one file to download, written once by the worker that read the export."""

from __future__ import annotations

import secrets
import tempfile
import zipfile
from pathlib import Path

from django.conf import settings

from zabota.intake.models import Batch
from zabota.intake.reading.rejected import refused_sources, write_rejected
from zabota.intake.reading.results import Reading

#: Where the file stands in `Batch.facts`.
KEY = "refused"


def keep_refused(batch: Batch, reading: Reading) -> None:
    """Write the file anew; of several sources with refused rows it is an archive with one file for each."""
    former = refused_file(batch)
    names = dict(batch.files.values_list("stored", "name"))
    sources = [Path(names.get(path.name, path.name)).stem for path in refused_sources(reading)]
    facts = {key: value for key, value in batch.facts.items() if key != KEY}
    if sources:
        with tempfile.TemporaryDirectory() as folder:
            written = write_rejected(reading, Path(folder) / "rows.csv")
            shown = _distinct([f"{source} - отклонённые" for source in sources])
            titled = [(path, f"{name}{path.suffix}") for path, name in zip(written, shown, strict=True)]
            facts[KEY] = _store(titled)
    batch.facts = facts
    Batch.objects.filter(pk=batch.pk).update(facts=facts)
    if former is not None:
        former[0].unlink(missing_ok=True)


def refused_file(batch: Batch) -> tuple[Path, str] | None:
    """The file and its name for people; None when every row was taken."""
    kept = batch.facts.get(KEY)
    if not kept:
        return None
    return settings.UPLOADS_DIR / Path(kept["stored"]).name, kept["name"]


def _distinct(names: list[str]) -> list[str]:
    """Two files of one name lie side by side in an archive."""
    result: list[str] = []
    for name in names:
        shown, number = name, 2
        while shown in result:
            shown, number = f"{name} {number}", number + 1
        result.append(shown)
    return result


def _store(written: list[tuple[Path, str]]) -> dict[str, str | int]:
    path, name = written[0]
    suffix = path.suffix if len(written) == 1 else ".zip"
    folder: Path = settings.UPLOADS_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / (secrets.token_hex(16) + suffix)
    with target.open("xb") as stream:
        target.chmod(0o600)
        if len(written) == 1:
            stream.write(path.read_bytes())
        else:
            name = "Отклонённые строки.zip"
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for each, title in written:
                    archive.write(each, title)
    return {"stored": target.name, "name": name, "files": len(written)}
