"""HTTPS with Python's ssl. tls.py server PORT KEY CERTIFICATE | asyncio-server PORT KEY CERTIFICATE
| client PORT CERTIFICATE REQUESTS | asyncio-client PORT CERTIFICATE REQUESTS."""
import asyncio
import http.client
import http.server
import socketserver
import ssl
import sys

role, port = sys.argv[1], int(sys.argv[2])


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[3])
    return context


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(404 if self.path.startswith("/no") else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def get_request(self):
        sock, address = self.socket.accept()
        return server_context().wrap_socket(sock, server_side=True), address


async def answer(reader, writer):
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        status = b"404 Not Found" if head.startswith(b"GET /no") else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()
    writer.close()


async def serve():
    server = await asyncio.start_server(answer, "127.0.0.1", port, ssl=server_context())
    print("ready", flush=True)
    await server.serve_forever()


def path(i):
    return "/no/1" if i % 10 == 0 else f"/item/{i}"


async def ask():
    context = ssl.create_default_context(cafile=sys.argv[3])

    async def connection(first):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        for i in range(first, int(sys.argv[4]), 4):
            writer.write(f"GET {path(i)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await reader.readuntil(b"hello")
        writer.close()

    await asyncio.gather(*(connection(first) for first in range(4)))


if role == "server":
    server = Server(("127.0.0.1", port), Handler)
    print("ready", flush=True)
    server.serve_forever()
elif role == "asyncio-server":
    asyncio.run(serve())
elif role == "asyncio-client":
    asyncio.run(ask())
else:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", port, context=ssl.create_default_context(cafile=sys.argv[3])
    )
    for i in range(int(sys.argv[4])):
        connection.request("GET", path(i))
        connection.getresponse().read()
