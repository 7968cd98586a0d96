"""Threaded HTTP server: one Redis command and one SQL query per request, one connection of each per thread."""
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2

PORT, POSTGRES_PORT, REDIS_PORT = map(int, sys.argv[1:4])
LOCAL = threading.local()


def database():
    if not hasattr(LOCAL, "database"):
        LOCAL.database = psycopg2.connect(host="127.0.0.1", port=POSTGRES_PORT, user="shop", dbname="postgres",
                                          sslmode="disable", gssencmode="disable")
        LOCAL.database.autocommit = True
    return LOCAL.database


def cache():
    if not hasattr(LOCAL, "cache"):
        LOCAL.cache = socket.create_connection(("127.0.0.1", REDIS_PORT))
    return LOCAL.cache


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        cache().sendall(b"*2\r\n$3\r\nGET\r\n$7\r\nuser:42\r\n")
        cache().recv(64)
        with database().cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relname = %s", ("secret",))
            cursor.fetchall()
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", PORT), Backend)
print("ready", flush=True)
server.serve_forever()
