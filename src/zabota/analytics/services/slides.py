"""A presentation as a file of PowerPoint: titles, native tables that can be edited, bars as shapes. No template, no library."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

#: English metric units in a point, and the slide of 13⅓ × 7½ inches.
POINT: Final = 12_700
WIDE, TALL = 12_192_000, 6_858_000
EDGE: Final = 45 * POINT
#: Letters from which a title is written smaller, so that it stays within its two lines.
LONG: Final = 90
#: Rows that fit below a title.
ROWS: Final = 14
INK, QUIET, ACCENT, PALE, LINE = "1F2722", "5B655F", "0F6B4D", "D3D6D1", "DDE0DB"

_NS: Final = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND: Final = "application/vnd.openxmlformats-officedocument.presentationml"


@dataclasses.dataclass(frozen=True, slots=True)
class Slide:
    """A title that is the answer, a line below it, and figures as a table; `bars` are 0…1 for each row, in front of the figures."""

    title: str
    hint: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    bars: Sequence[float] = ()
    #: Sentences instead of a table.
    says: Sequence[str] = ()


def presentation(slides: Sequence[Slide], *, title: str) -> bytes:
    """The whole file. A table that is too long goes on over the next slides."""
    pages = [page for slide in slides for page in _pages(slide)]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {**_frame(len(pages), title), **_slides(pages)}.items():
            # A date of its own, so that the same figures give the same file.
            file.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), _HEAD + text, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def _pages(slide: Slide) -> list[Slide]:
    if len(slide.rows) <= ROWS:
        return [slide]
    return [
        dataclasses.replace(
            slide,
            title=slide.title if not start else f"{slide.title} (продолжение)",
            rows=slide.rows[start : start + ROWS],
            bars=slide.bars[start : start + ROWS],
        )
        for start in range(0, len(slide.rows), ROWS)
    ]


def _slides(pages: Sequence[Slide]) -> dict[str, str]:
    made = {}
    for number, page in enumerate(pages, start=1):
        made[f"ppt/slides/slide{number}.xml"] = _slide(page)
        made[f"ppt/slides/_rels/slide{number}.xml.rels"] = _relations(
            [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")]
        )
    return made


def _slide(page: Slide) -> str:
    shapes = [_placed("title", 2, page.title)]
    if page.hint:
        shapes.append(_text(3, "Подпись", page.hint, top=88, height=34, size=14, color=QUIET))
    if page.says:
        shapes.append(_text(4, "Текст", "\n".join(page.says), top=140, height=360, size=18, color=INK))
    if page.header:
        shapes.append(_table(5, page))
        shapes += _bars(page)
    return f"<p:sld {_NS}><p:cSld><p:spTree>{_GROUP}{''.join(shapes)}</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>"


_GROUP: Final = (
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>'
)
TITLE_TOP, TITLE_HEIGHT, TABLE_TOP, ROW_HEIGHT = 28, 56, 128, 26


def _placed(kind: str, number: int, text: str) -> str:
    """A placeholder of the layout: outlines and readers of the screen find the title by it."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Заголовок"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="{kind}"/>'
        f"</p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>{_paragraphs(text, 18 if len(text) > LONG else 0)}</p:txBody></p:sp>"
    )


def _text(number: int, name: str, text: str, *, top: int, height: int, size: int, color: str) -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name={quoteattr(name)}/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr>'
        f"{_box('a', EDGE, top * POINT, WIDE - 2 * EDGE, height * POINT)}"
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/></p:spPr>'
        f'<p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0"><a:normAutofit/></a:bodyPr><a:lstStyle/>{_paragraphs(text, size, color)}</p:txBody></p:sp>'
    )


def _paragraphs(text: str, size: int = 0, color: str = "", *, bold: bool = False, right: bool = False) -> str:
    looks = f' sz="{100 * size}"' if size else ""
    looks += ' b="1"' if bold else ""
    fill = f'<a:solidFill><a:srgbClr val="{color}"/></a:solidFill>' if color else ""
    side = '<a:pPr algn="r"/>' if right else ""
    return "".join(
        f'<a:p>{side}<a:r><a:rPr lang="ru-RU"{looks} dirty="0">{fill}</a:rPr><a:t>{escape(_legal(line))}</a:t></a:r></a:p>'
        for line in text.split("\n")
    )


def _legal(text: str) -> str:
    """Without the signs that XML may not hold, however they came into a name."""
    return "".join(sign for sign in text if sign >= " " or sign == "\t")


