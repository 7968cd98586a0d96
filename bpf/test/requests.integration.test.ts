import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import {
  constants,
  latencyBoundsNanoseconds,
  layout,
} from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { addressText, text } from './decode.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace, stop } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { NODE, PORTS, program, startNginx, startPostgres, startRedis } from './servers/start.ts';
import type { Server } from './servers/start.ts';

const { GS_INBOUND, GS_OUTBOUND, GS_STATUS_NO_RESPONSE } = constants;
const { GS_PROTOCOL_HTTP, GS_PROTOCOL_POSTGRES, GS_PROTOCOL_REDIS } = constants;
const EVERYTHING = { span_rate_per_second: 100_000, slow_threshold_ns: 3_600_000_000_000n };

interface Row {
  readonly direction: number;
  readonly protocol: number;
  readonly port: number;
  readonly status: number;
  readonly count: number;
  readonly sumNs: bigint;
  readonly buckets: readonly bigint[];
}

/** Map request_stats, the processes of each end taken together. */
function rows(observed: Observed): readonly Row[] {
  const byKey = new Map<string, Row>();
  for (const [key, stats] of observed.entries('request_stats', 'gs_request_key', 'gs_request_stats')) {
    const [direction, protocol, port, status] = ['direction', 'protocol', 'port', 'status'].map((name) =>
      Number(key[name]),
    ) as [number, number, number, number];
    const id = [direction, protocol, port, status].join();
    const known = byKey.get(id);
    const buckets = stats['buckets'] as readonly bigint[];
    byKey.set(id, {
      direction,
      protocol,
      port,
      status,
      count: Number(stats['count']) + (known?.count ?? 0),
      sumNs: (stats['duration_sum_ns'] as bigint) + (known?.sumNs ?? 0n),
      buckets: buckets.map((value, i) => value + (known?.buckets[i] ?? 0n)),
    });
  }
  return [...byKey.values()];
}

/** `inbound 200 x 40`, one a line. */
function counts(observed: Observed, protocol: number): readonly string[] {
  return rows(observed)
    .filter((row) => row.protocol === protocol)
    .map(
      ({ direction, status, count }) =>
        `${direction === GS_INBOUND ? 'inbound' : 'outbound'} ${status} x ${count}`,
    )
    .sort();
}

interface Sent {
  readonly count: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly totalMs: number;
  readonly maxMs: number;
}

async function load(namespace: NetworkNamespace, prefix: string, count: number): Promise<Sent> {
  const numbers = [String(PORTS.nginx), prefix, String(count), '400', '4'];
  return JSON.parse(await namespace.run([NODE, program('client.mjs'), ...numbers])) as Sent;
}

/** Our clock starts later and stops earlier than the client's: between system calls, not callbacks. */
function assertWithin(row: Row | undefined, sent: Sent): void {
  assert.ok(row);
  assert.ok(
    row.sumNs > 0n && Number(row.sumNs) / 1e6 <= sent.totalMs,
    `${row.sumNs} ns in ${sent.totalMs} ms`,
  );
  assert.equal(
    row.buckets.reduce((sum, value) => sum + value, 0n),
    BigInt(row.count),
  );
  const slowest = row.buckets.findLastIndex((value) => value > 0n);
  const lowerBound = slowest > 0 ? (latencyBoundsNanoseconds[slowest - 1] ?? 0) : 0;
  assert.ok(
    lowerBound / 1e6 <= sent.maxMs,
    `a request in bucket ${slowest}, the client's slowest: ${sent.maxMs} ms`,
  );
}

function spans(observed: Observed, direction: number): readonly Struct[] {
  return observed.events.filter((event) => event['direction'] === direction);
}

