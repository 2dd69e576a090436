"""Extra arrows: renders a diagram with arrows that its source does not have."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from checkout.c4.render.renderer import RenderedDiagram, Renderer
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.files import SourceLine

EXTRA = 0  # the line number of an arrow that is in no file


def render_with_extra_arrows(
    renderer: Renderer, drawing: Drawing, arrows: Iterable[tuple[str, str, str]]
) -> RenderedDiagram:
    """Renders a diagram with further arrows (from, to, label), and with boxes for ends that it does not have."""
    extra = list(dict.fromkeys(arrows))
    if not extra:
        return renderer.render(drawing.diagram)
    file, lines = drawing.diagram.file, drawing.diagram.lines
    names = {alias: _safe_alias(alias) for ends in extra for alias in ends[:2]}
    ends = [name for alias, name in names.items() if alias not in drawing.aliases]
    texts = [f'rectangle "{name}" as {name}' for name in dict.fromkeys(ends)]
    texts += [f"{names[one]} ..> {names[two]} : {_safe_label(label)}" for one, two, label in extra]
    added = [SourceLine(text, file, EXTRA) for text in texts]
    return renderer.render(replace(drawing.diagram, lines=(*lines[:-1], *added, lines[-1])))


def extra_arrows(arrows: Sequence[Arrow]) -> list[Arrow]:
    """The arrows that `render_with_extra_arrows` added."""
    return [arrow for arrow in arrows if arrow.line.number == EXTRA]


def _safe_alias(alias: str) -> str:
    # Names come from a journal, which is untrusted: none may become a line of PlantUML.
    return re.sub(r"[^\w.]", "_", alias) or "unnamed"


def _safe_label(label: str) -> str:
    return re.sub(r"[^\w .,/()-]", " ", label)[:120]
