"""The control path: how a test moves the registry's clock, changes its records and orders faults. Loopback only.

    GET  /state                    date, timestamp, number of studies, faults
    GET  /log[?since=N]            requests served, the most in flight, the smallest distance between two
    POST /clock    {"date": "2021-10-05"}                 or with a time; the registry publishes what it has then
    POST /refresh  {"days": 1}     a new dataTimestamp; the versionHolder of every record moves
    POST /record   {"record": {…}} or {"records": […]}    from "date" on, by default today
    POST /remove   {"id": "NCT…"}  gone from today on
    POST /generate {"count": N, "first": 1, "sites": 3}   made-up records, from "date" on
    POST /pages    {"size": 10}    at most so many records a page, so that few make many pages
    POST /fault    {"kind": …}     see faults.py; POST /faults/clear takes all back
    POST /log/clear {}             forget the requests
    POST /reset    {}              as at the start
"""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from generate import generate_records


class Control(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, registry):
        super().__init__(address, Handler)
        self.registry = registry

    def stop(self):
        self.shutdown()
        self.server_close()


def state(registry, _):
    store = registry.store
    return {"date": store.date, "timestamp": store.timestamp, "studies": len(store.current),
            "faults": registry.faults.report()}


def clock(registry, wish):
    registry.store.move_to(wish["date"])
    return state(registry, wish)


def refresh(registry, wish):
    registry.store.refresh(wish.get("days", 1))
    return state(registry, wish)


def record(registry, wish):
    registry.store.put(wish["records"] if "records" in wish else [wish["record"]], wish.get("date"))
    return state(registry, wish)


def remove(registry, wish):
    registry.store.remove(wish["id"])
    return state(registry, wish)


def generate(registry, wish):
    made = generate_records(wish["count"], wish.get("first", 1), wish.get("sites", 3))
    return record(registry, {"records": made, "date": wish.get("date")})


def pages(registry, wish):
    registry.api.max_page_size = wish["size"]
    return {}


def fault(registry, wish):
    return registry.faults.order(wish)


def clear_faults(registry, _):
    registry.faults.clear()
    return {}


def clear_log(registry, _):
    registry.traffic.clear()
    return {}


def reset(registry, wish):
    registry.faults.clear()
    registry.traffic.clear()
    registry.store.reset()
    return state(registry, wish)


POSTS = {"/clock": clock, "/refresh": refresh, "/record": record, "/remove": remove, "/generate": generate, "/pages": pages,
         "/fault": fault, "/faults/clear": clear_faults, "/log/clear": clear_log, "/reset": reset}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Nothing to keep."""

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/state":
            self.reply(200, state(self.server.registry, {}))
        elif parts.path == "/log":
            since = int(parse_qs(parts.query).get("since", ["0"])[0])
            self.reply(200, self.server.registry.traffic.report(since))
        else:
            self.reply(404, {"error": f"nothing at {parts.path}"})

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path not in POSTS:
            self.reply(404, {"error": f"nothing at {self.path}"})
            return
        try:
            self.reply(200, POSTS[self.path](self.server.registry, json.loads(text or b"{}")))
        except (KeyError, TypeError, ValueError, re.error) as error:
            self.reply(400, {"error": f"{type(error).__name__}: {error}"})

    def reply(self, status, value):
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