describe('requests', { skip: skipReason('nginx', 'redis', 'postgres', 'psycopg2') }, () => {
  let namespace: NetworkNamespace;
  let observed: Observed;
  before(() => {
    namespace = new NetworkNamespace();
  });
  after(() => namespace.close());
  const watch = (settings = {}): Observed =>
    observe('requests', { netns: [namespace.inode] }, { ...EVERYTHING, ...settings });

  describe('HTTP through nginx', () => {
    let nginx: Server;
    before(async () => {
      nginx = await startNginx(namespace, 'if ($uri ~ fail) { return 503; } return 200 "hello";');
    });
    after(() => nginx.stop());
    beforeEach(() => {
      observed = watch();
    });
    afterEach(() => observed.close());

    test('counts equal what the client sent, durations lie within its own', async () => {
      const sent = await load(namespace, '/item/', 300);
      const failed = await load(namespace, '/fail/', 40);
      await observed.settle();
      assert.deepEqual([sent.statuses, failed.statuses], [{ 200: 300 }, { 503: 40 }]);
      assert.deepEqual(counts(observed, GS_PROTOCOL_HTTP), [
        'inbound 200 x 300',
        'inbound 503 x 40',
        'outbound 200 x 300',
        'outbound 503 x 40',
      ]);
      const client = rows(observed).find((row) => row.direction === GS_OUTBOUND && row.status === 200);
      assertWithin(client, sent);
      assert.equal(client?.port, PORTS.nginx);
      const server = rows(observed).find((row) => row.direction === GS_INBOUND && row.status === 200);
      assertWithin(server, sent);
      assert.ok(
        (server?.sumNs ?? 0n) < (client?.sumNs ?? 0n),
        'the server is quicker than its client sees it',
      );
    });

    test('one request, both spans whole', async () => {
      const begin = process.hrtime.bigint();
      const sent = await load(namespace, '/whole/', 1);
      const end = process.hrtime.bigint();
      await observed.settle();
      assert.equal(sent.count, 1);
      const [client, server] = [GS_OUTBOUND, GS_INBOUND].map(
        (direction) => spans(observed, direction)[0] as Struct,
      );
      assert.ok(client && server && observed.events.length === 2);
      for (const span of [client, server]) {
        const header = span['header'] as Struct;
        assert.equal(
          header['size'],
          layout.gs_request_event.fields.payload.offset + constants.GS_PAYLOAD_SHORT,
        );
        assert.ok((header['time_ns'] as bigint) > begin && (header['time_ns'] as bigint) < end);
        assert.ok(Number(span['duration_ns'] as bigint) / 1e6 <= sent.maxMs);
        const length = span['payload_length'] as number;
        assert.match(
          Buffer.from(span['payload'] as Uint8Array).toString('latin1', 0, length),
          /^GET \/whole\/0 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:8000\r\nConnection: keep-alive\r\n\r\n$/,
        );
        assert.equal(span['request_size'], length);
        assert.match(text(span['response'] as Uint8Array), /^HTTP\/1\.1 200 OK\r\nServer: nginx/);
        assert.equal(span['response_length'], constants.GS_RESPONSE_LENGTH);
        assert.ok((span['response_size'] as number) > constants.GS_RESPONSE_LENGTH);
        assert.deepEqual(
          [span['protocol'], span['status'], span['reason']],
          [GS_PROTOCOL_HTTP, 200, constants.GS_REASON_SAMPLED],
        );
      }
      assert.equal(client['wire_id'], server['wire_id']);
      assert.deepEqual(
        [client['trace_id_high'], client['trace_id_low']],
        [server['trace_id_high'], server['trace_id_low']],
      );
      assert.notEqual(client['span_id'], server['span_id']);
      assert.deepEqual([client['parent_span_id'], client['parent_link']], [0n, constants.GS_PARENT_NONE]);
      assert.deepEqual(
        [server['parent_span_id'], server['parent_link']],
        [client['span_id'], constants.GS_PARENT_WIRE],
      );
      const [ours, theirs] = [client['tuple'] as Struct, server['tuple'] as Struct];
      assert.equal(addressText(ours['local_address'] as Uint8Array), '127.0.0.1');
      assert.equal(ours['remote_port'], PORTS.nginx);
      assert.equal(ours['local_port'], theirs['remote_port']);
      assert.equal(ours['netns'], namespace.inode);
    });
  });

  describe('HTTP that goes wrong', () => {
    let server: ChildProcess;
    beforeEach(async () => {
      server = await namespace.serve([NODE, program('moody.mjs'), String(PORTS.api)], /ready/);
      observed = watch();
    });
    afterEach(async () => {
      observed.close();
      await stop(server);
    });
    const url = (path: string): string => `http://127.0.0.1:${PORTS.api}${path}`;
    const curl = (...words: string[]): Promise<string> =>
      namespace.run(['curl', '-s', ...words], { mayFail: true });

    test('no answer: reset, closed, killed while it worked, client gave up', async () => {
      await curl(url('/reset'));
      await curl(url('/close'));
      await curl('-m', '3', url('/never'));
      await curl(url('/die'));
      await observed.settle();
      assert.deepEqual(counts(observed, GS_PROTOCOL_HTTP), [
        `inbound ${GS_STATUS_NO_RESPONSE} x 4`,
        `outbound ${GS_STATUS_NO_RESPONSE} x 4`,
      ]);
      for (const span of observed.events) {
        assert.equal((span['reason'] as number) & constants.GS_REASON_FAILED, constants.GS_REASON_FAILED);
      }
    });

    test('an interim answer does not end the request', async () => {
      await curl('-H', 'Expect: 100-continue', '--data-binary', 'x'.repeat(5000), url('/slow'));
      await observed.settle();
      assert.deepEqual(counts(observed, GS_PROTOCOL_HTTP), ['inbound 200 x 1', 'outbound 200 x 1']);
      for (const span of observed.events) {
        assert.ok((span['duration_ns'] as bigint) >= 100_000_000n, 'the server waited this long');
        assert.ok((span['request_size'] as number) > 5000);
      }
    });

    test('a request that hangs is visible while it hangs', async () => {
      const pending = curl('-m', '20', url('/never'));
      const inFlight = (): readonly Struct[] =>
        observed
          .values('sockets', 'gs_socket')
          .filter((socket) => ((socket['first'] as Struct)['started_ns'] as bigint) > 0n);
      for (let i = 0; i < 360 && inFlight().length < 2; i++) await new Promise((r) => setTimeout(r, 50));
      const sockets = inFlight();
      assert.deepEqual(sockets.map((socket) => socket['direction']).sort(), [GS_OUTBOUND, GS_INBOUND]);
      for (const socket of sockets) {
        assert.ok(((socket['first'] as Struct)['payload_length'] as number) > 0);
        assert.equal(socket['protocol'], GS_PROTOCOL_HTTP);
      }
      await stop(server);
      await pending;
      assert.equal(inFlight().length, 0);
    });

    test('slow and failed requests come through when nothing is sampled', async () => {
      observed.close();
      observed = watch({ span_rate_per_second: 0, slow_threshold_ns: 1_500_000_000n });
      await curl(url('/ok'));
      await observed.settle();
      const early = observed.events.length;
      // The rate is known after the first second.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await curl(url('/ok'), url('/slow/2000'), url('/error'), url('/ok'));
      await observed.settle();
      const later = observed.events.slice(early);
      assert.deepEqual(
        later
          .filter((span) => span['direction'] === GS_INBOUND)
          .map((span) => [span['status'], span['reason']]),
        [
          [200, constants.GS_REASON_SLOW],
          [500, constants.GS_REASON_FAILED],
        ],
      );
    });
  });

  test('both ends agree when one socket is IPv6 and the other IPv4, or both are IPv6', async () => {
    const server = await namespace.serve([NODE, program('moody.mjs'), String(PORTS.api), '::'], /ready/);
    observed = watch();
    try {
      for (const host of ['127.0.0.1', '[::1]'])
        await namespace.run(['curl', '-s', `http://${host}:${PORTS.api}/ok`]);
      await observed.settle();
      const [clients, servers] = [GS_OUTBOUND, GS_INBOUND].map((direction) => spans(observed, direction));
      assert.deepEqual(
        clients?.map((span) => [span['wire_id'], span['span_id']]),
        servers?.map((span) => [span['wire_id'], span['parent_span_id']]),
      );
      const remotes = clients?.map((span) =>
        addressText((span['tuple'] as Struct)['remote_address'] as Uint8Array),
      );
      assert.deepEqual(remotes, ['127.0.0.1', '0:0:0:0:0:0:0:1']);
    } finally {
      observed.close();
      await stop(server);
    }
  });

  test('an answer that is not seen costs its request, not the connection', async () => {
    const server = await namespace.serve(
      ['/usr/bin/python3', program('sendfile.py'), String(PORTS.api)],
      /ready/,
    );
    const client = namespace.start([NODE, program('steps.mjs'), String(PORTS.api)], { input: true });
    observed = watch();
    try {
      client.stdin?.write('6\n');
      const lines = createInterface({ input: client.stdout! })[Symbol.asyncIterator]();
      assert.deepEqual(JSON.parse(String((await lines.next()).value)), { sent: 6, connections: 1 });
      await observed.settle();
      assert.deepEqual(counts(observed, GS_PROTOCOL_HTTP), ['inbound 200 x 3', 'outbound 200 x 6']);
      assert.equal(observed.counter(constants.GS_COUNTER_REQUESTS_UNPAIRED), 3);
    } finally {
      observed.close();
      await stop(client);
      await stop(server);
    }
  });

  test('a full map is counted and costs only what does not fit', async () => {
    const nginx = await startNginx(namespace, 'return 200 "hello";');
    observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING, { sockets: 2 });
    try {
      const sent = await load(namespace, '/item/', 100);
      await observed.settle();
      assert.deepEqual(sent.statuses, { 200: 100 });
      const seen = observed.counter(constants.GS_COUNTER_REQUESTS);
      assert.ok(seen > 0 && seen < 200, String(seen));
      assert.ok(observed.counter(constants.GS_COUNTER_MAP_FULL) > 0);
    } finally {
      observed.close();
      await nginx.stop();
    }
  });

  test('a connection that was there before is picked up in its middle', async () => {
    const nginx = await startNginx(namespace, 'return 200 "hello";');
    const client = namespace.start([NODE, program('steps.mjs'), String(PORTS.nginx)], { input: true });
    try {
      const lines = createInterface({ input: client.stdout! })[Symbol.asyncIterator]();
      client.stdin?.write('10\n');
      assert.deepEqual(JSON.parse(String((await lines.next()).value)), { sent: 10, connections: 1 });
      observed = watch();
      client.stdin?.write('25\n');
      assert.deepEqual(JSON.parse(String((await lines.next()).value)), { sent: 35, connections: 1 });
      await observed.settle();
      assert.deepEqual(counts(observed, GS_PROTOCOL_HTTP), ['inbound 200 x 25', 'outbound 200 x 25']);
    } finally {
      observed.close();
      await stop(client);
      await nginx.stop();
    }
  });

  describe('Redis', () => {
    let redis: Server;
    before(async () => {
      redis = await startRedis(namespace);
    });
    after(() => redis.stop());
    beforeEach(() => {
      observed = watch();
    });
    afterEach(() => observed.close());

    /** What the server itself counted. */
    async function served(): Promise<Readonly<Record<string, number>>> {
      const info = await namespace.run(['redis-cli', 'INFO', 'commandstats']);
      const found = [...info.matchAll(/cmdstat_(get|set):calls=(\d+)/g)];
      return Object.fromEntries(found.map(([, name, calls]) => [name, Number(calls)]));
    }

    test('one command at a time: counts equal the server’s own', async () => {
      await namespace.run(['redis-cli', 'CONFIG', 'RESETSTAT']);
      await namespace.run(['redis-benchmark', '-q', '-t', 'set,get', '-n', '500', '-c', '5']);
      await observed.settle();
      const { set = 0, get = 0 } = await served();
      await observed.settle();
      assert.deepEqual([set, get], [500, 500]);
      const commands = spans(observed, GS_INBOUND).map((span) => text(span['payload'] as Uint8Array));
      assert.equal(commands.filter((command) => command.startsWith('*3\r\n$3\r\nSET')).length, 500);
      assert.equal(commands.filter((command) => command.startsWith('*2\r\n$3\r\nGET')).length, 500);
      const [inbound, outbound] = [GS_INBOUND, GS_OUTBOUND].map(
        (direction) => rows(observed).find((row) => row.direction === direction)?.count,
      );
      assert.equal(inbound, outbound);
    });

    test('pipelined commands are counted one by one', async () => {
      await namespace.run(['redis-benchmark', '-q', '-t', 'set', '-n', '800', '-c', '2', '-P', '8']);
      await observed.settle();
      const sets = (direction: number): number =>
        spans(observed, direction).filter((span) =>
          text(span['payload'] as Uint8Array).includes('\r\nSET\r\n'),
        ).length;
      assert.deepEqual([sets(GS_OUTBOUND), sets(GS_INBOUND)], [800, 800]);
      assert.equal(observed.counter(constants.GS_COUNTER_REQUESTS_UNPAIRED), 0);
    });

    test('an error fails, a blocking command is not timed', async () => {
      await namespace.run(['redis-cli', 'NOSUCH', 'x'], { mayFail: true });
      await namespace.run(['timeout', '0.3', 'redis-cli', 'BLPOP', 'empty', '0'], { mayFail: true });
      await observed.settle();
      assert.deepEqual(counts(observed, GS_PROTOCOL_REDIS), ['inbound 1 x 1', 'outbound 1 x 1']);
      assert.match(
        text(spans(observed, GS_OUTBOUND)[0]?.['response'] as Uint8Array),
        /^-ERR unknown command/,
      );
    });
  });

  describe('PostgreSQL', () => {
    let postgres: Server;
    before(async () => {
      postgres = await startPostgres(namespace);
    });
    after(() => postgres.stop());
    beforeEach(() => {
      observed = watch();
    });
    afterEach(() => observed.close());
    const python = (script: string): Promise<string> => {
      const connect =
        'import psycopg2, time\n' +
        'c = psycopg2.connect(host="127.0.0.1", user="postgres", dbname="postgres", sslmode="disable", gssencmode="disable")\n' +
        'c.autocommit = True\nq = c.cursor()\n';
      return namespace.run(['/usr/bin/python3', '-c', connect + script]);
    };

    test('simple queries: counts, failures and durations', async () => {
      const total = Number(
        await python(
          'begin = time.perf_counter()\n' +
            'for i in range(200): q.execute("SELECT %s", (i,)); q.fetchall()\n' +
            'print((time.perf_counter() - begin) * 1000)\n' +
            'for i in range(5):\n' +
            ' try: q.execute("SELECT 1/0")\n' +
            ' except psycopg2.Error: pass\n',
        ),
      );
      await observed.settle();
      assert.deepEqual(counts(observed, GS_PROTOCOL_POSTGRES), [
        'inbound 0 x 200',
        'inbound 1 x 5',
        'outbound 0 x 200',
        'outbound 1 x 5',
      ]);
      const client = rows(observed).find((row) => row.direction === GS_OUTBOUND && row.status === 0);
      assert.ok(client && Number(client.sumNs) / 1e6 <= total);
      const failed = spans(observed, GS_OUTBOUND).filter((span) => span['status'] === 1);
      assert.match(Buffer.from(failed[0]?.['response'] as Uint8Array).toString('latin1'), /^E.*22012/s);
    });

    test('a query that waits lasts as long as it waits', async () => {
      await python('q.execute("SELECT pg_sleep(0.25)")');
      await observed.settle();
      for (const span of observed.events) {
        const duration = span['duration_ns'] as bigint;
        assert.ok(duration >= 250_000_000n, String(duration));
        assert.match(text((span['payload'] as Uint8Array).subarray(5)), /^SELECT pg_sleep/);
      }
      assert.equal(observed.events.length, 2);
    });

    for (const mode of ['extended', 'prepared']) {
      test(`${mode} queries`, async () => {
        const bin = '/usr/lib/postgresql/15/bin';
        const connection = ['-h', '127.0.0.1', '-U', 'postgres'];
        await namespace.run([`${bin}/pgbench`, '-i', '-q', ...connection, 'postgres']);
        await observed.settle();
        observed.close();
        observed = watch();
        const run = ['-n', '-S', '-M', mode, '-t', '100', '-c', '1'];
        await namespace.run([`${bin}/pgbench`, ...run, ...connection, 'postgres']);
        await observed.settle();
        // pgbench prepares once, and asks two things of its own before it starts, as simple queries.
        const kinds = (direction: number): Readonly<Record<string, number>> => {
          const result: Record<string, number> = {};
          for (const span of spans(observed, direction)) {
            const kind = String.fromCharCode((span['payload'] as Uint8Array)[0] ?? 0);
            result[kind] = (result[kind] ?? 0) + 1;
          }
          return result;
        };
        const expected = mode === 'extended' ? { Q: 2, P: 100 } : { Q: 2, P: 1, B: 100 };
        assert.deepEqual(kinds(GS_OUTBOUND), expected);
        assert.deepEqual(kinds(GS_INBOUND), expected);
        assert.deepEqual(
          rows(observed).map((row) => row.status),
          [0, 0],
        );
      });
    }
  });
});
