"""A server whose first thread reads every request and hands it to others, which ask the backend and answer.

python3 hand-over.py <port> <backend port> <workers>
"""
import http.client
import queue
import selectors
import socket
import sys
import threading

port, backend_port, workers = (int(word) for word in sys.argv[1:])
jobs = queue.Queue()


def work():
    backend = http.client.HTTPConnection("127.0.0.1", backend_port)
    while True:
        connection, request = jobs.get()
        number = request.split()[1].rsplit(b"/", 1)[1].decode()
        backend.request("GET", "/work/" + number)
        body = backend.getresponse().read()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


for _ in range(workers):
    threading.Thread(target=work, daemon=True).start()
listener = socket.create_server(("127.0.0.1", port))
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        if key.fileobj is listener:
            selector.register(listener.accept()[0], selectors.EVENT_READ)
        else:
            request = key.fileobj.recv(4096)
            if request:
                jobs.put((key.fileobj, request))
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()
