"""Settings as people write them: YAML in block style."""

import json


def yaml_lines(value, indent=""):
    """Every string in double quotes, which YAML reads as JSON does."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from yaml_entry(f"{indent}{key}:", inner, indent)
    else:
        for inner in value:
            yield from yaml_entry(f"{indent}-", inner, indent)


def yaml_entry(head, value, indent):
    if isinstance(value, (dict, list)) and value:
        yield head
        yield from yaml_lines(value, indent + "  ")
    else:
        yield f"{head} {json.dumps(value, ensure_ascii=False)}"
