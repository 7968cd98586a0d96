"""Reads the length or header of each Kafka or MongoDB request by itself, as real brokers and servers do, and answers.

Arguments: kafka or mongodb, and the port. Serves one connection.
"""
import socket
import struct
import sys

protocol, port = sys.argv[1], int(sys.argv[2])
listener = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
connection, _ = listener.accept()


def exactly(size):
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            sys.exit(0)
        data += chunk
    return data


while True:
    if protocol == "kafka":
        size = struct.unpack(">i", exactly(4))[0]
        body = exactly(size)
        answer = struct.pack(">i", 14) + body[4:8] + bytes(10)
        connection.sendall(answer[:4])
        connection.sendall(answer[4:])
    else:
        size, request, _, _ = struct.unpack("<4i", exactly(16))
        exactly(size - 16)
        document = b"\x11\x00\x00\x00\x01ok\x00" + struct.pack("<d", 1.0) + b"\x00"
        header = struct.pack("<4i", 21 + len(document), request, request, 2013)
        connection.sendall(header)
        connection.sendall(b"\x00\x00\x00\x00\x00" + document)
