"""Bad days to order.

A fault is an object {"kind": …, "path": a regular expression searched in the request's path and query, "after": how
many matching requests pass unharmed first, "times": how often it strikes (default 1, -1 for ever), and what the kind
takes}.
Each request meets one fault at most: the oldest that matches.
"""

import re
import threading

MAINTENANCE = """<!DOCTYPE html>
<html><head><title>ClinicalTrials.gov</title></head>
<body><h1>The site is down for maintenance</h1><p>Please try again later &amp; be patient.</p></body></html>
"""

# kind: (what it takes with its defaults, what it does)
KINDS = {
    "delay": ({"seconds": 1.0}, "answers after a while"),
    "slow": ({"bytes_per_second": 1000}, "sends the body drop by drop"),
    "reset": ({"after_bytes": 0}, "resets the connection, after so many bytes of the body"),
    "truncate": ({"fraction": 0.5}, "closes the connection in the middle of the body"),
    "cut": ({"fraction": 0.5}, "sends a part of the body as if it were all: the length says so too"),
    "damage": ({"fraction": 0.5}, "flips a bit of the body as it is sent, packed or not, that far into it"),
    "status": ({"status": 503, "retry_after": None, "text": "Try again later\n", "content_type": "text/plain"},
               "refuses with a status; retry_after is seconds or an HTTP date"),
    "html": ({"status": 200, "text": MAINTENANCE, "content_type": "text/html; charset=utf-8"}, "a page for people"),
    "shape": ({"status": 200, "body": {"studies": "none today"}, "content_type": "application/json"},
              "JSON that is not what the API promises"),
    "bytes": ({"status": 200, "hex": "", "content_type": "application/json"}, "any bytes at all, as hexadecimal"),
    "refresh": ({"days": 1}, "the registry refreshes just before it answers this; path it to pageToken="),
    "empty-page": ({}, "a page without studies, with a token that leads on"),
    "omit": ({"ids": [], "count": 0}, "leaves studies out of a listing: these, or the first so many"),
    "repeat": ({}, "gives every study of a page twice"),
    "bomb": ({"mebibytes": 1024}, "a gzip body that unpacks to this"),
    "unknown-id": ({}, "refuses the whole request with 400 when filter.ids has an unknown id"),
    "not-modified": ({}, "answers 304 when If-None-Match has the present ETag"),
}


class Faults:
    def __init__(self):
        self.lock = threading.Lock()
        self.ordered = []

    def clear(self):
        with self.lock:
            self.ordered = []

    def order(self, wish):
        """The fault as ordered, its defaults filled in. ValueError says what is wrong with the wish."""
        kind = wish.get("kind")
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault `{kind}`: it is one of {', '.join(KINDS)}")
        defaults = {"path": "", "after": 0, "times": 1, **KINDS[kind][0]}
        unknown = set(wish) - set(defaults) - {"kind"}
        if unknown:
            raise ValueError(f"`{kind}` does not take {', '.join(sorted(unknown))}")
        fault = {**defaults, **wish, "struck": 0}
        re.compile(fault["path"])
        with self.lock:
            self.ordered.append(fault)
        return fault

    def take(self, target):
        """The fault that this request meets, or None."""
        with self.lock:
            for fault in self.ordered:
                if not re.search(fault["path"], target) or fault["struck"] == fault["times"]:
                    continue
                if fault["after"] > 0:
                    fault["after"] -= 1
                    continue
                fault["struck"] += 1
                return fault
        return None

    def report(self):
        with self.lock:
            return [dict(fault) for fault in self.ordered]
