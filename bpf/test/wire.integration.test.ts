import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { NODE, program } from './servers/start.ts';

const EVERYTHING = { span_rate_per_second: 100_000, slow_threshold_ns: 3_600_000_000_000n };
const CLASSPATH = [
  'zookeeper',
  'zookeeper-jute',
  'slf4j-api',
  'slf4j-simple',
  'netty-handler',
  'netty-transport',
  'netty-common',
  'netty-buffer',
  'netty-codec',
  'netty-resolver',
  'netty-transport-native-unix-common',
  'commons-cli',
  'metrics-core',
  'snappy-java',
  'jetty-server',
]
  .map((name) => `/usr/share/java/${name}.jar`)
  .join(':');

/** `inbound ok x 40`, one a line, both ends of one protocol. */
function counts(observed: Observed, protocol: number): readonly string[] {
  const sums = new Map<string, number>();
  for (const [key, stats] of observed.entries('request_stats', 'gs_request_key', 'gs_request_stats')) {
    if (key['protocol'] !== protocol) continue;
    const side = key['direction'] === constants.GS_INBOUND ? 'inbound' : 'outbound';
    const name = `${side} ${key['status'] === 0 ? 'ok' : String(key['status'])}`;
    sums.set(name, (sums.get(name) ?? 0) + Number(stats['count']));
  }
  return [...sums].map(([name, count]) => `${name} x ${count}`).sort();
}

/** Both ends alike. */
const bothEnds = (...one: readonly string[]): readonly string[] =>
  ['inbound', 'outbound'].flatMap((side) => one.map((text) => `${side} ${text}`));

function spansOf(observed: Observed, protocol: number, direction: number): readonly Struct[] {
  return observed.events.filter(
    (event) => event['protocol'] === protocol && event['direction'] === direction,
  );
}

const payload = (span: Struct): string =>
  Buffer.from(span['payload'] as Uint8Array)
    .subarray(0, span['payload_length'] as number)
    .toString('latin1');

describe('protocols of in-process servers that speak the wire format', { skip: skipReason() }, () => {
  let namespace: NetworkNamespace;
  let observed: Observed;
  before(() => {
    namespace = new NetworkNamespace();
    observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING);
  });
  after(async () => {
    observed.close();
    await namespace.close();
  });

  async function drive(protocol: string, port: string, rounds: string): Promise<Record<string, number>> {
    await namespace.serve([NODE, program('wire.mjs'), protocol, 'serve', port], /ready/);
    const output = await namespace.run([NODE, program('wire.mjs'), protocol, 'load', port, rounds]);
    await observed.settle();
    return JSON.parse(output) as Record<string, number>;
  }

  test('Dubbo 2: calls in flight are paired by id, one-way calls and heartbeats are not counted', async () => {
    assert.deepEqual(await drive('dubbo2', '8020', '20'), { answers: 100, failed: 40 });
    assert.deepEqual(counts(observed, constants.GS_PROTOCOL_DUBBO2), bothEnds('1 x 40', 'ok x 40'));
    const spans = spansOf(observed, constants.GS_PROTOCOL_DUBBO2, constants.GS_OUTBOUND);
    assert.equal(spans.length, 80);
    for (const span of spans) {
      assert.match(payload(span), /shop\.api\.OrderService.*place/s);
      // the id of request and answer, and what its parity says
      const [asked, answered] = ['payload', 'response'].map((name) =>
        (span[name] as Uint8Array).slice(4, 12),
      );
      assert.deepEqual(asked, answered);
      assert.equal(span['status'], asked![7]! & 1);
    }
  });

  test('ClickHouse native: progress is no answer, data and exceptions are', async () => {
    assert.deepEqual(await drive('clickhouse', '8021', '30'), { answers: 30, failed: 10 });
    assert.deepEqual(counts(observed, constants.GS_PROTOCOL_CLICKHOUSE), bothEnds('1 x 10', 'ok x 20'));
    const spans = spansOf(observed, constants.GS_PROTOCOL_CLICKHOUSE, constants.GS_INBOUND);
    const selects = spans.filter((span) => payload(span).includes('SELECT count() FROM shop.orders'));
    assert.equal(selects.length, 10);
    // the server waits 20 ms between the first progress and the data
    for (const span of selects)
      assert.ok((span['duration_ns'] as bigint) > 15_000_000n, String(span['duration_ns']));
  });

  test('FoundationDB: several in one write, watches left out, the first packet skipped', async () => {
    assert.deepEqual(await drive('foundationdb', '8022', '25'), { answers: 100, failed: 0 });
    assert.deepEqual(counts(observed, constants.GS_PROTOCOL_FOUNDATIONDB), bothEnds('ok x 75'));
  });

  test('nothing is left waiting', () => {
    assert.equal(observed.entries('pipelines', 'gs_waiting_key', 'gs_waiting').length, 0);
    assert.equal(observed.counter(constants.GS_COUNTER_REQUESTS_UNPAIRED), 0);
  });
});

describe('ZooKeeper', { skip: skipReason('zookeeper', 'kazoo') }, () => {
  let namespace: NetworkNamespace;
  let observed: Observed;
  const port = '2181';
  before(async () => {
    namespace = new NetworkNamespace();
    observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING);
    const folder = mkdtempSync(join(tmpdir(), 'gumshoe-zookeeper-'));
    namespace.afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const configuration = join(folder, 'zoo.cfg');
    writeFileSync(
      configuration,
      `clientPort=${port}\nclientPortAddress=127.0.0.1\ndataDir=${folder}\nadmin.enableServer=false\n4lw.commands.whitelist=mntr\n`,
    );
    const java = ['java', '-Xmx128m', '-XX:+UseSerialGC', '-cp', CLASSPATH];
    const command = [...java, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', configuration];
    await namespace.serve(command, /binding to port|PrepRequestProcessor \(sid:0\) started/);
  });
  after(async () => {
    observed.close();
    await namespace.close();
  });

  test('requests of a real client at a real server, by its own count', async () => {
    const asked = JSON.parse(
      await namespace.run(['/usr/bin/python3', program('zookeeper.py'), port, '20']),
    ) as Record<string, number>;
    assert.equal(asked['create'], 100);
    await observed.settle();
    const [inbound, outbound] = counts(observed, constants.GS_PROTOCOL_ZOOKEEPER);
    assert.ok(inbound && outbound);
    assert.equal(inbound.replace('in', 'out'), outbound);
    const statistics = await namespace.run([
      '/bin/bash',
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${port}; printf mntr >&3; cat <&3`,
    ]);
    const received = Number(/zk_packets_received\s+(\d+)/.exec(statistics)?.[1]);
    // the server also counts the request that makes the session, and the one for its statistics
    assert.equal(inbound, `inbound ok x ${received - 2}`);
    const spans = spansOf(observed, constants.GS_PROTOCOL_ZOOKEEPER, constants.GS_OUTBOUND);
    const paths = spans.filter((span) => payload(span).includes('/shop/order-'));
    assert.ok(paths.length >= 140, String(paths.length));
    for (const span of paths) {
      const [asked, answered] = ['payload', 'response'].map((name) => (span[name] as Uint8Array).slice(4, 8));
      assert.deepEqual(asked, answered);
    }
  });
});
