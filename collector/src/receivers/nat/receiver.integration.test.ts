import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { parseConntrack, type Translation } from '../../identity/conntrack-text.ts';
import { NatTable } from '../../identity/conntrack.ts';
import { processFilter } from '../../identity/process-filter.ts';
import { ProcessTable } from '../../identity/processes.ts';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { DEFAULT_EBPF_CONFIGURATION, openEbpfReceiver } from '../ebpf/open.ts';
import { ConntrackProgram } from './conntrack-program.ts';
import { openNatReceiver, type NatReceiver } from './open.ts';

const run = promisify(execFile);
const PREFIX = `gsnat${process.pid}`;
const [CLIENT, ROUTER, BACKEND] = ['c', 'r', 'b'].map((role) => `${PREFIX}${role}`) as [
  string,
  string,
  string,
];
const SERVICE = '10.96.0.1:80';
const SERVICE6 = '[fd96::1]:80';

/** A service address that only the router knows, and a backend behind it: as pods see it on a node. */
const NETWORK = `
ip netns add ${CLIENT}
ip netns add ${ROUTER}
ip netns add ${BACKEND}
ip link add ${PREFIX}c0 netns ${CLIENT} type veth peer name ${PREFIX}c1 netns ${ROUTER}
ip link add ${PREFIX}b0 netns ${BACKEND} type veth peer name ${PREFIX}b1 netns ${ROUTER}
ip -n ${CLIENT} addr add 10.1.0.2/24 dev ${PREFIX}c0
ip -n ${ROUTER} addr add 10.1.0.1/24 dev ${PREFIX}c1
ip -n ${BACKEND} addr add 10.2.0.2/24 dev ${PREFIX}b0
ip -n ${BACKEND} addr add 10.2.0.3/24 dev ${PREFIX}b0
ip -n ${ROUTER} addr add 10.2.0.1/24 dev ${PREFIX}b1
ip -n ${CLIENT} addr add fd01::2/64 dev ${PREFIX}c0 nodad
ip -n ${ROUTER} addr add fd01::1/64 dev ${PREFIX}c1 nodad
ip -n ${BACKEND} addr add fd02::2/64 dev ${PREFIX}b0 nodad
ip -n ${ROUTER} addr add fd02::1/64 dev ${PREFIX}b1 nodad
ip -n ${CLIENT} link set ${PREFIX}c0 up
ip -n ${ROUTER} link set ${PREFIX}c1 up
ip -n ${BACKEND} link set ${PREFIX}b0 up
ip -n ${ROUTER} link set ${PREFIX}b1 up
ip -n ${CLIENT} route add default via 10.1.0.1
ip -n ${BACKEND} route add default via 10.2.0.1
ip -n ${CLIENT} route add default via fd01::1
ip -n ${BACKEND} route add default via fd02::1
ip netns exec ${ROUTER} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
`;
const RULES = `
table inet service {
  chain prerouting {
    type nat hook prerouting priority -100;
    ip daddr 10.96.0.1 tcp dport 80 dnat ip to numgen inc mod 2 map { 0 : 10.2.0.2, 1 : 10.2.0.3 } : 8080
    ip6 daddr fd96::1 tcp dport 80 dnat ip6 to [fd02::2]:8080
  }
}
`;

function skipReason(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  const missing = ['/usr/sbin/nft', '/usr/bin/python3'].find((path) => !existsSync(path));
  return missing ? `${missing} is not installed` : false;
}

