# SPDX-License-Identifier: Apache-2.0
"""A push gateway for tests: keeps what it is sent and answers as it is told."""

import http.server
import json
import queue
import socket
import threading


class Gateway:
    """`answer` gets each notification and gives (status, body); None hangs up."""

    def __init__(self, port=0):
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                gateway.connections.append(self.connection)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = gateway.take(self.path, body["notification"])
                if answer is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                status, reply, *headers = answer
                text = json.dumps(reply).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.answer = lambda notification: (200, {})
        self.tries = queue.Queue()  # (notification, status)
        self.accepted = queue.Queue()
        self.connections = []
        self.lock = threading.Lock()
        self.under_way = 0
        self.most = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/_matrix/push/v1/notify"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, notification):
        if path != "/_matrix/push/v1/notify":
            return 404, {}
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            answer = self.answer(notification)
        finally:
            with self.lock:
                self.under_way -= 1
        status = None if answer is None else answer[0]
        self.tries.put((notification, status))
        if status == 200:
            self.accepted.put(notification)
        return answer

    def next(self, timeout=30):
        return self.accepted.get(timeout=timeout)

    def next_event(self, event_id, timeout=30):
        """The notification of that event; what else comes before it is passed over."""
        while True:
            notification = self.next(timeout)
            if notification.get("event_id") == event_id:
                return notification

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself
