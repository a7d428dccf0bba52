"""The sockets of the simulated registry: requests in, answers out, with the faults that concern how bytes travel."""

import socket
import ssl
import struct
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from api import JSON_TYPE, Answer, Api, text_answer
from archive import Archive
from body import Piece, gzip_bomb, join_gzip, join_plain
from faults import Faults
from store import compact
from traffic import Traffic

REASONS = {200: "OK", 301: "Moved Permanently", 304: "Not Modified", 400: "Bad Request", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests", 503: "Service Unavailable"}
MIN_GZIP_BYTES = 200


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address, store, tls=None):
        super().__init__(address, Handler)
        self.store, self.api, self.archive = store, Api(store), Archive(store)
        self.traffic, self.faults = Traffic(), Faults()
        self.closing = threading.Event()
        self.archive_in_flight = 0
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""

    def stop(self):
        self.closing.set()
        self.shutdown()
        self.server_close()


def made_up(fault):
    """The answer of a fault that replaces the true one, or None."""
    kind = fault["kind"]
    if kind == "status":
        headers = {"Retry-After": str(fault["retry_after"])} if fault["retry_after"] is not None else {}
        return Answer(fault["status"], fault["content_type"], [Piece(fault["text"].encode())], headers)
    if kind == "html":
        return Answer(fault["status"], fault["content_type"], [Piece(fault["text"].encode())])
    if kind == "shape":
        return Answer(fault["status"], fault["content_type"], [Piece(compact(fault["body"]))])
    if kind == "bytes":
        return Answer(fault["status"], fault["content_type"], [Piece(bytes.fromhex(fault["hex"]))])
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_message(self, *args):
        """The log is kept in traffic."""

    def serve(self):
        traffic = self.server.traffic
        entry = traffic.begin(self.command, self.path, self.headers)
        try:
            fault = self.server.faults.take(self.path) or {"kind": None}
            entry["fault"] = fault["kind"]
            self.answer(entry, fault)
        except OSError:
            self.close_connection = True
        finally:
            traffic.end(entry)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve

    def answer(self, entry, fault):
        if fault["kind"] == "delay":
            self.server.closing.wait(fault["seconds"])
        if fault["kind"] == "refresh":
            self.server.store.refresh(fault["days"])
        if fault["kind"] == "reset" and fault["after_bytes"] == 0:
            self.reset()
            return
        self.send(made_up(fault) or self.true_answer(fault), entry, fault)

    def true_answer(self, fault):
        if self.command != "GET":
            self.close_connection = True
            return text_answer(405, "Method Not Allowed\n")
        parts = urlsplit(self.path)
        server = self.server
        if server.archive.covers(parts.path):
            return self.archive_answer(parts.path)
        unchanged = self.headers.get("If-None-Match") == server.api.etag()
        if fault["kind"] == "not-modified" and unchanged:
            return Answer(304, JSON_TYPE, [])
        return server.api.answer(parts.path, parts.query, fault)

    def archive_answer(self, path):
        server = self.server
        with server.traffic.lock:
            server.archive_in_flight += 1
            others = server.archive_in_flight - 1
        try:
            server.closing.wait(0.02)  # long enough for a second request to be noticed
            return server.archive.answer(path, others)
        finally:
            with server.traffic.lock:
                server.archive_in_flight -= 1

    def encode(self, answer, fault):
        """The body's bytes and whether they are gzip."""
        if fault["kind"] == "bomb":
            return gzip_bomb(fault["mebibytes"]), True
        pieces = answer.pieces
        if fault["kind"] == "cut":
            whole = join_plain(pieces)
            pieces = [Piece(whole[:int(len(whole) * fault["fraction"])])]
        size = sum(len(piece.plain) for piece in pieces)
        if size >= MIN_GZIP_BYTES and "gzip" in self.headers.get("Accept-Encoding", ""):
            return join_gzip(pieces), True
        return join_plain(pieces), False

    def send(self, answer, entry, fault):
        body, is_gzip = self.encode(answer, fault)
        if fault["kind"] == "damage":
            at = int(len(body) * fault["fraction"])
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        headers = {"Date": formatdate(usegmt=True), "Content-Type": answer.content_type,
                   "ETag": self.server.api.etag(), "Vary": "Accept-Encoding", **answer.headers}
        if is_gzip:
            headers["Content-Encoding"] = "gzip"
        if answer.status != 304:
            headers["Content-Length"] = str(len(body))
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        entry["status"], entry["bytes"] = answer.status, len(body)
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.send_body(body, fault)

    def send_body(self, body, fault):
        if fault["kind"] == "truncate":
            self.wfile.write(body[:int(len(body) * fault["fraction"])])
            self.close_connection = True
        elif fault["kind"] == "reset":
            self.wfile.write(body[:fault["after_bytes"]])
            self.reset()
        elif fault["kind"] == "slow":
            self.drip(body, fault["bytes_per_second"])
        elif self.command != "HEAD":
            self.wfile.write(body)

    def drip(self, body, bytes_per_second):
        step = max(1, bytes_per_second // 10)
        for at in range(0, len(body), step):
            self.wfile.write(body[at:at + step])
            if self.server.closing.wait(step / bytes_per_second):
                return

    def reset(self):
        """SO_LINGER of 0 seconds makes the close a RST."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
