"""Checks answers against the registry's OpenAPI text, as much of JSON Schema as that text uses.

It needs PyYAML to read the text; where that or the text is missing, load() gives None and nothing is checked.
"""

import collections
import os
import re

try:
    import yaml
except ImportError:
    yaml = None

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC_NAME = os.path.join("spec", "ctg-oas-v2.0.5.yaml")


def registry_data():
    """The folder of real registry data, or None."""
    beside = os.path.join(HERE, "..", "..", "..", "shared", "registry")
    folder = os.environ.get("TRIALWATCH_REGISTRY") or beside
    return os.path.realpath(folder) if os.path.isdir(folder) else None


def find_spec():
    folder = registry_data()
    path = folder and os.path.join(folder, SPEC_NAME)
    return path if path and os.path.exists(path) else None


def load(path=None):
    """The text's checker, or None."""
    path = path or find_spec()
    if not yaml or not path:
        return None
    with open(path, encoding="utf-8") as file:
        return OpenApi(yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and value == int(value),
    "number": is_number,
}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


class OpenApi:
    def __init__(self, document):
        self.document = document
        self.schemas = document["components"]["schemas"]
        self.unforeseen = collections.Counter()  # properties that the text does not name, where it allows others

    def operation(self, path):
        """The template and description of the GET that answers a path below /api/v2, or None for an unknown path."""
        for template, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path):
                return template, methods["get"]
        return None

    def check_answer(self, path, status, content_type, value):
        """What is wrong with an answer: a list of sentences. value is the parsed JSON, None for other types."""
        found = self.operation(path)
        if not found:
            return [] if status == 404 else [f"{path}: an unknown path is answered with {status}"]
        template, operation = found
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{template}: status {status} is not foreseen"]
        media = content_type.split(";")[0].strip()
        if response["content"] and media not in response["content"]:
            return [f"{template}: {status} comes as {media}, not as {' or '.join(response['content'])}"]
        if media != "application/json" or not response["content"]:
            return []
        return self.check(value, response["content"][media]["schema"], template)

    def check_record(self, record):
        return self.check(record, self.schemas["Study"], "Study")

    def check(self, value, schema, where):
        if "$ref" in schema:
            return self.check(value, self.schemas[schema["$ref"].rsplit("/", 1)[-1]], where)
        if "anyOf" in schema:
            tries = [self.check(value, option, where) for option in schema["anyOf"]]
            return [] if [] in tries else tries[0]
        kind = schema.get("type")
        if kind and not TYPES[kind](value):
            return [f"{where}: {value!r:.60} is no {kind}"]
        if kind == "object":
            return self.check_object(value, schema, where)
        if kind == "array":
            items = schema.get("items", {})
            return [p for number, item in enumerate(value) for p in self.check(item, items, f"{where}[{number}]")]
        return self.check_leaf(value, schema, where)

    def check_object(self, value, schema, where):
        properties = schema.get("properties", {})
        problems = [f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            if name in properties:
                problems += self.check(inner, properties[name], f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                problems.append(f"{where}: {name} is not foreseen")
            else:
                self.unforeseen[name] += 1
        return problems

    def check_leaf(self, value, schema, where):
        problems = []
        if "enum" in schema and value not in schema["enum"]:
            problems.append(f"{where}: {value!r:.60} is not in the enumeration")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            problems.append(f"{where}: {value!r:.60} does not match {schema['pattern']}")
        if schema.get("format") == "date" and not DATE.match(value):
            problems.append(f"{where}: {value!r:.60} is no date")
        if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30):
            problems.append(f"{where}: {value!r:.60} has the wrong length")
        return problems

    def study_paths(self):
        """Every dotted path of a record."""
        paths = set()
        self._walk(self.schemas["Study"], "", paths)
        return paths

    def _walk(self, schema, path, paths):
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[-1]]
        if path:
            paths.add(path)
        if schema.get("type") == "array":
            self._walk(schema["items"], path, paths)
        for name, inner in schema.get("properties", {}).items():
            self._walk(inner, f"{path}.{name}" if path else name, paths)
