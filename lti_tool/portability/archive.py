"""One archive of all that is stored on a person: `data.json`, a page to read, a table per sheet, the uploads.

It is written outside of transactions, into a file that has no name and is gone when it is closed. docs/data.md has the form.
"""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from markupsafe import Markup, escape

from lti_tool.core.database import is_writing
from lti_tool.core.i18n import current_language
from lti_tool.core.i18n import gettext as _
from lti_tool.identity.keeping import Sheet
from lti_tool.media.storage import Storage
from lti_tool.portability import rules
from lti_tool.portability.queries import Kept

FORMAT: Final = "dangke-person/1"
MIME: Final = "application/zip"
NAME: Final = "personal-data.zip"
_STYLE: Final = Markup(
    "body{font:16px/1.75 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #ccc;padding:.25rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}section{overflow-x:auto}"
)


def build(kept: Sequence[Kept], data_dir: Path, now: datetime) -> IO[bytes]:
    """Write the archive and return it, at its beginning. The titles are in the language of whoever asks."""
    if is_writing():
        raise RuntimeError("archives are written outside of transactions")
    data_dir.mkdir(parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(dir=data_dir)  # noqa: SIM115 - whoever gets it closes it, when it has been sent
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            sheets = [each for part in kept for each in part.sheets]
            archive.writestr("data.json", _json(sheets, now))
            archive.writestr("index.html", _page(kept, now))
            for each in sheets:
                if each.rows:
                    archive.writestr(f"csv/{each.name}.csv", _table(each))
                for name, sha256 in each.files:
                    _add(archive, f"files/{name}", Storage(data_dir).path(sha256))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Media are packed already; one that is not on the disk any more stands in the table only."""
    if path.is_file():
        archive.write(path, name, zipfile.ZIP_STORED)


def _json(sheets: Iterable[Sheet], now: datetime) -> str:
    records = {each.name: rules.records(each.fields, each.rows) for each in sheets}
    document = {"format": FORMAT, "exported_at": rules.plain(now), "sheets": records}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _table(sheet: Sheet) -> bytes:
    """With a byte order mark, by which table programs know UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(sheet.fields)
    writer.writerows([rules.cell(value) for value in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _page(kept: Iterable[Kept], now: datetime) -> str:
    title = escape(_("What is stored about you"))
    parts = [
        Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width"><title>{}</title><style>{}</style></head><body><h1>{}</h1><p>{}</p>'
        ).format(current_language().value, title, _STYLE, title, rules.plain(now))
    ]
    for part in kept:
        if part.rows:
            parts.append(Markup("<h2>{}</h2>").format(part.keeper.label))
            parts.extend(_section(each) for each in part.sheets if each.rows)
    parts.append(Markup("</body></html>"))
    return "\n".join(parts)


def _section(sheet: Sheet) -> Markup:
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(name) for name in sheet.fields)
    body = Markup("\n").join(_row(row) for row in sheet.rows)
    return Markup(
        "<h3>{}</h3><section><table><thead><tr>{}</tr></thead><tbody>\n{}\n</tbody></table></section>"
    ).format(sheet.title, head, body)


def _row(row: tuple[Any, ...]) -> Markup:
    cells = Markup("").join(Markup("<td>{}</td>").format("" if value is None else rules.plain(value)) for value in row)
    return Markup("<tr>{}</tr>").format(cells)
