"""Names: the aliases of services, called systems and brokers, with a count of the names that no element has."""

from collections import Counter
from collections.abc import Iterable, Sequence

from checkout.c4.source.elements import ElementKind
from checkout.c4.traces import attributes
from checkout.c4.traces.naming.elements import DrawnElements, NameIndex, fold, is_local
from checkout.c4.traces.naming.text import clean
from checkout.c4.traces.naming.trace_map import Patterns, TraceMap, as_patterns
from checkout.c4.traces.span import Span

UNKNOWN = "unknown_service"
BROKER = "broker"


class TraceNames:
    """Resolves the names of traces to aliases.

    Where no element fits, the alias is the name in lower case; with a drawing a called system is named as traces do.

    `unmapped_services` and `unmapped_peers` count the spans of names that fit no element; `nameless` counts spans whose
    service is unknown, by the name that the span has. `foreign` are the aliases of services of other systems.
    """

    def __init__(self, trace_map: TraceMap, elements: DrawnElements, spans: Iterable[Span]) -> None:
        self.elements = elements
        self._services, self._peers = Patterns(trace_map.services), Patterns(trace_map.peers)
        self._brokers = Patterns(trace_map.brokers)
        ignored = trace_map.ignore
        self._ignored_services, self._ignored_peers = as_patterns(ignored.services), as_patterns(ignored.peers)
        self._namespaces: dict[str, set[str]] = {}
        for span in spans:
            self._namespaces.setdefault(span.service, set()).add(attributes.namespace(span))
        self._found_services: dict[str, str | None] = {}
        self._found_peers: dict[tuple[str, ...], tuple[str | None, bool]] = {}
        self._callers: dict[str, set[str]] = {}  # of each peer, by its preferred name
        self._found_brokers: dict[tuple[str, ...], str] = {}
        self.unmapped_services, self.unmapped_peers = Counter[str](), Counter[str]()
        self.nameless = Counter[str]()
        self.foreign = frozenset[str]()
        self._index: NameIndex | None = None  # of the services, when all are known
        self.unmapped_aliases: dict[str, str] = {}

    @property
    def services(self) -> dict[str, str]:
        """The aliases of services by name; empty for an unknown one. Ignored ones are left out."""
        return {name: alias for name, alias in self._found_services.items() if alias is not None}

    @property
    def peers(self) -> dict[str, str]:
        """The aliases of called systems, by the name that is preferred among those of a call."""
        return {names[0]: alias for (_, _, *names), (alias, _) in self._found_peers.items() if alias and names}

    @property
    def foreign_services(self) -> list[str]:
        """The names of services of other systems."""
        return sorted(name for alias, name in self.unmapped_aliases.items() if alias in self.foreign)

    def is_foreign_peer(self, peer: str) -> bool:
        """Whether only services of other systems called a system under this name."""
        callers = self.callers_of(peer)
        return bool(callers) and callers <= self.foreign

    def callers_of(self, peer: str) -> set[str]:
        """The aliases of the services that called a system under this name."""
        return self._callers.get(peer, set())

    @property
    def brokers(self) -> dict[str, str]:
        """The aliases of brokers, by messaging system or host."""
        return {names[0]: alias for (_, *names), alias in self._found_brokers.items() if names}

    def kinds(self, caller: str) -> dict[str, ElementKind]:
        """The kinds of the elements that have no spans: brokers, databases, systems outside, and the caller."""
        found = {caller: ElementKind.PERSON} if caller else {}
        for (_, database, *names), (alias, _) in self._found_peers.items():
            if alias and database:
                found[alias] = ElementKind.DATABASE
            elif alias and not any(map(is_local, names)):
                found.setdefault(alias, ElementKind.OUTSIDE)
        found |= dict.fromkeys(self._found_brokers.values(), ElementKind.QUEUE)
        services = set(self.services.values())
        return {alias: kind for alias, kind in found.items() if alias not in services}

    def service(self, span: Span) -> str | None:
        """The alias of the service of a span: empty for an unknown service, None for an ignored one."""
        name = span.service
        if len(self._namespaces.get(name, ())) > 1:
            name = ".".join(filter(None, (attributes.namespace(span), name)))
        if name not in self._found_services:
            self._found_services[name] = self._find_service(name, span.service)
        alias = self._found_services[name]
        if alias == "":
            self.nameless[name or "a span without service.name"] += 1
        elif alias in self.unmapped_aliases:
            self.unmapped_services[self.unmapped_aliases[alias]] += 1
        return alias

    def _find_service(self, name: str, plain: str) -> str | None:
        if self._ignored_services.find(name) or self._ignored_services.find(plain):
            return None
        mapped = self._services.find(name) or self._services.find(plain)
        if mapped:
            return mapped
        if not plain or plain.startswith(UNKNOWN):
            return ""
        found = self.elements.find(name)
        alias = found or fold(name)
        if not found and self.elements.has_drawing:
            self.unmapped_aliases[alias] = name
        return alias

    def peer(self, names: Sequence[str], caller: str, is_database: bool) -> tuple[str | None, bool]:
        """The alias of a called system from its possible names, and whether it fits an element or the map.

        The alias is empty without names, and None where one of them is ignored.
        """
        key = (caller, "database" if is_database else "", *names)
        if key not in self._found_peers:
            self._found_peers[key] = self._find_peer(names, caller, is_database)
            for name in names[:1]:
                self._callers.setdefault(name, set()).add(caller)
        return self._found_peers[key]

    def _find_peer(self, names: Sequence[str], caller: str, is_database: bool) -> tuple[str | None, bool]:
        if any(map(self._ignored_peers.find, names)):
            return None, True
        mapped = _first(map(self._peers.find, names)) or _first(map(self._services.find, names))
        if mapped or not names:
            return mapped, True
        if is_database:
            found = self._find_database(names, caller)
        else:
            found = _first(map(self.elements.find, names)) or self._find_service_of(names)
        if found:
            return found, True
        folded = fold(names[0])
        if is_database and (folded in self.elements.aliases or folded in self.services.values()):
            return f"{folded}_db", not self.elements.has_drawing
        return (clean(names[0]), False) if self.elements.has_drawing else (folded, True)

    def _find_service_of(self, names: Sequence[str]) -> str:
        """The alias of a service that has spans and fits one of the names of a called system."""
        if not self._index:
            self._index = NameIndex()
            for name, alias in self.services.items():
                self._index.add(alias, name)
        return _first(map(self._index.find, names))

    def _find_database(self, names: Sequence[str], caller: str) -> str:
        databases = self.elements.databases
        own = self.elements.targets(caller, databases)
        others = self.elements.aliases.difference(self.services.values())  # a database may have the name of a service
        found = [self.elements.find(name, among) for among in (frozenset(own), databases) for name in names]
        only = own[0] if len(own) == 1 else ""
        return _first(found) or only or _first(self.elements.find(name, others) for name in names)

    def broker(self, span: Span, topic: str) -> str:
        """The alias of the broker of a messaging span: the queue of the drawing that is named so, or its only one."""
        names = attributes.brokers(span)
        key = (topic, *names)
        if key not in self._found_brokers:
            self._found_brokers[key] = self._find_broker(names, topic)
        return self._found_brokers[key]

    def _find_broker(self, names: Sequence[str], topic: str) -> str:
        find, queues = self.elements.find, self.elements.queues
        mapped = _first(map(self._brokers.find, names))
        found = mapped or _first(find(name, queues) for name in (topic, *names)) or _first(map(find, names))
        only = next(iter(queues)) if len(queues) == 1 else ""
        return found or only or (fold(names[0]) if names else BROKER)


def _first(found: Iterable[str | None]) -> str:
    return next(filter(None, found), "")
