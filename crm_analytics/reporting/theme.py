"""The deck's theme: house colours, fonts that readers have, one layout; whatever a reader adds takes them over."""

import re

from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Inches

from crm_analytics.charts import style

LANGUAGES = {"en": "en-GB", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
LATIN = "Arial"  # Calibri is not on every machine, and what stands in for it may be a fifth wider; Arial has its like everywhere
CHINESE = {"en": "Microsoft YaHei", "zh-Hans": "Microsoft YaHei", "zh-Hant": "Microsoft JhengHei"}
SCRIPTS = {"Hans": "Microsoft YaHei", "Hant": "Microsoft JhengHei"}
LAYOUT = "Title Only"
LOSS = "#B3261E"
FOOT = {"ftr": (0.6, 7.06, 10.5, 0.28), "sldNum": (11.733, 7.06, 1.0, 0.28)}


def dress(show, language: str, title: tuple):
    """Theme and the one layout of a new presentation; gives the layout.  `title`: where titles stand, in inches."""
    master = show.slide_masters[0]
    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    part._blob = _themed(part.blob.decode("utf-8"), language).encode("utf-8")  # the library reads themes only
    for layout in list(show.slide_layouts):
        if layout.name != LAYOUT:
            show.slide_layouts.remove(layout)
    layout = show.slide_layouts[0]
    _shed(show)
    _titles(master, title)
    for place in (master, layout):
        _foot(place)
    return layout


def _themed(xml: str, language: str) -> str:
    colours = style.LIGHT
    scheme = {"dk1": colours.ink, "lt1": colours.card, "dk2": "#10202F", "lt2": "#F4F6F8"} | dict(
        zip((f"accent{n}" for n in range(1, 6)), list(colours.tiers.values())[:5])
    )
    for name, colour in (scheme | {"accent6": LOSS, "hlink": colours.primary, "folHlink": colours.muted}).items():
        xml = re.sub(
            rf"<a:{name}>.*?</a:{name}>", f'<a:{name}><a:srgbClr val="{colour[1:]}"/></a:{name}>', xml, flags=re.S
        )
    xml = xml.replace('<a:ea typeface=""/>', f'<a:ea typeface="{CHINESE[language]}"/>')
    for script, font in SCRIPTS.items():
        xml = re.sub(rf'(script="{script}" typeface=")[^"]*', rf"\g<1>{font}", xml)
    return xml.replace('<a:latin typeface="Calibri"/>', f'<a:latin typeface="{LATIN}"/>').replace(
        "Office Theme", "CRM Analytics"
    )


def _shed(show):
    """The preview picture and printer settings of the library's template say nothing about this deck."""
    package, part = show.part.package, show.part
    for owner, kind in ((package, RELATIONSHIP_TYPE.THUMBNAIL), (part, RELATIONSHIP_TYPE.PRINTER_SETTINGS)):
        for key, relation in list(owner._rels.items()):
            if relation.reltype == kind:
                owner._rels.pop(key)


def _titles(master, box):
    """Titles: left, from the top of their box down, no shrinking by the program."""
    for shape in master.placeholders:
        if shape.placeholder_format.type == 1 and shape.has_text_frame:
            _put(shape, box)
    styles = master._element.find(qn("p:txStyles"))
    level = styles.find(f"{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    level.set("algn", "l")
    look = level.find(qn("a:defRPr"))
    look.set("sz", "2800")
    look.set("b", "1")


def _foot(place):
    for shape in list(place.placeholders):
        kind = shape.element.ph.get("type")
        if kind in FOOT:
            _put(shape, FOOT[kind])
            _margins(shape)
        elif kind == "dt":
            shape.element.getparent().remove(shape.element)
        elif kind == "body":
            _put(shape, (0.6, 2.0, 12.133, 4.9))
        elif kind == "title":
            _margins(shape)


def _margins(shape):
    frame = shape.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for fitting in frame._txBody.bodyPr.findall(qn("a:normAutofit")):
        frame._txBody.bodyPr.remove(fitting)
    frame._txBody.bodyPr.set("anchor", "t" if shape.element.ph.get("type") == "title" else "ctr")


def _put(shape, box):
    shape.left, shape.top, shape.width, shape.height = map(Inches, box)
