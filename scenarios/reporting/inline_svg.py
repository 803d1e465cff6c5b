"""Drawings made ready to stand in a page, many of them in one.

In a file of its own a drawing may call its parts what it likes. In a page the names of all drawings are one set, and what
a drawing says about style holds for the whole page. So each gets names of its own, and no style sheet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
LEFT_OUT = tuple(f"{{{SVG}}}{name}" for name in ("title", "metadata", "style"))
"""What a page has no use for: a title, which its label repeats, who drew, and style, for which the page has a sheet."""

POINTER = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")


@dataclass(frozen=True)
class Drawing:
    """A drawing read from a file.

    Attributes:
        claim: its title.
        root: its elements.
    """

    claim: str
    root: ElementTree.Element

    def inline(self, prefix: str, label: str, described_by: str) -> str:
        """The drawing as part of a page, as wide as there is room.

        Args:
            prefix: what the names in it begin with, different for each drawing of a page.
            label: what a reader who does not see it is told.
            described_by: id of the element that describes it further.
        """
        root = ElementTree.fromstring(ElementTree.tostring(self.root))
        for parent in root.iter():
            for child in [one for one in parent if one.tag in LEFT_OUT]:
                parent.remove(child)
        taken: set[str] = set()
        for element in root.iter():
            for name, value in list(element.items()):
                if name == "id" and value in taken:  # matplotlib names pictures by what they show, the same one twice alike
                    del element.attrib[name]
                elif name == "id":
                    taken.add(value)
                    element.set(name, prefix + value)
                elif name == f"{{{XLINK}}}href":  # the plain name does the same, and needs no further vocabulary
                    del element.attrib[name]
                    element.set("href", f"#{prefix}{value[1:]}" if value.startswith("#") else value)
                elif name == "href" and value.startswith("#"):
                    element.set(name, f"#{prefix}{value[1:]}")
                elif "url(" in value:
                    element.set(name, POINTER.sub(lambda found: f"url(#{prefix}{found[1]})", value))
            element.tag = element.tag.removeprefix(f"{{{SVG}}}")
            element.tail = None if element.tail is None or not element.tail.strip() else element.tail
            element.text = None if element.text is None or not element.text.strip() else element.text
        for size in ("width", "height", "version"):
            root.attrib.pop(size, None)
        root.set("role", "img")
        root.set("aria-label", label)
        root.set("aria-describedby", described_by)
        return ElementTree.tostring(root, encoding="unicode")


def read_drawing(text: str) -> Drawing:
    """A drawing, from the text of an SVG file.

    Raises:
        ValueError: it is not XML, or says nothing of its size.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"not an SVG drawing: {error}") from None
    if root.tag != f"{{{SVG}}}svg" or "viewBox" not in root.attrib:
        raise ValueError("not an SVG drawing with a viewBox")
    return Drawing((root.findtext(f"{{{SVG}}}title") or "").strip(), root)
