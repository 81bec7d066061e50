"""Icons of the lucide wheel, each read from its archive once in a process."""

from functools import cache
from importlib.resources import files
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

from django.utils.safestring import SafeString, mark_safe

_ALWAYS = {"width": "18", "height": "18", "aria-hidden": "true", "stroke-width": "1.9"}


@cache
def _archive() -> ZipFile:
    # The wheel's own tag opens it for each icon, which lists all 1,700 of them each time.
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))


@cache
def icon(name: str, size_class: str = "") -> SafeString:
    """Return an icon; it says nothing to a screen reader, the words beside it do. Fails if there is none."""
    svg = ElementTree.fromstring(_archive().read(f"{name}.svg"))
    for part in svg.iter():
        part.tag = part.tag.rpartition("}")[2]
    svg.attrib |= _ALWAYS | {"class": f"icon {size_class}".strip()}
    return mark_safe(" ".join(ElementTree.tostring(svg, encoding="unicode").split()))  # no input in it
