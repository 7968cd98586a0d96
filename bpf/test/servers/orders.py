"""The end of the chain: one thread per connection, one database connection per thread.

python3 orders.py <port> <postgres port>
"""
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2

port, database_port = int(sys.argv[1]), int(sys.argv[2])
local = threading.local()


def database():
    if not hasattr(local, "connection"):
        local.connection = psycopg2.connect(
            host="127.0.0.1", port=database_port, user="postgres", dbname="postgres", sslmode="disable", gssencmode="disable"
        )
        local.connection.autocommit = True
    return local.connection


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write

    def do_GET(self):
        with database().cursor() as cursor:
            cursor.execute("SELECT %s::text AS id", (self.path.split("/")[-1],))
            body = cursor.fetchone()[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


server = Server(("127.0.0.1", port), Orders)
print("ready", flush=True)
server.serve_forever()