describe('address translation, a real DNAT rule between network namespaces', { skip: skipReason() }, () => {
  const nat = new NatTable('/nowhere');
  let receiver: NatReceiver;
  let server: ReturnType<typeof execFile>;
  before(async () => {
    execFileSync('sh', ['-ec', NETWORK], { stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('ip', ['netns', 'exec', ROUTER, 'nft', '-f', '-'], { input: RULES });
    server = execFile('ip', ['netns', 'exec', BACKEND, 'python3', '-c', SERVER]);
    await new Promise((resolve) => server.stdout?.once('data', resolve));
    receiver = openNatReceiver(
      { cgroups: [], pids: [], netns: [ROUTER] },
      { procfs: '/nowhere', hostRoot: '/nowhere' },
      nat,
    );
  });
  after(() => {
    receiver?.stop();
    server?.kill();
    for (const name of [CLIENT, ROUTER, BACKEND]) execFileSync('ip', ['netns', 'delete', name]);
  });

  test('the program is attached', () => {
    assert.deepEqual(receiver.programs, [
      { object: 'nat', program: 'nat_first_packets', attached: true, reason: '' },
    ]);
  });

  test('each connection of a service is known by who answered it', async () => {
    const answers = new Map<string, string>();
    for (let i = 0; i < 4; i++) {
      const { client, answeredBy } = await dial('10.96.0.1');
      answers.set(client, answeredBy);
    }
    assert.deepEqual([...new Set(answers.values())].sort(), ['10.2.0.2:8080', '10.2.0.3:8080']);
    nat.refresh();
    assert.equal(nat.source, 'eBPF');
    for (const [client, answeredBy] of answers)
      assert.equal(nat.resolveConnection(client, SERVICE), answeredBy, client);
    assert.equal(nat.resolve(SERVICE), [...answers.values()].at(-1), 'the latest stands for the service');
    assert.deepEqual(receiver.status(), { source: 'eBPF', translations: 1 });
  });

  test('IPv6', async () => {
    const { client, answeredBy } = await dial('fd96::1');
    assert.equal(answeredBy, '[fd02::2]:8080');
    assert.equal(nat.resolveConnection(client, SERVICE6), answeredBy, 'asked for alone, between two lists');
    nat.refresh();
    assert.equal(nat.resolveConnection(client, SERVICE6), answeredBy);
  });

  test('what is not translated is not noted', async () => {
    await dial('10.2.0.2', 8080);
    nat.refresh();
    assert.equal(nat.resolve('10.2.0.2:8080'), '10.2.0.2:8080');
    assert.equal(nat.size, 2);
  });

  test('connections of the client carry the backend as their actual destination', async () => {
    const selection = { cgroups: [], pids: [], netns: [CLIENT] };
    const processes = new ProcessTable({
      procfs: '/proc',
      cgroupfs: '/sys/fs/cgroup',
      filter: processFilter(selection, '/proc', '/sys/fs/cgroup'),
      hostName: 'h',
      hostId: 'i',
      keepExitedFor: 60_000,
    });
    const configuration = { ...DEFAULT_EBPF_CONFIGURATION, target: selection };
    const tcp = openEbpfReceiver(configuration, {
      owners: processes,
      resolve: nat.resolve,
      onSpans: () => undefined,
    });
    tcp.start();
    const client = execFile('ip', ['netns', 'exec', CLIENT, 'python3', '-c', HELD_CONNECTION]);
    try {
      const answered = await new Promise<string>((resolve) => client.stdout?.once('data', resolve));
      processes.scan(Date.now());
      nat.refresh();
      tcp.update(Date.now());
      const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, Date.now());
      tcp.collect(sink);
      const connects = sink.samples.filter(({ metric }) => metric === CONTAINER_METRICS.tcpConnects);
      assert.deepEqual(
        connects.map(({ labels, value }) => [labels['destination'], labels['actual_destination'], value]),
        [[SERVICE, answered.trim(), 1]],
      );
    } finally {
      client.kill();
      await tcp.stop();
    }
  });

  const conntrack = existsSync('/usr/sbin/conntrack') ? false : 'conntrack is not installed';
  test('conntrack-tools tell the same, listed and as it happens', { skip: conntrack }, async () => {
    const inRouter = ['ip', 'netns', 'exec', ROUTER, 'conntrack'];
    const program = await ConntrackProgram.start(inRouter);
    assert.ok(typeof program !== 'string', String(program));
    try {
      const { client, answeredBy } = await dial('10.96.0.1');
      const expected = { client, destination: SERVICE, actual: answeredBy };
      const [command = '', ...words] = inRouter;
      const { stdout } = await run(command, [...words, '-L', '-p', 'tcp', '--dst-nat']);
      assert.deepEqual(
        parseConntrack(stdout).find((one) => one.client === client),
        expected,
      );
      const told: Translation[] = [];
      for (let tries = 0; tries < 1200 && told.length === 0; tries++) {
        told.push(...(program.translations() ?? []));
        if (told.length === 0) await sleep(50);
      }
      assert.deepEqual(told, [expected]);
    } finally {
      program.close();
    }
  });

  test('a machine without conntrack-tools says so', async () => {
    assert.match(String(await ConntrackProgram.start(['/nowhere/conntrack'])), /ENOENT/);
  });
});

/** Tells each client at which address it was reached. */
const SERVER = `
import socket, threading
def serve(family, address):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 8080)); s.listen(16)
    def loop():
        while True:
            c, _ = s.accept()
            host, port = c.getsockname()[:2]
            c.sendall((('[%s]:%d' if ':' in host else '%s:%d') % (host, port)).encode()); c.close()
    threading.Thread(target=loop, daemon=True).start()
for a in ('10.2.0.2', '10.2.0.3'): serve(socket.AF_INET, a)
serve(socket.AF_INET6, 'fd02::2')
print('ready', flush=True)
import time; time.sleep(55)
`;

const DIAL = `
import socket, sys
for i in range(50):
    try:
        s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5); break
    except OSError as e:
        if i == 49: raise
        import time; time.sleep(0.1)
host, port = s.getsockname()[:2]
print('[%s]:%d' % (host, port) if ':' in host else '%s:%d' % (host, port), s.recv(100).decode())
`;

/** Says who answered, and stays. */
const HELD_CONNECTION = `
import socket, time
s = socket.create_connection(('10.96.0.1', 80), 5)
print(s.recv(100).decode(), flush=True)
time.sleep(30)
`;

async function dial(host: string, port = 80): Promise<{ client: string; answeredBy: string }> {
  const { stdout } = await run('ip', ['netns', 'exec', CLIENT, 'python3', '-c', DIAL, host, String(port)]);
  const [client = '', answeredBy = ''] = stdout.trim().split(' ');
  return { client, answeredBy };
}
