"""Preprocessing: sources for PlantUML's preprocessor whose expansion names every element, arrow and source line."""

import re
from collections.abc import Iterator
from itertools import product

from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.includes import CLOSING, OPENING

MARK, RECORD, FIELD, INDEX = "c4mark␞", "c4rel␞", "␞", "␟"
BOX = "c4box␞"
# What the preprocessor replaces even in quotation marks: variables, and calls of functions and procedures.
REPLACED = re.compile(r"\$(?=\w)|%(?=\w)|(?<=\w)(?=\()")
RELATION = '$from, $to, $label, $techn="", $descr="", $sprite="", $tags="", $link=""'
FORTH = ("", "_Neighbor", "_D", "_Down", "_U", "_Up", "_L", "_Left", "_R", "_Right")
DIRECTIONS = dict.fromkeys(FORTH, "-->>") | dict.fromkeys(("_Back", "_Back_Neighbor"), "<<--")
LAYOUT_PRAGMA = re.compile(r"\s*!pragma\s+(layout|graphviz_dot)\b", re.I)


def _override(name: str, arguments: str, body: str) -> str:
    return f'!if %function_exists("{name}")\n!unquoted procedure {name}({arguments})\n{body}\n!endprocedure\n!endif'


def _box(*fields: str) -> str:
    return BOX + FIELD.join(fields) + FIELD


def _overrides() -> str:
    element = '$alias, $label, $descr="", $sprite="", $tags="", $link="", $type=""'
    node = '$alias, $label, $type="", $descr="", $sprite="", $tags="", $link=""'
    boundary = '$alias, $label, $type="", $tags="", $link="", $descr=""'
    participant = "$elementType, $alias, $label, $techn, $descr, $sprite, $tags, $link"
    parts = [
        f'!unquoted function $getPrefix($index)\n!if ($index == "")\n!$pre = Index() + "{INDEX}"\n!else\n'
        f'!$pre = $index + "{INDEX}"\n!endif\n!return $pre\n!endfunction',
        '!if %function_exists("$toRelArg")\n'
        "!function $getRel($direction, $alias1, $alias2, $label, $techn, $descr, $sprite, $tags, $link)\n"
        '!$techn = $toRelArg($techn, $tags, "RelTagTechn")\n!return "' + RECORD + '" + $alias1 + "␞" + $direction + "␞"'
        ' + $alias2 + "␞" + $label + "␞" + $techn + "␞" + $tags + "␞"\n!endfunction\n!endif',
        '!if %function_exists("$getElementLine")\n'
        "!function $getElementLine($umlShape, $elementType, $alias, $label, $techn, $descr, $sprite, $tags, $link)\n"
        '!return "' + BOX + '" + $umlShape + "␞" + $alias + "␞" + $label + "␞" + $techn + "␞"\n!endfunction\n!endif',
        _override("Person", element, _box("person", "$alias", "$label", "")),
        _override("Person_Ext", element, _box("person", "$alias", "$label", "")),
        _override("Boundary", boundary, _box("boundary", "$alias", "$label", "")),
        '!if %function_exists("$getParticipant")\n!procedure $getParticipant(' + participant + ")\n"
        + _box("participant", "$alias", "$label", "$techn") + "\n!endprocedure\n!endif",
    ]  # fmt: skip
    parts += ['!if %function_exists("$getParticipant")', *_participants(), "!endif"]
    for name, side in product(("Node", "Deployment_Node"), ("", "_L", "_R")):
        parts.append(_override(f"{name}{side}", node, _box("node", "$alias", "$label", "$type")))
    for suffix, way in DIRECTIONS.items():
        body = f'$getRel("{way}", $from, $to, $e_index + "{INDEX}" + $label, $techn, $descr, $sprite, $tags, $link)'
        parts.append(_override(f"RelIndex{suffix}", f"$e_index, {RELATION}", body))
    return "\n".join(parts)


def _participants() -> Iterator[str]:
    """Databases and queues of sequence diagrams, which C4 draws as plain participants."""
    for level, (kind, shape), outside in product(
        ("System", "Container", "Component"), (("Db", "database"), ("Queue", "queue")), ("", "_Ext")
    ):
        technology = "" if level == "System" else '$techn="", '
        arguments = f'$alias, $label, {technology}$descr="", $sprite="", $tags="", $link="", $type=""'
        yield _override(
            f"{level}{kind}{outside}", arguments, _box(shape, "$alias", "$label", "$techn" if technology else "$type")
        )


OVERRIDES = _overrides()


def picture_source(diagram: DiagramSource) -> tuple[str, list[SourceLine]]:
    """The source of the picture, always with the smetana layout engine, and the line behind each of its lines."""
    if diagram.kind != "uml":
        return diagram.text, list(diagram.lines)
    head, *rest = diagram.lines
    kept = [line for line in rest if not LAYOUT_PRAGMA.match(line.text)]
    lines = [head, SourceLine("!pragma layout smetana", head.file, head.number), *kept]
    return "\n".join(line.text for line in lines), lines


def expansion_source(diagram: DiagramSource) -> tuple[str, list[SourceLine]]:
    """The source to expand, with a mark before each line and C4 macros that record what they draw, and its lines."""
    expanded = list[tuple[str, SourceLine]]()
    in_procedure, depth, continued = False, 0, False
    for number, line in enumerate(diagram.lines):
        in_procedure = in_procedure or bool(OPENING.match(line.text))
        if number and not (in_procedure or depth or continued):
            expanded.append((f"{MARK}{number}{FIELD}", line))
        expanded.append((line.text, line))
        depth = _json_depth(line.text, depth)
        continued = line.text.endswith("\\")
        in_procedure = in_procedure and not CLOSING.match(line.text)
        if line.extends_c4 and not in_procedure:
            expanded += [(text, line) for text in OVERRIDES.split("\n")]
    return "\n".join(text for text, _ in expanded), [line for _, line in expanded]


def _json_depth(text: str, depth: int) -> int:
    # A mark inside JSON that spans several lines would break it.
    if depth or re.match(r"\s*!\$?\w+\s*\??=\s*[\[{]", text):
        return max(depth + sum(map(text.count, "[{")) - sum(map(text.count, "]}")), 0)
    return 0
