"""Who is told: a receiver of webhooks. It keeps every request, answers well unless told otherwise, and can be told to
refuse connections, to hang or to reset. slack.py has one with a judgement of its own."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG, RESET = "hang", "reset"


class Received:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body, self.time = path, headers, body, time.time()
        self.answer = None  # (status, text), once given

    @property
    def json(self):
        return json.loads(self.body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """What came is kept by the receiver."""

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        received = Received(self.path, self.headers, body)
        plan = receiver.take_plan()
        if plan is None:
            status, text, headers = receiver.judge(received)
        elif plan == HANG:
            receiver.keep(received)
            receiver.closing.wait(600)
            return self.drop()
        elif plan == RESET:
            receiver.keep(received)
            return self.drop()
        else:
            status, text, headers = plan
        received.answer = (status, text)
        receiver.keep(received)
        self.reply(status, text, headers)

    def reply(self, status, text, headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def drop(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, receiver):
        super().__init__(address, Handler)
        self.receiver = receiver

    def get_request(self):
        connection, address = super().get_request()
        if self.receiver.tls:
            connection = self.receiver.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        """A client that goes away, or does not trust the certificate, is no news."""


class WebhookReceiver:
    """tls is (certificate, key) for https. secret is the one of the Standard Webhooks specification."""

    def __init__(self, tls=None, secret=None, path="/hook"):
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*map(str, tls))
        self.secret, self.path = secret, path
        self.lock = threading.Lock()
        self.received, self.plans, self.always = [], [], None
        self.closing = threading.Event()
        self.server, self.port = None, 0
        self.accept()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{self.path}"

    def accept(self):
        """Listens, again at the same port."""
        if self.server is None:
            self.server = Server(("127.0.0.1", self.port), self)
            self.port = self.server.server_address[1]
            threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def refuse(self):
        """Connections are refused until accept()."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def stop(self):
        self.closing.set()
        self.refuse()

    def plan(self, *answers):
        """What the next requests get: (status, text), (status, text, headers), HANG or RESET; then it is as before."""
        with self.lock:
            self.plans += [self._whole(answer) for answer in answers]

    def always_answer(self, answer):
        """What every request gets that no plan is made for; None: well."""
        with self.lock:
            self.always = self._whole(answer)

    @staticmethod
    def _whole(answer):
        return (*answer, {}) if isinstance(answer, tuple) and len(answer) == 2 else answer

    def take_plan(self):
        with self.lock:
            return self.plans.pop(0) if self.plans else self.always

    def keep(self, received):
        with self.lock:
            self.received.append(received)

    def judge(self, received):
        """The answer to a request that nothing else was planned for."""
        return 204, "", {}

    @property
    def accepted(self):
        """The requests that were answered with 2xx."""
        with self.lock:
            return [received for received in self.received if received.answer and received.answer[0] // 100 == 2]

    def messages(self):
        """The alert documents that were accepted, in the order in which they came."""
        return [received.json for received in self.accepted]

    def take(self):
        """The alert documents accepted since the last take()."""
        taken = self.messages()
        with self.lock:
            self.received.clear()
        return taken

    def signature_holds(self, received):
        """By the Standard Webhooks specification: v1 is HMAC-SHA256 of "id.timestamp.body"."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{mac}" in received.headers["webhook-signature"].split(" ")
