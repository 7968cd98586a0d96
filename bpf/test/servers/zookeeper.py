# Load for a ZooKeeper server through its Python client. PORT ROUNDS; prints what it did as JSON.
import json
import sys

from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError, NodeExistsError

port, rounds = sys.argv[1], int(sys.argv[2])
client = KazooClient(hosts=f"127.0.0.1:{port}", timeout=10)
client.start(timeout=30)
asked = {"create": 0, "get": 0, "missing": 0, "exists": 0, "children": 0, "set": 0}
client.create("/shop", b"")
for i in range(rounds):
    # several in flight
    pending = [client.create_async(f"/shop/order-{i}-{n}", b"x" * 2000) for n in range(5)]
    for one in pending:
        one.get()
    asked["create"] += 5
    client.set(f"/shop/order-{i}-0", b"new")
    client.get(f"/shop/order-{i}-0")
    client.get_children("/shop")
    client.exists("/nothing")
    try:
        client.get("/nothing")
    except NoNodeError:
        asked["missing"] += 1
    try:
        client.create("/shop", b"")
    except NodeExistsError:
        asked["exists"] += 1
    for kind in ("set", "get", "children"):
        asked[kind] += 1
client.stop()
client.close()
print(json.dumps(asked))
