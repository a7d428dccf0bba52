"""The simulated registry in this process, for the tests of itself."""

import http.client
import json
import os
import threading

from control import Control
from server import Server

HERE = os.path.dirname(os.path.abspath(__file__))
STORY = os.path.join(HERE, "story")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def type(self):
        return self.headers["Content-Type"].split(";")[0]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def ids(self):
        return [s["protocolSection"]["identificationModule"]["nctId"] for s in self.json["studies"]]


def fetch(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Registry:
    def __init__(self, store):
        self.server = Server(("127.0.0.1", 0), store)
        self.control = Control(("127.0.0.1", 0), self.server)
        for server in (self.server, self.control):
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def get(self, path, **headers):
        return fetch(self.server.server_address[1], "GET", "/api/v2" + path, **headers)

    def raw(self, path, method="GET", **headers):
        return fetch(self.server.server_address[1], method, path, **headers)

    def order(self, path, /, **wish):
        answer = fetch(self.control.server_address[1], "POST", path, json.dumps(wish))
        assert answer.status == 200, answer.body
        return answer.json

    def log(self):
        return fetch(self.control.server_address[1], "GET", "/log").json

    def stop(self):
        self.control.stop()
        self.server.stop()
