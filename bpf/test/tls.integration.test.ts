import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { recognise } from '../../collector/src/receivers/tls/recognise.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { buildRustls, rustlsProblem } from './servers/rustls.ts';
import { NODE, program } from './servers/start.ts';
import { TlsPrograms } from './servers/tls.ts';

const { GS_INBOUND, GS_PARENT_WIRE, GS_COUNTER_TLS_UNBOUND } = constants;
const EVERYTHING = { span_rate_per_second: 100_000, slow_threshold_ns: 3_600_000_000_000n };

/** Attaches everything that is known of a file. */
function attach(observed: Observed, path: string): () => void {
  const found = recognise(path, path);
  assert.equal(found.kind, 'recognised', JSON.stringify(found));
  return observed.attachProbes(path, found.kind === 'recognised' ? found.probes : []);
}

/** `inbound 8443 http 200 x 40`, one a line. */
function counts(observed: Observed): readonly string[] {
  const sums = new Map<string, number>();
  for (const [key, stats] of observed.entries('request_stats', 'gs_request_key', 'gs_request_stats')) {
    const direction = key['direction'] === GS_INBOUND ? 'inbound' : 'outbound';
    const line = `${direction} ${String(key['port'])} ${String(key['protocol'])} ${String(key['status'])}`;
    sums.set(line, (sums.get(line) ?? 0) + Number(stats['count']));
  }
  return [...sums].map(([line, count]) => `${line} x ${count}`).sort();
}

/** Server spans whose parent is a client span that was seen, and how many server spans there are. */
function joined(observed: Observed): { readonly joined: number; readonly of: number } {
  const clients = new Set(
    observed.events.filter((event) => event['direction'] !== GS_INBOUND).map((event) => event['span_id']),
  );
  const servers = observed.events.filter((event) => event['direction'] === GS_INBOUND);
  const withParent = (event: Struct) =>
    event['parent_link'] === GS_PARENT_WIRE && clients.has(event['parent_span_id']);
  return { joined: servers.filter(withParent).length, of: servers.length };
}

