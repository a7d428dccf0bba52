"""What was asked, when, by whom, and how politely: the log of requests and its measures."""

import threading
import time


class Traffic:
    def __init__(self):
        self.lock = threading.Lock()
        self.in_flight = 0
        self.clear()

    def clear(self):
        with self.lock:
            self.requests = []
            self.max_in_flight = self.in_flight
            self.smallest_gap = None
            self.last_start = None

    def begin(self, method, target, headers):
        """A new entry of the log, with the distance to the request before it."""
        now = time.monotonic()
        with self.lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            gap = None if self.last_start is None else now - self.last_start
            self.last_start = now
            if gap is not None:
                self.smallest_gap = gap if self.smallest_gap is None else min(gap, self.smallest_gap)
            entry = {
                "number": len(self.requests), "time": time.time(), "gap_seconds": gap, "in_flight": self.in_flight,
                "method": method, "target": target, "path": target.split("?")[0],
                "user_agent": headers.get("User-Agent", ""), "accept_encoding": headers.get("Accept-Encoding", ""),
                "if_none_match": headers.get("If-None-Match"), "status": None, "bytes": 0, "fault": None,
                "seconds": None, "started": now,
            }
            self.requests.append(entry)
            return entry

    def end(self, entry):
        with self.lock:
            self.in_flight -= 1
            entry["seconds"] = time.monotonic() - entry["started"]

    def report(self, since=0):
        with self.lock:
            return {
                "requests": [dict(entry) for entry in self.requests[since:]], "in_flight": self.in_flight,
                "max_in_flight": self.max_in_flight, "smallest_gap_seconds": self.smallest_gap,
            }
