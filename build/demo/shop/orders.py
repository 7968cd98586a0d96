"""The shop's orders service: a threaded HTTP server on PostgreSQL. One connection per worker thread."""
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import psycopg2

DSN = os.environ["DSN"]
LOCAL = threading.local()
SLOW_DISCOUNTS = threading.Event()
LEAK = threading.Event()
HOARD = []


def log(level, message):
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), level, message, flush=True)


def connection():
    if getattr(LOCAL, "connection", None) is None or LOCAL.connection.closed:
        LOCAL.connection = psycopg2.connect(DSN, connect_timeout=5)
        LOCAL.connection.autocommit = True
    return LOCAL.connection


def recalculate_discounts(rounds):
    """Walks every discount rule for every cent: the change that should not have been released."""
    total = 0
    for cent in range(rounds):
        total = (total * 31 + cent) % 1000003
    return total


def remember(body):
    HOARD.append(b"\x01" * (200 * 1024))
    return body


def read_orders(user):
    with connection().cursor() as cursor:
        cursor.execute("SELECT id, item, price FROM orders WHERE user_id = %s ORDER BY id DESC LIMIT 5", (user,))
        return [{"id": row[0], "item": row[1], "price": row[2]} for row in cursor.fetchall()]


def place_order(user):
    with connection().cursor() as cursor:
        cursor.execute("INSERT INTO orders (user_id, item, price) VALUES (%s, %s, %s) RETURNING id", (user, "book", 1999))
        return [{"id": cursor.fetchone()[0]}]


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def handle_order(self, work):
        user = int(parse_qs(urlparse(self.path).query).get("user", ["1"])[0])
        try:
            orders = work(user)
            if SLOW_DISCOUNTS.is_set():
                recalculate_discounts(350_000)
            if LEAK.is_set():
                remember(orders)
            self.answer(200, orders)
        except psycopg2.Error as error:
            LOCAL.connection = None
            log("ERROR", "database failed: " + str(error).split("\n")[0])
            self.answer(500, {"error": "database"})

    def do_GET(self):
        self.handle_order(read_orders)

    def do_POST(self):
        self.handle_order(place_order)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def toggle(event):
    return lambda *_: event.clear() if event.is_set() else event.set()


signal.signal(signal.SIGUSR1, toggle(SLOW_DISCOUNTS))
signal.signal(signal.SIGUSR2, toggle(LEAK))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
log("INFO", "orders listening on 8000")
Server(("0.0.0.0", 8000), Orders).serve_forever()