def _box(space: str, x: int, y: int, width: int, height: int) -> str:
    return f'<{space}:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></{space}:xfrm>'


def _widths(page: Slide) -> list[int]:
    """The names get most; a column of bars, when there is one, is as wide as a third of the names."""
    whole = WIDE - 2 * EDGE
    parts = [4.0, *([2.5] if page.bars else []), *(1.6 for _ in page.header[1:])]
    widths = [int(whole * part / sum(parts)) for part in parts]
    widths[0] += whole - sum(widths)
    return widths


def _table(number: int, page: Slide) -> str:
    widths = _widths(page)
    header = [page.header[0], *([""] if page.bars else []), *page.header[1:]]
    rows = [_row(header, size=12, color=QUIET, bold=False, plain=bool(page.bars))]
    for row in page.rows:
        cells = [row[0], *([""] if page.bars else []), *row[1:]]
        rows.append(_row(cells, size=13, color=INK, bold=True, plain=bool(page.bars)))
    grid = "".join(f'<a:gridCol w="{width}"/>' for width in widths)
    return (
        f'<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="{number}" name="Таблица" descr={quoteattr(_legal(page.title))}/><p:cNvGraphicFramePr>'
        '<a:graphicFrameLocks noGrp="1"/></p:cNvGraphicFramePr><p:nvPr/></p:nvGraphicFramePr>'
        f"{_box('p', EDGE, TABLE_TOP * POINT, sum(widths), ROW_HEIGHT * POINT * (len(page.rows) + 1))}"
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl><a:tblPr firstRow="1"/>'
        f"<a:tblGrid>{grid}</a:tblGrid>{''.join(rows)}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def _row(cells: Sequence[str], *, size: int, color: str, bold: bool, plain: bool) -> str:
    line = f'<a:lnB w="6350"><a:solidFill><a:srgbClr val="{LINE}"/></a:solidFill></a:lnB>'
    none = "".join(f'<a:{side} w="0"><a:noFill/></a:{side}>' for side in ("lnL", "lnR", "lnT"))
    made = "".join(
        f"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/>{_paragraphs(cell, size, color, bold=bold and not place, right=place > int(plain))}</a:txBody>"
        f'<a:tcPr marL="0" marR="45720" marT="22860" marB="22860" anchor="ctr">{none}{line}<a:noFill/></a:tcPr></a:tc>'
        for place, cell in enumerate(cells)
    )
    return f'<a:tr h="{ROW_HEIGHT * POINT}">{made}</a:tr>'


def _bars(page: Slide) -> list[str]:
    widths = _widths(page)
    left, room = EDGE + widths[0], (widths[1] if page.bars else 0) - 8 * POINT
    shapes = []
    for place, share in enumerate(page.bars):
        width = max(int(room * min(max(share, 0.0), 1.0)), POINT)
        top = (TABLE_TOP + ROW_HEIGHT * (place + 1) + 6) * POINT
        shapes.append(
            f'<p:sp><p:nvSpPr><p:cNvPr id="{100 + place}" name="Полоса {place + 1}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>'
            f"{_box('a', left, top, width, (ROW_HEIGHT - 12) * POINT)}"
            f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="{ACCENT}"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr></p:sp>'
        )
    return shapes


def _frame(count: int, title: str) -> dict[str, str]:
    """Everything around the slides: kinds of parts, relations, one master with one layout, a theme."""
    slides = "".join(
        f'<Override PartName="/ppt/slides/slide{number}.xml" ContentType="{_KIND}.slide+xml"/>'
        for number in range(1, count + 1)
    )
    listed = "".join(f'<p:sldId id="{255 + number}" r:id="rId{10 + number}"/>' for number in range(1, count + 1))
    relations = [("rId1", "slideMaster", "slideMasters/slideMaster1.xml"), ("rId2", "theme", "theme/theme1.xml")]
    relations += [(f"rId{10 + number}", "slide", f"slides/slide{number}.xml") for number in range(1, count + 1)]
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/ppt/presentation.xml" ContentType="{_KIND}.presentation.main+xml"/>'
            f'<Override PartName="/ppt/slideMasters/slideMaster1.xml" ContentType="{_KIND}.slideMaster+xml"/>'
            f'<Override PartName="/ppt/slideLayouts/slideLayout1.xml" ContentType="{_KIND}.slideLayout+xml"/>'
            '<Override PartName="/ppt/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.theme+xml"/>'
            '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
            f"{slides}</Types>"
        ),
        "_rels/.rels": _relations(
            [
                ("rId1", "officeDocument", "ppt/presentation.xml"),
                (
                    "rId2",
                    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                    "docProps/core.xml",
                ),
            ]
        ),
        "docProps/core.xml": (
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(_legal(title))}</dc:title><dc:creator>Zabota</dc:creator></cp:coreProperties>'
        ),
        "ppt/presentation.xml": (
            f'<p:presentation {_NS}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
            f'<p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="{WIDE}" cy="{TALL}"/><p:notesSz cx="{TALL}" cy="{WIDE}"/></p:presentation>'
        ),
        "ppt/_rels/presentation.xml.rels": _relations(relations),
        "ppt/slideMasters/slideMaster1.xml": _master(),
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": _relations(
            [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"), ("rId2", "theme", "../theme/theme1.xml")]
        ),
        "ppt/slideLayouts/slideLayout1.xml": (
            f'<p:sldLayout {_NS} type="titleOnly" preserve="1"><p:cSld name="Заголовок"><p:spTree>{_GROUP}{_title_box()}</p:spTree></p:cSld>'
            "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>"
        ),
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": _relations(
            [("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]
        ),
        "ppt/theme/theme1.xml": _theme(),
    }


