"""Rich text as the API gives it (Markdown) into the form that the archive gives it in (HTML with entities)."""

import re

MARKER = re.compile(r"(\*|(\d+)\.) ")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
SENTENCE_END = re.compile(r"([.?]) (?=[A-Z])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "/": "&#x2F;"}
SPECIAL = re.compile("[&<>\"'/]")


def escape(text):
    return SPECIAL.sub(lambda found: ENTITIES[found.group()], text)


def inline(markdown):
    """The archive breaks lines behind sentences."""
    return SENTENCE_END.sub("\\1\n", escape(ESCAPE.sub(r"\1", markdown)))


class List:
    def __init__(self, marker):
        self.tag = "ul" if marker.group(1) == "*" else "ol"
        self.start = int(marker.group(2) or 1)
        self.items = []

    def html(self):
        attribute = f' start="{self.start}"' if self.start != 1 else ""
        items = "".join(f"<li>{html_of(item)}</li>" for item in self.items)
        return f"<{self.tag}{attribute}>{items}</{self.tag}>"


def take_item(lines, width):
    """The lines of an item, whose marker is gone from the first one, without their indentation."""
    item = [lines.pop(0)[width:]]
    while lines and (not lines[0].strip() or lines[0].startswith(" " * width)):
        if not lines[0].strip() and not (len(lines) > 1 and lines[1].startswith(" " * width)):
            break
        item.append(lines.pop(0)[width:])
    return item


def take_list(lines):
    taken = List(MARKER.match(lines[0]))
    while lines:
        marker = MARKER.match(lines[0])
        if not marker or (marker.group(1) == "*") != (taken.tag == "ul"):
            break
        taken.items.append(take_item(lines, marker.end()))
    return taken


def html_of(lines):
    """Paragraphs of an item that a list follows at once stand without their tags, as those that stand alone."""
    lines, parts = list(lines), []
    while lines:
        if not lines[0].strip() or lines[0].strip() == "<!-- -->":
            lines.pop(0)
        elif MARKER.match(lines[0]):
            parts.append(take_list(lines).html())
        else:
            text = inline(lines.pop(0))
            bare = bool(lines and MARKER.match(lines[0])) or not any(line.strip() for line in lines) and not parts
            parts.append(text if bare else f"<p>{text}</p>")
    return "".join(parts)


def to_html(markdown):
    return html_of(markdown.split("\n"))
