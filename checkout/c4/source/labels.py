"""Labels: the words of a label without markup, and names without their quotation marks."""

import re


def unquoted(name: str) -> str:
    """A name as written in PlantUML without its quotation marks, brackets, parentheses or colons."""
    return name.strip('"[]() ') if name[:1] in '"[(' else name.strip(":")


def without_markup(label: str) -> str:
    """A label without markup; links are replaced by their text, line breaks by spaces."""
    label = re.sub(r"\[\[\S+(?:\s+\{[^}]*\})?\s*([^\]]*)\]\]", r"\1", label.replace("\\n", " "))
    label = re.sub(r"</?(?:b|i|u|s|size|color|font|back|img)\b[^>]*>|<\$[^>]*>|<&[^>]*>|\*\*|(?<!:)//", "", label)
    return single_spaces(label)


def single_spaces(text: str) -> str:
    """A text in one line, its words separated by single spaces."""
    return re.sub(r"(?:\s|\\n)+", " ", text).strip()
