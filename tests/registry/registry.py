#!/usr/bin/env python3
"""A simulated ClinicalTrials.gov for tests, and for a person who wants to look.

    registry.py --data tests/registry/story --date 2020-11-04 --port 8008

Serves the API v2 at http://127.0.0.1:8008/api/v2 and its control path (see control.py) on a port of its own. The first
line on standard output is JSON: {"port": …, "control": …, "url": …}.
"""

import argparse
import json
import signal
import sys
import threading

import fields
import openapi
import selfcheck
from api import Api
from control import Control
from generate import generate_records
from server import Server
from store import Store


def read_arguments():
    parser = argparse.ArgumentParser(description="A simulated ClinicalTrials.gov.")
    parser.add_argument("--data", action="append", default=[], metavar="DIR",
                        help="a folder of NCT….json or NCT…/DATE.json; may be given several times")
    parser.add_argument("--generate", type=int, default=0, metavar="N", help="add N made-up records")
    parser.add_argument("--sites", type=int, default=3, metavar="N", help="sites of a made-up record (default 3)")
    parser.add_argument("--date", help="what day it is at the start (default: the newest of the data)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve https")
    parser.add_argument("--spec", help="the OpenAPI text (default: that of the real data, when it is there)")
    parser.add_argument("--selfcheck", action="store_true", help="hold the answers against the OpenAPI text and end")
    return parser.parse_args()


def serve(arguments, store):
    registry = Server((arguments.host, arguments.port), store, arguments.tls)
    control = Control(("127.0.0.1", arguments.control_port), registry)
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in (registry, control)]
    for thread in threads:
        thread.start()
    port, scheme = registry.server_address[1], "https" if arguments.tls else "http"
    ready = {"port": port, "control": control.server_address[1],
             "url": f"{scheme}://{arguments.host}:{port}/api/v2"}
    print(json.dumps(ready), flush=True)
    print(f"simulated registry: {len(store.current)} studies as of {store.timestamp} at {ready['url']}",
          file=sys.stderr, flush=True)
    signal.sigwait(ENDING)
    control.stop()
    registry.stop()


ENDING = {signal.SIGTERM, signal.SIGINT}


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # before any thread starts: they inherit it
    arguments = read_arguments()
    store = Store(arguments.data, arguments.date, generate_records(arguments.generate, site_count=arguments.sites))
    checker = openapi.load(arguments.spec)
    if checker:
        fields.learn_paths(checker.study_paths())
    if arguments.selfcheck:
        return selfcheck.run(Api(store), arguments.spec)
    serve(arguments, store)
    return 0


if __name__ == "__main__":
    sys.exit(main())