def _relations(found: Sequence[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="{name}" Type="{kind if "/" in kind else f"{_OFFICE}/{kind}"}" Target="{target}"/>'
        for name, kind, target in found
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'
    )


def _title_box() -> str:
    return (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Заголовок"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
        f"<p:spPr>{_box('a', EDGE, TITLE_TOP * POINT, WIDE - 2 * EDGE, TITLE_HEIGHT * POINT)}"
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr lIns="0" rIns="0" anchor="b"><a:normAutofit/></a:bodyPr><a:lstStyle/>'
        '<a:p><a:endParaRPr lang="ru-RU"/></a:p></p:txBody></p:sp>'
    )


def _master() -> str:
    names = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2", "hlink": "hlink", "folHlink": "folHlink"}
    colors = " ".join(
        f'{name}="{of}"' for name, of in {**names, **{f"accent{n}": f"accent{n}" for n in range(1, 7)}}.items()
    )
    ink = '<a:solidFill><a:schemeClr val="tx1"/></a:solidFill>'
    fonts = '<a:latin typeface="+mj-lt"/><a:cs typeface="+mn-cs"/>'
    return (
        f'<p:sldMaster {_NS}><p:cSld><p:bg><p:bgPr><a:solidFill><a:schemeClr val="bg1"/></a:solidFill><a:effectLst/></p:bgPr></p:bg>'
        f"<p:spTree>{_GROUP}{_title_box()}</p:spTree></p:cSld><p:clrMap {colors}/>"
        '<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst>'
        f'<p:txStyles><p:titleStyle><a:lvl1pPr algn="l"><a:defRPr sz="2400" b="1">{ink}{fonts}</a:defRPr></a:lvl1pPr></p:titleStyle>'
        f'<p:bodyStyle><a:lvl1pPr><a:defRPr sz="1800">{ink}</a:defRPr></a:lvl1pPr></p:bodyStyle>'
        f'<p:otherStyle><a:lvl1pPr><a:defRPr sz="1800">{ink}</a:defRPr></a:lvl1pPr></p:otherStyle></p:txStyles></p:sldMaster>'
    )


def _theme() -> str:
    colors = {
        "dk1": INK, "lt1": "FFFFFF", "dk2": QUIET, "lt2": "F5F5F1", "accent1": ACCENT, "accent2": PALE, "accent3": "8A6D1F",
        "accent4": "A23B2A", "accent5": "2F6F9F", "accent6": QUIET, "hlink": ACCENT, "folHlink": QUIET,
    }  # fmt: skip
    listed = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in colors.items())
    font = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line = f'<a:ln w="9525">{fill}</a:ln>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Zabota"><a:themeElements>'
        f'<a:clrScheme name="Zabota">{listed}</a:clrScheme>'
        f'<a:fontScheme name="Zabota"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme>'
        f'<a:fmtScheme name="Zabota"><a:fillStyleLst>{3 * fill}</a:fillStyleLst><a:lnStyleLst>{3 * line}</a:lnStyleLst>'
        f"<a:effectStyleLst>{3 * effect}</a:effectStyleLst><a:bgFillStyleLst>{3 * fill}</a:bgFillStyleLst></a:fmtScheme>"
        "</a:themeElements></a:theme>"
    )
