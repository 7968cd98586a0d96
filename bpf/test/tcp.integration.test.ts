import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { addressText } from './decode.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace, stop } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { NODE, program } from './servers/start.ts';

const ECONNREFUSED = 111;
const ENETUNREACH = 101;

const FAILURES = ['failed_connects', 'refused', 'timed_out', 'unreachable', 'cancelled', 'connects'];

interface Ports {
  readonly pid: number;
  readonly listening: number;
  readonly client: number;
}

/** Drives servers/tcp-pair.mjs: one command, one answer. */
class TcpPair {
  readonly #child;
  readonly #answers: AsyncIterator<string>;

  constructor(namespace: NetworkNamespace) {
    this.#child = namespace.start([NODE, program('tcp-pair.mjs')], { input: true });
    const { stdout } = this.#child;
    if (!stdout) throw new Error('no output');
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ask(command: string): Promise<unknown> {
    this.#child.stdin?.write(`${command}\n`);
    const { value } = await this.#answers.next();
    return JSON.parse(String(value));
  }

  async open(): Promise<Ports> {
    return (await this.ask('open')) as Ports;
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}

/** What does not depend on the clock, with addresses as text. */
function stable(event: Struct): unknown {
  const { header, tuple, duration_ns: duration, ...rest } = event;
  const { time_ns: time, cgroup_id: _, tid: __, ...ids } = header as Struct;
  const ends = tuple as Struct;
  assert.ok((time as bigint) > 0n && (duration as bigint) >= 0n);
  return {
    ...ids,
    ...rest,
    local: `${addressText(ends['local_address'] as Uint8Array)}:${String(ends['local_port'])}`,
    remote: `${addressText(ends['remote_address'] as Uint8Array)}:${String(ends['remote_port'])}`,
    netns: ends['netns'],
  };
}

function statsOf(observed: Observed, direction: number): Struct {
  const entries = observed.entries('tcp_stats', 'gs_peer_key', 'gs_tcp_stats');
  const found = entries.filter(([key]) => key['direction'] === direction);
  assert.equal(found.length, 1);
  const entry = found[0];
  assert.ok(entry);
  return entry[1];
}

describe('tcp', { skip: skipReason() }, () => {
  let namespace: NetworkNamespace;
  before(() => {
    namespace = new NetworkNamespace();
  });
  after(() => namespace.close());

  const watch = (): Observed => observe('tcp', { netns: [namespace.inode] });

  test('the life of one connection, seen whole from both ends', async () => {
    const observed = watch();
    const pair = new TcpPair(namespace);
    try {
      const { pid, listening, client } = await pair.open();
      await pair.ask('send 1000 20000');
      await pair.ask('close');
      await observed.settle();
      const size = 104;
      const { netns, tgid } = { netns: namespace.inode, tgid: pid };
      const ports = { server: `127.0.0.1:${listening}`, client: `127.0.0.1:${client}` };
      const inbound = { size, tgid, netns, local: ports.server, direction: constants.GS_INBOUND, error: 0 };
      const outbound = { size, tgid, netns, local: ports.client, direction: constants.GS_OUTBOUND, error: 0 };
      const listen = { ...inbound, remote: '0.0.0.0:0', bytes_sent: 0n, bytes_received: 0n };
      const atServer = { ...inbound, remote: ports.client };
      const atClient = { ...outbound, remote: ports.server };
      const nothing = { bytes_sent: 0n, bytes_received: 0n };
      const expected = [
        { type: constants.GS_EVENT_TCP_LISTEN, ...listen },
        { type: constants.GS_EVENT_TCP_OPEN, ...atClient, ...nothing },
        { type: constants.GS_EVENT_TCP_OPEN, ...atServer, ...nothing },
        { type: constants.GS_EVENT_TCP_CLOSE, ...atClient, bytes_sent: 1000n, bytes_received: 20000n },
        { type: constants.GS_EVENT_TCP_CLOSE, ...atServer, bytes_sent: 20000n, bytes_received: 1000n },
        { type: constants.GS_EVENT_TCP_LISTEN_CLOSE, ...listen },
      ];
      const order = (event: unknown): string =>
        JSON.stringify(event, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v), 0);
      const byText = (a: unknown, b: unknown): number => (order(a) < order(b) ? -1 : 1);
      assert.deepEqual(
        observed.events.map(stable).map(sortKeys).sort(byText),
        expected.map(sortKeys).sort(byText),
      );
      const stats = statsOf(observed, constants.GS_OUTBOUND);
      const { connect_time_ns: connectTime, rtt_sum_us: rtt, rtt_samples: samples, ...counts } = stats;
      assert.deepEqual(counts, {
        connects: 1n,
        failed_connects: 0n,
        refused: 0n,
        timed_out: 0n,
        unreachable: 0n,
        cancelled: 0n,
        closed: 1n,
        adopted: 0n,
        bytes_sent: 1000n,
        bytes_received: 20000n,
        retransmits: 0n,
        resets_received: 0n,
        resets_sent: 0n,
        zero_windows: 0n,
        zero_windows_over: 0n,
      });
      assert.ok((connectTime as bigint) > 0n);
      assert.ok((rtt as bigint) > 0n && (samples as bigint) >= 1n);
    } finally {
      await pair.stop();
      observed.close();
    }
  });

  test('a connection that was there before is adopted, and only later bytes count', async () => {
    const pair = new TcpPair(namespace);
    const { pid, listening } = await pair.open();
    await pair.ask('send 5000 5000');
    const observed = watch();
    try {
      observed.iterate('tcp_adopt_listeners');
      observed.iterate('tcp_adopt_connections');
      await pair.ask('send 700 300');
      observed.iterate('tcp_sweep');
      await observed.settle();
      const listen = observed.events.map(stable)[0] as Record<string, unknown>;
      assert.equal(listen['type'], constants.GS_EVENT_TCP_LISTEN);
      assert.equal(listen['tgid'], pid);
      assert.equal(listen['local'], `127.0.0.1:${listening}`);
      const outbound = statsOf(observed, constants.GS_OUTBOUND);
      const inbound = statsOf(observed, constants.GS_INBOUND);
      assert.deepEqual(
        [outbound, inbound].map(({ adopted, connects, bytes_sent: sent, bytes_received: received }) => [
          adopted,
          connects,
          sent,
          received,
        ]),
        [
          [1n, 0n, 700n, 300n],
          [1n, 0n, 300n, 700n],
        ],
      );
      await pair.ask('close');
      assert.equal(statsOf(observed, constants.GS_OUTBOUND)['closed'], 1n);
    } finally {
      await pair.stop();
      observed.close();
    }
  });

  test('failed connects carry their error, each once', async () => {
    const observed = watch();
    try {
      const script =
        'import socket\n' +
        'for address in (("127.0.0.1", 9), ("203.0.113.1", 80)):\n' +
        ' for blocking in (True, False):\n' +
        '  s = socket.socket(); s.setblocking(blocking); s.connect_ex(address)\n';
      await namespace.run(['/usr/bin/python3', '-S', '-c', script]);
      await observed.settle();
      const failed = observed.events.filter(
        (event) => (event['header'] as Struct)['type'] === constants.GS_EVENT_TCP_CONNECT_FAILED,
      );
      assert.deepEqual(
        failed.map((event) => [(event['tuple'] as Struct)['remote_port'], event['error']]),
        [
          [9, ECONNREFUSED],
          [9, ECONNREFUSED],
          [80, ENETUNREACH],
          [80, ENETUNREACH],
        ],
      );
      const counts = observed
        .entries('tcp_stats', 'gs_peer_key', 'gs_tcp_stats')
        .map(([key, stats]) => [key['port'], ...FAILURES.map((field) => stats[field])]);
      assert.deepEqual(counts.sort(), [
        [80, 2n, 0n, 0n, 2n, 0n, 0n],
        [9, 2n, 2n, 0n, 0n, 0n, 0n],
      ]);
    } finally {
      observed.close();
    }
  });

  test('a connect that nobody waits for any longer', async (context) => {
    const observed = watch();
    try {
      await namespace.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '7', '-j', 'DROP']);
    } catch (error) {
      observed.close();
      context.skip(`iptables does not work here: ${(error as Error).message}`);
      return;
    }
    try {
      const script =
        'import socket\n' +
        's = socket.socket(); s.settimeout(0.5); s.connect_ex(("127.0.0.1", 7)); s.close()\n';
      await namespace.run(['/usr/bin/python3', '-S', '-c', script]);
      await observed.settle();
      const stats = statsOf(observed, constants.GS_OUTBOUND);
      assert.deepEqual(
        FAILURES.map((field) => stats[field]),
        [1n, 0n, 0n, 0n, 1n, 0n],
      );
    } finally {
      observed.close();
    }
  });

