"""Answers every other request, the first included, straight from a file, so that no write() shows the answer.

python3 sendfile.py <port>
"""
import os
import socket
import sys
import tempfile
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
file = tempfile.TemporaryFile()
file.write(ANSWER)
file.flush()


def serve(connection):
    by_file = True
    while connection.recv(4096):
        if by_file:
            os.sendfile(connection.fileno(), file.fileno(), 0, len(ANSWER))
        else:
            connection.sendall(ANSWER)
        by_file = not by_file


print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
