"""Rules: what each rule of check and verify is about, as code scanning shows it."""

RULES = {
    "undeclared-alias": "An arrow uses an alias that no element has.",
    "duplicate-alias": "Two elements have the same alias.",
    "unclosed-boundary": "A boundary has no closing brace.",
    "no-numbers": "No arrow of a dynamic view has a number.",
    "unnumbered-arrow": "An arrow of a dynamic view has no number.",
    "step-gap": "The numbers of a dynamic view have a gap.",
    "step-repeated": "Two arrows of one step cannot be concurrent.",
    "not-published": "A queue delivers a topic that no earlier arrow publishes.",
    "no-arrows": "A diagram has no arrow.",
    "missing-technology": "An arrow from or to a queue does not name its topic.",
    "unconnected": "No arrow touches an element.",
    "c4-in-shared-file": "A file that is included includes a C4 library itself.",
    "outdated-relindex": "RelIndex is an outdated macro.",
    "mixed-numbering": "A view numbers arrows in two styles.",
    "no-title": "A diagram has no title.",
    "view-missing": "No container view has an arrow of a dynamic view.",
    "view-technology": "A container view gives an arrow another technology.",
    "code-missing": "An arrow that the code implies is not drawn.",
    "code-extra": "The code does not imply an arrow that is drawn.",
    "code-step": "An arrow has another step than in the code.",
    "code-topic": "An arrow has another technology than in the code.",
    "asyncapi-channel": "The topic of an arrow is no channel of an AsyncAPI document.",
    "asyncapi-operation": "An AsyncAPI document lacks the operation that an arrow from or to Kafka shows.",
    "asyncapi-missing": "No container view draws a channel or an operation of an AsyncAPI document.",
    "syntax": "PlantUML cannot read a diagram.",
    "unreadable": "A statement of a diagram cannot be read.",
    "verify-missing": "An arrow that is drawn never happened in a recorded run.",
    "verify-extra": "A recorded run has a hop that is not drawn, or is of another alternative.",
    "verify-too-early": "An arrow happened before one that must precede it.",
    "verify-wrong-technology": "An arrow happened with another technology, such as another topic.",
    "verify-redelivered": "A message was applied more than once.",
    "verify-cannot-be-judged": "The recording does not show whether an arrow happened.",
}


def describe_rule(rule: str) -> str:
    """One sentence about a rule; the words of its name if it is not in RULES."""
    return RULES.get(rule, f"{rule.replace('-', ' ').capitalize()}.")