  for (const address of ['127.0.0.1', '::1']) {
    /** Resets sent and received by the client, and by the server. */
    const resetsOf = async (lines: readonly string[]): Promise<unknown> => {
      const observed = watch();
      const family = address.includes(':') ? 'socket.AF_INET6' : 'socket.AF_INET';
      const open = [
        'import socket, struct, time',
        `listener = socket.socket(${family}); listener.bind(("${address}", 0)); listener.listen()`,
        `client = socket.socket(${family}); client.connect(listener.getsockname())`,
        'server = listener.accept()[0]',
      ];
      try {
        await namespace.run(['/usr/bin/python3', '-S', '-c', [...open, ...lines].join('\n')]);
        await observed.settle();
        return [constants.GS_OUTBOUND, constants.GS_INBOUND].map((direction) => {
          const { resets_sent: sent, resets_received: received } = statsOf(observed, direction);
          return [sent, received];
        });
      } finally {
        observed.close();
      }
    };
    test(`resets are counted at both ends, over ${address}`, async () => {
      const lingering = [
        'client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))',
        'client.close(); time.sleep(0.1)',
      ];
      const unread = ['client.send(b"unread"); time.sleep(0.1)', 'server.close(); time.sleep(0.1)'];
      assert.deepEqual(await resetsOf(lingering), [
        [1n, 0n],
        [0n, 1n],
      ]);
      assert.deepEqual(await resetsOf(unread), [
        [0n, 1n],
        [1n, 0n],
      ]);
    });
  }

