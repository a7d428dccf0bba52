"""A receiver that refuses what Slack's incoming webhooks refuse, in Slack's words."""

import json
import re

from receivers import WebhookReceiver

# Limits that Slack's documentation states, but for the last, which it enforces without a word.
MAX_BLOCKS = 50
MAX_SECTION_CHARACTERS = 3000
MAX_FIELD_CHARACTERS = 2000
MAX_FIELDS = 10
MAX_HEADER_CHARACTERS = 150
MAX_BUTTON_CHARACTERS = 75
MAX_URL_CHARACTERS = 3000
MAX_CONTEXT_ELEMENTS = 10
MAX_ACTIONS = 25
MAX_TOTAL_CHARACTERS = 13000

KNOWN_LINK = re.compile(r"<(?:https?://|mailto:)[^\s<>|]+(?:\|[^<>]*)?>|<!date\^\d+\^[^<>|]+\|[^<>]*>")
ENTITY = re.compile(r"&(?:amp|lt|gt);")


class Invalid(ValueError):
    """The error word that Slack answers, and for the test's reader why."""

    def __init__(self, word, why):
        super().__init__(why)
        self.word = word


def require(condition, why, word="invalid_blocks"):
    if not condition:
        raise Invalid(word, why)


def check_markup(text):
    """& < > only as entities or in links: anything else is a stranger's text that became markup, or a mention."""
    rest = ENTITY.sub("", KNOWN_LINK.sub("", text))
    require(not re.search(r"[&<>]", rest), f"unescaped & < or > in {text!r}")


def check_text(text, limit, kinds=("mrkdwn", "plain_text")):
    require(isinstance(text, dict) and text.get("type") in kinds, f"{text!r} is no text object of {kinds}")
    require(isinstance(text.get("text"), str) and text["text"], "an empty text")
    require(len(text["text"]) <= limit, f"a text of {len(text['text'])} characters where {limit} are allowed")
    if text["type"] == "mrkdwn":
        check_markup(text["text"])


def check_section(block):
    require("text" in block or block.get("fields"), "a section without text")
    if "text" in block:
        check_text(block["text"], MAX_SECTION_CHARACTERS)
    require(len(block.get("fields", ())) <= MAX_FIELDS, "too many fields")
    for field in block.get("fields", ()):
        check_text(field, MAX_FIELD_CHARACTERS)
    if "accessory" in block:
        check_element(block["accessory"])


def check_context(block):
    elements = block.get("elements", ())
    require(1 <= len(elements) <= MAX_CONTEXT_ELEMENTS, "a context of no or too many elements")
    for element in elements:
        if element.get("type") != "image":
            check_text(element, MAX_SECTION_CHARACTERS)


def check_element(element):
    require(element.get("type") == "button", f"an element of type {element.get('type')!r}")
    check_text(element.get("text"), MAX_BUTTON_CHARACTERS, ("plain_text",))
    require(len(element.get("url", "")) <= MAX_URL_CHARACTERS, "a URL that is too long")


def check_actions(block):
    require(1 <= len(block.get("elements", ())) <= MAX_ACTIONS, "no or too many actions")
    for element in block["elements"]:
        check_element(element)


BLOCKS = {
    "section": check_section,
    "header": lambda block: check_text(block.get("text"), MAX_HEADER_CHARACTERS, ("plain_text",)),
    "divider": lambda block: None,
    "context": check_context,
    "actions": check_actions,
}


def text_characters(value):
    """All that people read, in blocks of any depth."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(text_characters(inner) for inner in value.values() if isinstance(inner, (dict, list)))
    return sum(text_characters(inner) for inner in value) if isinstance(value, list) else 0


def check_slack_message(message):
    require(isinstance(message, dict), "no object", "invalid_payload")
    require(isinstance(message.get("text"), str) and message["text"], "no fallback text", "no_text")
    check_markup(message["text"])
    blocks = message.get("blocks", [])
    require(isinstance(blocks, list), "blocks is no list", "invalid_blocks_format")
    require(len(blocks) <= MAX_BLOCKS, f"{len(blocks)} blocks where {MAX_BLOCKS} are allowed")
    for block in blocks:
        require(block.get("type") in BLOCKS, f"a block of type {block.get('type')!r}")
        BLOCKS[block["type"]](block)
    characters = text_characters(blocks)
    require(characters <= MAX_TOTAL_CHARACTERS, f"{characters} characters in all", "msg_blocks_too_long")


class SlackReceiver(WebhookReceiver):
    """Answers as hooks.slack.com does. Stricter in two things: a message without fallback text is refused, although Slack
    takes blocks alone, and so is text in which a stranger's & < > became markup. What it refused and why is in refused.
    """

    GONE = (404, "no_service")
    ARCHIVED = (410, "channel_is_archived")
    FORBIDDEN = (403, "action_prohibited")
    FAILED = (500, "rollup_error")

    def __init__(self, tls=None):
        self.refused = []
        super().__init__(tls=tls, path="/services/T00000000/B00000000/notarealsecret")

    @staticmethod
    def rate_limited(seconds=30):
        return 429, "rate_limited", {"Retry-After": seconds}

    def judge(self, received):
        if received.path != self.path:
            return 404, "no_team", {}
        try:
            check_slack_message(json.loads(received.body))
        except Invalid as error:
            self.refused.append(str(error))
            return 400, error.word, {}
        except ValueError as error:
            self.refused.append(str(error))
            return 400, "invalid_payload", {}
        return 200, "ok", {}


class SlackApiReceiver(SlackReceiver):
    """Answers chat.postMessage as slack.com does: with "ok", and the ts that later messages of a thread refer to."""

    TOKEN, CHANNEL = "xoxb-not-a-real-token", "C0123456789"

    def __init__(self, tls=None):
        super().__init__(tls=tls)
        self.path = "/api/chat.postMessage"

    def judge(self, received):
        if received.headers["Authorization"] != f"Bearer {self.TOKEN}":
            return self._say(ok=False, error="invalid_auth")
        if received.json.get("channel") != self.CHANNEL:
            return self._say(ok=False, error="channel_not_found")
        status, word, _ = super().judge(received)
        if status != 200:
            return self._say(ok=False, error=word)
        with self.lock:
            number = len(self.received)
        return self._say(ok=True, channel=self.CHANNEL, ts=f"1503435956.{number:06}")

    @staticmethod
    def _say(**answer):
        return 200, json.dumps(answer), {"Content-Type": "application/json"}
