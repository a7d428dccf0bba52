"""A mail server that offers no STARTTLS and keeps every command that it hears."""

import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 plain.test ESMTP\r\n")
        for line in self.rfile:
            command = line.decode("utf-8", "replace").strip()
            self.server.heard.append(command)
            if command.upper().startswith("EHLO"):
                self.wfile.write(b"250-plain.test\r\n250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8\r\n")
            elif command.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class PlainServer:
    def __enter__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.heard = self.heard = []
        self.url = f"smtp://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
