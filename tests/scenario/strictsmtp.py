"""A mail server that knows one way to log in and is strict about it: no mail without a login, no login that is not as the
specification writes it. It may take mails up to a size only, and may say so or not."""

import base64
import socketserver
import threading

USER, SECRET = "coordinators", "correct-horse"


class Refused(Exception):
    """What the client is answered instead."""


def decode(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("501 5.5.2 that is no base64") from None


def check(given, expected):
    if given != expected:
        raise Refused("535 5.7.8 authentication failed")


class Conversation(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def hear(self):
        line = self.rfile.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError
        return line[:-2].decode("utf-8")

    def ask(self, challenge):
        self.say(f"334 {base64.b64encode(challenge).decode()}")
        return decode(self.hear())

    def plain(self, initial):
        """RFC 4616: authorization, user and password between NULs."""
        check(decode(initial) if initial else self.ask(b""), f"\0{USER}\0{SECRET}".encode())

    def login(self, initial):
        """draft-murchison-sasl-login: user and password, each asked for."""
        check(decode(initial) if initial else self.ask(b"Username:"), USER.encode())
        check(self.ask(b"Password:"), SECRET.encode())

    def xoauth2(self, initial):
        """https://developers.google.com/gmail/imap/xoauth2-protocol: on failure a challenge, an empty answer, then no."""
        given = decode(initial) if initial else self.ask(b"")
        if given != f"user={USER}\1auth=Bearer {SECRET}\1\1".encode():
            self.ask(b'{"status":"401"}')
            check(given, None)

    def authenticate(self, words):
        mechanism = self.server.mechanism
        if words[1].upper() != mechanism:
            raise Refused("504 5.5.4 unrecognized authentication type")
        getattr(self, mechanism.lower())(words[2] if len(words) > 2 else "")
        self.logged_in = True
        self.say("235 2.7.0 welcome")

    def greet(self):
        self.say("250-strict.test")
        if self.server.max_bytes and self.server.advertises:
            self.say(f"250-SIZE {self.server.max_bytes}")
        self.say(f"250 AUTH {self.server.mechanism}")

    def take(self):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        mail = b"".join(lines)
        self.server.sizes.append(len(mail))
        if self.server.max_bytes and len(mail) > self.server.max_bytes:
            raise Refused("552 5.3.4 message too big")
        self.server.mails.append(mail)
        self.say("250 2.0.0 taken")

    def answer(self, line):
        words = line.split(" ")
        verb = words[0].upper()
        if verb == "EHLO":
            self.greet()
        elif verb == "AUTH":
            self.authenticate(words)
        elif verb in ("MAIL", "RCPT", "DATA") and not self.logged_in:
            raise Refused("530 5.7.0 log in first")
        elif verb == "DATA":
            self.take()
        else:
            self.say("221 2.0.0 bye" if verb == "QUIT" else "250 2.0.0 ok")
        return verb != "QUIT"

    def handle(self):
        self.logged_in = False
        self.say("220 strict.test ESMTP")
        goes_on = True
        while goes_on:
            try:
                goes_on = self.answer(self.hear())
            except Refused as refusal:
                self.say(str(refusal))
            except (EOFError, OSError):
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class StrictServer:
    """mails: what was taken; sizes: of all that came, in bytes."""

    def __init__(self, mechanism="PLAIN", max_bytes=0, advertises=False):
        self.server = Server(("127.0.0.1", 0), Conversation)
        self.server.mechanism, self.server.max_bytes, self.server.advertises = mechanism, max_bytes, advertises
        self.server.mails, self.server.sizes = self.mails, self.sizes = [], []
        self.url = f"smtp://localhost:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