describe('TLS', { skip: skipReason('nginx', 'go', 'postgres') }, () => {
  let namespace: NetworkNamespace;
  let programs: TlsPrograms;
  let observed: Observed;
  before(() => {
    namespace = new NetworkNamespace();
    programs = new TlsPrograms(namespace);
  });
  after(() => namespace.close());
  beforeEach(() => {
    observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING);
  });
  afterEach(() => observed.close());

  test('curl and nginx: counts equal, both ends agree on every request', async () => {
    attach(observed, programs.library);
    await programs.nginx(8443, 'location / { return 200 "hello"; } location /no { return 404; }');
    const urls = Array.from({ length: 50 }, (_, i) => `https://127.0.0.1:8443/${i % 5 ? 'item' : 'no'}/${i}`);
    const options = ['--http1.1', '-s', '-o', '/dev/null', '--cacert', programs.certificate];
    await namespace.run(
      programs.withLibrary('curl', ...urls.flatMap((url, i) => [...(i ? ['--next'] : []), ...options, url])),
    );
    await namespace.run(programs.withLibrary('curl', ...options, '--no-keepalive', urls[1]!));
    await observed.settle();
    assert.deepEqual(counts(observed), [
      'inbound 8443 1 200 x 41',
      'inbound 8443 1 404 x 10',
      'outbound 8443 1 200 x 41',
      'outbound 8443 1 404 x 10',
    ]);
    assert.deepEqual(joined(observed), { joined: 51, of: 51 });
    assert.equal(observed.counter(GS_COUNTER_TLS_UNBOUND), 0);
  });

  test('Node.js at both ends: its library is linked in and sees no socket', async () => {
    const node = programs.copyOf(NODE);
    attach(observed, node);
    const server = [node, program('tls-server.mjs'), '8444', programs.key, programs.certificate];
    await namespace.serve(server, /ready/);
    const client = [node, program('tls-client.mjs'), '8444', programs.certificate, '400', '8'];
    const sent = JSON.parse(await namespace.run(client)) as unknown;
    assert.deepEqual(sent, { statuses: { 200: 360, 404: 40 }, failures: 0 });
    await observed.settle();
    assert.deepEqual(counts(observed), [
      'inbound 8444 1 200 x 360',
      'inbound 8444 1 404 x 40',
      'outbound 8444 1 200 x 360',
      'outbound 8444 1 404 x 40',
    ]);
    assert.deepEqual(joined(observed), { joined: 400, of: 400 });
    assert.equal(observed.counter(GS_COUNTER_TLS_UNBOUND), 0);
  });

  for (const [server, client] of [
    ['server', 'client'],
    ['asyncio-server', 'asyncio-client'],
  ] as const)
    test(`Python, ${server} and ${client}`, async () => {
      attach(observed, programs.library);
      const port = server === 'server' ? '8445' : '8446';
      const python = (...args: readonly string[]) =>
        programs.withLibrary('/usr/bin/python3', program('tls.py'), ...args);
      await namespace.serve(python(server, port, programs.key, programs.certificate), /ready/);
      await namespace.run(python(client, port, programs.certificate, '100'));
      await observed.settle();
      assert.deepEqual(counts(observed), [
        `inbound ${port} 1 200 x 90`,
        `inbound ${port} 1 404 x 10`,
        `outbound ${port} 1 200 x 90`,
        `outbound ${port} 1 404 x 10`,
      ]);
      assert.deepEqual(joined(observed), { joined: 100, of: 100 });
      assert.equal(observed.counter(GS_COUNTER_TLS_UNBOUND), 0);
    });

  for (const stripped of [false, true])
    test(`Go at both ends${stripped ? ', stripped' : ''}`, async () => {
      const go = programs.buildGo(stripped);
      attach(observed, go);
      const port = stripped ? '8448' : '8447';
      await namespace.serve([go, 'server', port, programs.key, programs.certificate], /ready/);
      await namespace.run([go, 'client', port, programs.certificate, '400', 'h1']);
      await observed.settle();
      assert.deepEqual(counts(observed), [
        `inbound ${port} 1 200 x 360`,
        `inbound ${port} 1 404 x 40`,
        `outbound ${port} 1 200 x 360`,
        `outbound ${port} 1 404 x 40`,
      ]);
      assert.deepEqual(joined(observed), { joined: 400, of: 400 });
      assert.equal(observed.counter(GS_COUNTER_TLS_UNBOUND), 0);
    });

  test('openssl s_server, typing the answers', async () => {
    attach(observed, programs.library);
    const files = ['-key', programs.key, '-cert', programs.certificate];
    const command = programs.withLibrary('openssl', 's_server', '-accept', '127.0.0.1:8449', ...files);
    const server = namespace.start(command, { input: true });
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
    await new Promise<void>((resolve) => {
      server.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.includes('ACCEPT')) resolve();
        if (chunk.includes('\r\n\r\n')) server.stdin?.write(answer);
      });
    });
    const urls = Array.from({ length: 10 }, (_, i) => `https://127.0.0.1:8449/item/${i}`);
    const options = ['-s', '--http1.1', '--cacert', programs.certificate];
    const output = await namespace.run(programs.withLibrary('curl', ...options, ...urls));
    assert.equal(output, 'hello'.repeat(10));
    await observed.settle();
    assert.deepEqual(counts(observed), ['inbound 8449 1 200 x 10', 'outbound 8449 1 200 x 10']);
    assert.deepEqual(joined(observed), { joined: 10, of: 10 });
  });

  test('PostgreSQL turns to TLS within a connection', async () => {
    attach(observed, programs.library);
    const server = await programs.postgres();
    const address = `host=127.0.0.1 user=postgres sslmode=require`;
    const psql = programs.withLibrary('/usr/lib/postgresql/15/bin/psql', address, '-q');
    await namespace.run([...psql, ...Array.from({ length: 20 }, (_, i) => ['-c', `SELECT ${i}`]).flat()]);
    await namespace.run([...psql, '-c', 'SELECT 1/0'], { mayFail: true });
    await server.stop();
    await observed.settle();
    const { GS_PROTOCOL_POSTGRES } = constants;
    assert.deepEqual(counts(observed), [
      `inbound 5432 ${GS_PROTOCOL_POSTGRES} 0 x 20`,
      `inbound 5432 ${GS_PROTOCOL_POSTGRES} 1 x 1`,
      `outbound 5432 ${GS_PROTOCOL_POSTGRES} 0 x 20`,
      `outbound 5432 ${GS_PROTOCOL_POSTGRES} 1 x 1`,
    ]);
    assert.deepEqual(joined(observed), { joined: 21, of: 21 });
  });

  test('rustls at both ends', { skip: rustlsProblem() }, async () => {
    const rust = programs.copyOf(buildRustls());
    attach(observed, rust);
    await namespace.serve([rust, 'server', '8451', programs.key, programs.certificate], /ready/);
    // The records of a process's first request are read before its probes are hit for the first time.
    await namespace.run([rust, 'client', '8451', programs.certificate, '1']);
    await namespace.run([rust, 'client', '8451', programs.certificate, '200']);
    await observed.settle();
    assert.deepEqual(counts(observed), [
      'inbound 8451 1 200 x 180',
      'inbound 8451 1 404 x 20',
      'outbound 8451 1 200 x 180',
      'outbound 8451 1 404 x 21',
    ]);
    assert.equal(observed.counter(GS_COUNTER_TLS_UNBOUND), 1);
  });
});
