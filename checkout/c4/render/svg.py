"""SVG: sanitises PlantUML's pictures, makes their ids unique, describes them for screen readers, links their arrows."""

import re
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

from checkout.c4.findings import DiagramError
from checkout.c4.source.arrows import Arrow, Drawing

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
Node = ElementTree.Element
ELEMENTS = frozenset(
    re.findall(
        r"[\w-]+",
        "svg g defs rect path polygon polyline ellipse circle line text tspan image a title desc metadata "
        "linearGradient radialGradient stop clipPath pattern marker use filter feGaussianBlur feOffset feBlend "
        "feColorMatrix feMerge feMergeNode feFlood feComposite ",
    )
)
ATTRIBUTES = frozenset(
    re.findall(
        r"[\w-]+",
        "id class style transform viewBox width height x y x1 y1 x2 y2 cx cy r rx ry d points fill fill-opacity "
        "fill-rule stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit "
        "stroke-opacity opacity color font-family font-size font-style font-weight text-anchor text-decoration "
        "textLength lengthAdjust letter-spacing dx dy dominant-baseline clip-path filter gradientUnits offset "
        "stop-color stop-opacity spreadMethod version role lang preserveAspectRatio in in2 result mode type values "
        "stdDeviation refX refY markerWidth markerHeight markerUnits orient patternUnits aria-labelledby href target "
        "rel ",
    )
)
FONTS = "DejaVu Sans, Verdana, sans-serif"  # the second has the same widths as the first
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]+")
ACTIVE = re.compile(r"url\s*\(\s*[^#\s]|expression|@import|javascript:", re.I)
STAMP = "checkout.c4"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def tag(name: str) -> str:
    """The qualified name of an SVG element."""
    return f"{{{SVG}}}{name}"


def parse(svg: bytes | str) -> Node:
    """The tree of an SVG. Raises ValueError for anything else."""
    text = svg.decode() if isinstance(svg, bytes) else svg
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("an SVG that declares entities is not read")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"not an SVG: {error}") from error


def serialise(root: Node) -> str:
    """The tree as text with one group per line, so that version control shows small changes."""
    root.tail = "\n"
    for parent in [root, *root.findall(tag("g"))]:
        parent.text = "\n"
        for child in parent:
            child.tail = "\n"
    return ElementTree.tostring(root, encoding="unicode")


def sanitise(root: Node) -> Node:
    """Removes, in place, all but known elements, known attributes, and links to pages; returns the tree."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.removeprefix(f"{{{SVG}}}") not in ELEMENTS:
                parent.remove(child)
    for node in root.iter():
        _remove_unknown_attributes(node)
    return root


def _remove_unknown_attributes(node: Node) -> None:
    for name, value in list(node.items()):
        local = name.removeprefix(f"{{{XLINK}}}")
        is_known = (local in ATTRIBUTES or local.startswith("data-")) and local != "data-source-line"
        is_safe = _is_safe(node, value) if local == "href" else not ACTIVE.search(value)
        if not (is_known and is_safe):
            del node.attrib[name]
    if node.tag == tag("a"):
        node.set("rel", "noopener")


def _is_safe(node: Node, link: str) -> bool:
    if node.tag == tag("image"):
        return bool(PICTURE.fullmatch(link))
    if node.tag != tag("a"):
        return link.startswith("#")
    plain = re.sub(r"[\x00-\x20\x7f]", "", link)
    try:
        scheme = urlsplit(plain).scheme.lower()
    except ValueError:
        return False
    return scheme in ("", "http", "https") and not plain.startswith(("//", "\\"))


def link_arrows(drawing: Drawing, root: Node) -> tuple[Arrow, ...]:
    """The arrows with the ids of their groups in the picture. Raises DiagramError if they cannot be matched."""
    visible = drawing.visible_arrows
    if root.get("data-diagram-type") not in ("DESCRIPTION", "CLASS"):
        return visible
    groups = [group for group in root.iter(tag("g")) if group.get("class") == "link"]
    groups.sort(key=lambda group: int((group.get("id") or "")[3:]))
    if len(groups) != len(visible):
        raise _unmatched(drawing, f"{len(visible)} arrows are written and {len(groups)} drawn")
    names = {group.get("id"): group.get("data-qualified-name") or "" for group in root.iter(tag("g"))}
    return tuple(_link_arrow(drawing, arrow, group, names) for arrow, group in zip(visible, groups, strict=True))


def _link_arrow(drawing: Drawing, arrow: Arrow, group: Node, names: dict[str | None, str]) -> Arrow:
    ends = [names.get(group.get(f"data-entity-{end}"), "") for end in (1, 2)]
    straight = _has_alias(ends[0], arrow.source) and _has_alias(ends[1], arrow.target)
    crossed = _has_alias(ends[1], arrow.source) and _has_alias(ends[0], arrow.target)
    drawn = re.sub(r"[\W_]", "", "".join("".join(text.itertext()) for text in group.iter(tag("text"))))
    words = re.findall(r"[^\W_]{2,}", arrow.label)  # markup may hide some of them, never all
    is_labelled = not words or any(word in drawn for word in words)
    if not (straight or crossed) or not is_labelled:
        raise _unmatched(drawing, f"the arrow {arrow} is drawn as {' – '.join(ends)}")
    return replace(arrow, svg_id=prefixed_id(drawing.name, group.get("id") or ""))


def _has_alias(qualified: str, alias: str) -> bool:
    # An alias may hold dots itself, so it is the end of the qualified name, not what follows its last dot.
    return qualified == alias or qualified.endswith("." + alias) or not qualified


def _unmatched(drawing: Drawing, message: str) -> DiagramError:
    return drawing.diagram.head.error("unmatched", message, "remove hide/remove lines, or report this diagram")


def prefixed_id(name: str, local: str) -> str:
    """An id prefixed with the name of its picture, so that two pictures on one page share none."""
    return re.sub(r"\W+", "-", name) + "-" + local


def prefix_ids(root: Node, name: str) -> None:
    """Prefixes, in place, all ids and the references to them with the name of the picture."""
    own = {node.get("id"): prefixed_id(name, node.get("id") or "") for node in root.iter() if node.get("id")}
    for node in root.iter():
        for key, value in list(node.items()):
            if key in ("id", "data-entity-1", "data-entity-2"):
                node.set(key, prefixed_id(name, value))
            elif key.endswith("href") and value.startswith("#"):
                node.set(key, "#" + own.get(value[1:], value[1:]))
            elif "url(#" in value:
                node.set(key, re.sub(r"url\(#([^)]+)\)", lambda ref: f"url(#{own.get(ref[1], ref[1])})", value))


def describe(root: Node, drawing: Drawing, stamp: str) -> None:
    """Adds, in place, a title, a description of all arrows, and the stamp as metadata."""
    name = drawing.name
    for key in ("style", "preserveAspectRatio", "data-diagram-type"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("style", "background:#FFFFFF")
    root.set("aria-labelledby", f"{prefixed_id(name, 'title')} {prefixed_id(name, 'desc')}")
    texts = {"title": drawing.title or name, "desc": " ".join(drawing.sentences), "metadata": stamp}
    for at, (kind, text) in enumerate(texts.items()):
        node = Node(tag(kind), {} if kind == "metadata" else {"id": prefixed_id(name, kind)})
        node.text = text
        root.insert(at, node)
    for group in root.findall(tag("g")):
        group.set("font-family", FONTS)