  test('a reader that stops reading closes its window, and opens it again', async () => {
    const pair = new TcpPair(namespace);
    const observed = watch();
    try {
      await pair.open();
      await pair.ask('pause');
      await pair.ask('push 30000000');
      const windows = (): unknown => {
        observed.iterate('tcp_sweep');
        const { zero_windows: closed, zero_windows_over: over } = statsOf(observed, constants.GS_OUTBOUND);
        return [closed, over];
      };
      const reaches = async (...expected: readonly bigint[]): Promise<void> => {
        for (let i = 0; i < 600; i++) {
          try {
            assert.deepEqual(windows(), expected);
            return;
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        }
        assert.deepEqual(windows(), expected);
      };
      await reaches(1n, 0n);
      await pair.ask('resume');
      await reaches(1n, 1n);
    } finally {
      await pair.stop();
      observed.close();
    }
  });

  test('lost segments are counted as retransmissions', async (context) => {
    const pair = new TcpPair(namespace);
    const observed = watch();
    try {
      const { listening } = await pair.open();
      const rule = ['-p', 'tcp', '--dport', String(listening), '-j', 'DROP'];
      try {
        await namespace.run(['iptables', '-A', 'INPUT', ...rule]);
      } catch (error) {
        context.skip(`iptables does not work here: ${(error as Error).message}`);
        return;
      }
      await pair.ask('push 100');
      const retransmits = (): bigint => statsOf(observed, constants.GS_OUTBOUND)['retransmits'] as bigint;
      for (let i = 0; i < 600 && retransmits() === 0n; i++) await new Promise((r) => setTimeout(r, 100));
      assert.ok(retransmits() > 0n);
    } finally {
      await pair.stop();
      observed.close();
    }
  });
});

function sortKeys(event: unknown): unknown {
  return Object.fromEntries(Object.entries(event as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
