"""Technology: the text of the technology of each observed arrow, as it is drawn where it is drawn."""

from collections import Counter

from checkout.c4.traces.naming.elements import DrawnElements
from checkout.c4.traces.naming.fitting import Match, rank
from checkout.c4.traces.naming.seeing import Seen
from checkout.c4.traces.naming.text import clean
from checkout.c4.traces.naming.trace_map import Patterns, TraceMap


class Technologies:
    """Chooses the technology of observed arrows. `matches` counts how; `ties` describes the ambiguous ones."""

    def __init__(self, trace_map: TraceMap, elements: DrawnElements) -> None:
        self._mapped, self._elements = Patterns(trace_map.technology), elements
        self._chosen: dict[tuple[str, str, Seen], tuple[str, Match]] = {}
        self.matches = Counter[Match]()
        self.ties: dict[str, None] = {}

    def choose(self, source: str, target: str, seen: Seen) -> str:
        """The text of the most specific drawn arrow that fits; where none fits, what was seen."""
        technology = self.fit(source, target, seen)
        self.matches[self._chosen[source, target, seen][1]] += 1
        return technology

    def fit(self, source: str, target: str, seen: Seen) -> str:
        """The same without counting it: for a hop that may not have happened."""
        key = (source, target, seen)
        if key not in self._chosen:
            self._chosen[key] = self._choose(*key)
        return self._chosen[key][0]

    def _choose(self, source: str, target: str, seen: Seen) -> tuple[str, Match]:
        drawn = self._elements.technologies(source, target)
        mapped = self._find_mapped(seen)
        if mapped:
            return mapped, Match.TEXT if mapped in drawn else Match.NONE
        ranks = {text: rank(text, seen) for text in drawn}
        best = max(ranks.values(), default=(Match.NONE, 0))
        if best[0] is Match.NONE:
            return seen.detailed if self._elements.has_drawing else seen.short, Match.NONE
        fitting = [text for text, each in ranks.items() if each == best]
        if len(fitting) > 1:
            texts = " and ".join(f'"{clean(text)}"' for text in fitting)
            remedy = f'draw the route, or add "{seen.message}" = "AS DRAWN" under [technology] in traces.toml'
            self.ties[f"{source} → {target}: {seen.message} fits {texts} alike: {remedy}"] = None
        return fitting[0], best[0]

    def _find_mapped(self, seen: Seen) -> str:
        calls = [f"{seen.method} {path}" for path in seen.paths if seen.method]
        names = [seen.topic, *calls, *seen.paths, seen.detailed, seen.short]
        return next(filter(None, map(self._mapped.find, filter(None, names))), "")
