"""Receivers that refuse what the services refuse, each by the limits that its documentation states.

Stricter than the services in one thing: text in which a stranger's words could become markup or a mention is refused.
What was refused and why is in `refused`."""

import json
import re

from receivers import WebhookReceiver
from slack import Invalid, check_slack_message, require

INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def texts(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def check_visible(message):
    """But for the one that keeps an @ from being a mention."""
    for text in texts(message):
        require(not INVISIBLE.search(text.replace("@\u200b", "@")), f"letters that nobody sees in {text!r}")


def check_markdown(text):
    """No link, mention or image but to the registry: markdown of strangers must be escaped."""
    unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
    for link in re.findall(r"\]\(<?([^)\s>]*)", unescaped):
        require(re.match(r"https://clinicaltrials\.gov/|mailto:|tel:", link), f"a link to {link}")
    require("![" not in unescaped and "```" not in unescaped, f"markdown in {text!r}")
    require(not re.search(r"<(?:script|img|@|#|!)", unescaped), f"markup in {text!r}")


def check_discord(message):
    """https://discord.com/developers/docs/resources/webhook#execute-webhook"""
    require(set(message) <= {"content", "embeds", "allowed_mentions", "username", "avatar_url", "tts", "flags"},
            "an unknown key")
    require(message.get("allowed_mentions") == {"parse": []}, "mentions are not forbidden")
    require(len(message.get("content", "")) <= 2000, "content of more than 2,000 characters")
    embeds = message.get("embeds", [])
    require(message.get("content") or embeds, "an empty message")
    require(len(embeds) <= 10, "more than 10 embeds")
    require(sum(len(text) for embed in embeds for text in texts(embed)) <= 6000, "embeds of more than 6,000 characters")
    for embed in embeds:
        require(1 <= len(embed.get("description", "x")) <= 4096, "a description of none or more than 4,096 characters")
        require(len(embed.get("title", "")) <= 256, "a title of more than 256 characters")
        check_markdown(embed.get("description", ""))
    check_markdown(message.get("content", ""))


def check_run(run):
    require(run.get("type") == "TextRun" and isinstance(run.get("text"), str), f"{run!r} is no TextRun")
    require(run.get("weight", "Default") in ("Default", "Lighter", "Bolder"), "an unknown weight")
    require(run.get("size", "Default") in ("Default", "Small", "Medium", "Large", "ExtraLarge"), "an unknown size")
    action = run.get("selectAction")
    require(action is None or action.get("type") == "Action.OpenUrl", "an action that opens no page")
    require(action is None or re.match(r"https://clinicaltrials\.gov/|mailto:|tel:", action.get("url", "")),
            "an action that leads elsewhere")


def check_teams(message):
    """https://learn.microsoft.com/microsoftteams/limits-specifications-teams and https://adaptivecards.io/explorer/"""
    require(len(json.dumps(message, ensure_ascii=False).encode()) < 28 * 1024, "28 KB or more")
    require(message.get("type") == "message" and len(message.get("attachments", [])) == 1, "not one attachment")
    attachment = message["attachments"][0]
    require(attachment.get("contentType") == "application/vnd.microsoft.card.adaptive", "no Adaptive Card")
    card = attachment["content"]
    require(card.get("type") == "AdaptiveCard" and re.fullmatch(r"1\.[0-5]", card.get("version", "")), "no version")
    require(card.get("body"), "an empty card")
    for block in card["body"]:
        require(block.get("type") == "RichTextBlock" and block.get("inlines"), f"a block of type {block.get('type')!r}")
        for run in block["inlines"]:
            check_run(run)


def check_ntfy(message):
    """https://docs.ntfy.sh/publish/#publish-as-json and #limitations"""
    require(re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message.get("topic", "")), "no topic")
    require(len(message.get("message", "").encode()) <= 4096, "a message that would become an attachment")
    require(message.get("message") and message.get("title") and "\n" not in message["title"], "no message or title")
    require(len(message["title"].encode()) <= 256, "a long title")
    require(message.get("priority") in range(1, 6), "no priority")
    require(isinstance(message.get("tags"), list), "no tags")
    require(re.match(r"https://clinicaltrials\.gov/", message.get("click", "https://clinicaltrials.gov/")), "a click")


def check_mattermost(message):
    """https://developers.mattermost.com/integrate/webhooks/incoming/"""
    require(set(message) <= {"text", "channel", "username", "icon_url", "props", "attachments"}, "an unknown key")
    require(1 <= len(message.get("text", "")) <= 16383, "no text, or one that would become several posts")
    check_markdown(message["text"])
    require(not re.search(r"(?<![\\\w\u2060])@(?:all|channel|here)\b", message["text"]), "a mention of everybody")


CHECKS = {"discord": check_discord, "teams": check_teams, "ntfy": check_ntfy, "mattermost": check_mattermost,
          "slack": check_slack_message, "webhook": lambda message: None}


class ServiceReceiver(WebhookReceiver):
    """One of CHECKS. Everything but the webhook must also be free of letters that nobody sees."""

    def __init__(self, service, **options):
        self.service, self.refused = service, []
        super().__init__(path="/" if service == "ntfy" else f"/{service}/notarealsecret", **options)

    def judge(self, received):
        try:
            message = json.loads(received.body)
            CHECKS[self.service](message)
            if self.service != "webhook":
                check_visible(message)
        except (Invalid, ValueError, KeyError) as error:
            self.refused.append(str(error))
            return 400, f"refused: {error}", {}
        return 200, "ok", {}
