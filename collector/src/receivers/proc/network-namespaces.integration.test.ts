import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { listenCounters, networkNamespaceOf } from './network-namespaces.ts';

/** Fills an accept queue that nobody empties, in a network of its own, and prints what that network counts. */
const OVERFLOW = `
import socket, subprocess, sys, time
subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
server = socket.socket(); server.bind(('127.0.0.1', 0)); server.listen(1)
clients = []
for _ in range(6):
    client = socket.socket(); client.setblocking(False); client.connect_ex(server.getsockname()); clients.append(client)
time.sleep(0.5)
for client in clients[2:]: client.close()
names, values = [line.split() for line in open('/proc/self/net/netstat') if line.startswith('TcpExt:')]
print(dict(zip(names, values))['ListenOverflows'], flush=True)
sys.stdin.readline()
`;

const possible = spawnSync('unshare', ['--net', 'true']).status === 0 && !spawnSync('ip', ['-V']).error;

test(
  'counters of a network namespace are its own, and it is told from the machine’s',
  { skip: possible ? false : 'cannot make a network namespace' },
  async (t) => {
    const child = spawn('unshare', ['--net', 'python3', '-S', '-c', OVERFLOW], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const counted = Number(line.toString());
    assert.ok(counted > 0);
    assert.equal(listenCounters('/proc', child.pid!)?.overflows, counted);
    assert.notEqual(networkNamespaceOf('/proc', child.pid!), networkNamespaceOf('/proc', process.pid));
    assert.equal(networkNamespaceOf('/proc', process.pid), networkNamespaceOf('/proc', process.ppid));
    assert.equal(networkNamespaceOf('/proc', 2 ** 22 + 1), undefined);
  },
);
