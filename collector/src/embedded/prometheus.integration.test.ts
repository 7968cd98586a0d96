import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodeWriteRequest } from '@gumshoe/schema/remote-write/encode';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import snappy from 'snappyjs';
import { startStore } from './testdata/store-process.ts';
import type { StoreProcess } from './testdata/store-process.ts';

const { compress } = snappy as { compress: (bytes: Uint8Array) => Uint8Array };
const installed = spawnSync('prometheus', ['--version']).status === 0;

/**
 * Times are no multiples of the step or of the windows: Prometheus 2 closes a window on the left and Prometheus 3
 * does not, which shows only when a sample lies exactly on the edge.
 */
const STEP = 15;
const SHIFT = 7;
const SAMPLES = 120;

const QUERIES = [
  'requests_total',
  'requests_total{job="api",code=~"5.."}',
  'requests_total{job!="api"}',
  '{__name__=~"requests_.*|memory_bytes",job!~"a.*"}',
  'requests_total offset 2m',
  'requests_total offset -1m',
  'rate(requests_total[1m])',
  'rate(requests_total[5m] offset 3m)',
  'irate(requests_total[2m])',
  'increase(requests_total[90s])',
  'delta(memory_bytes[3m])',
  'idelta(memory_bytes[3m])',
  'deriv(memory_bytes[3m])',
  'predict_linear(memory_bytes[3m], 600)',
  'changes(memory_bytes[4m])',
  'resets(requests_total[10m])',
  ...['avg', 'min', 'max', 'sum', 'count', 'last', 'present', 'stddev', 'stdvar'].map(
    (name) => `${name}_over_time(memory_bytes[100s])`,
  ),
  'quantile_over_time(0.9, memory_bytes[5m])',
  'absent_over_time(gap_metric[1m])',
  'sum by (job) (rate(requests_total[1m]))',
  'sum without (code, instance) (requests_total)',
  ...['avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'group'].map(
    (name) => `${name} by (job) (memory_bytes)`,
  ),
  'quantile by (job) (0.7, requests_total)',
  'topk(2, memory_bytes)',
  'bottomk by (job) (1, requests_total)',
  'count_values("v", group_metric)',
  'histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[2m])))',
  'histogram_quantile(0.5, rate(latency_seconds_bucket[2m]))',
  'requests_total / on(job, instance, code) requests_total',
  'sum by (job) (requests_total) / ignoring(code) sum by (job) (memory_bytes)',
  'requests_total * on(job) group_left(team) owner_info',
  'owner_info * on(job) group_right(team) requests_total',
  'requests_total > 500',
  'requests_total > bool 500',
  '500 < requests_total',
  'sum(requests_total) > sum(memory_bytes)',
  'memory_bytes % 7 ^ 2 - -3',
  '-1 ^ 2 + 2 ^ 3 ^ 2',
  'memory_bytes and on(job) requests_total{code="500"}',
  'requests_total unless requests_total{code="500"}',
  'requests_total{code="500"} or memory_bytes',
  'abs(-memory_bytes)',
  'ceil(memory_bytes / 3)',
  'floor(memory_bytes / 3)',
  'round(memory_bytes, 5)',
  'clamp(memory_bytes, 20, 60)',
  'clamp_min(memory_bytes, 50)',
  'clamp_max(memory_bytes, 50)',
  'sqrt(memory_bytes) + ln(memory_bytes) + exp(memory_bytes / 100) + log2(memory_bytes) + log10(memory_bytes)',
  'sgn(memory_bytes - 50)',
  'scalar(memory_bytes{instance="1"}) + vector(2)',
  'vector(time())',
  'timestamp(memory_bytes)',
  'timestamp(memory_bytes * 1)',
  'absent(nosuch{job="a",x=~"y"})',
  'absent(gap_metric)',
  'gap_metric',
  'label_replace(memory_bytes, "host", "h-$1", "instance", "(.+)")',
  'label_replace(memory_bytes, "host", "x", "instance", "nope")',
  'label_join(memory_bytes, "both", "/", "job", "instance")',
  'max_over_time(rate(requests_total[1m])[5m:37s])',
  'avg_over_time(sum by (job) (memory_bytes)[3m:20s] offset 30s)',
  'memory_bytes @ end()',
  'rate(requests_total[2m] @ start())',
  'hour() * 100 + minute()',
  'day_of_week(memory_bytes * 1e7) + days_in_month(memory_bytes * 1e7) + year(memory_bytes * 1e7)',
  'stale_metric',
  'count_over_time(stale_metric[5m])',
  '0 / (memory_bytes - memory_bytes)',
  'memory_bytes / 0',
];

/** Errors that both must report. */
const MISTAKES = [
  'sum(',
  'rate(requests_total)',
  'requests_total + on(job) requests_total',
  'requests_total * on(job) group_left() requests_total',
  'label_replace(requests_total, "code", "x", "code", ".*")',
  '{job=""}',
  'requests_total{code=~"("}',
  '1 == 1',
  'sum(1)',
  'requests_total and 1',
  'rate({__name__=~"requests_total|requests_copy"}[1m])',
];

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

function samplesAt(round: number, time: number): readonly RemoteWriteSample[] {
  const sample = (name: string, labels: Record<string, string>, value: number): RemoteWriteSample => ({
    labels: { __name__: name, ...labels },
    value,
    timestamp: time,
  });
  const out: RemoteWriteSample[] = [];
  for (const [j, job] of ['api', 'db'].entries()) {
    for (const instance of ['1', '2']) {
      const reset = job === 'db' && round > 60 ? 60 : 0;
      for (const code of ['200', '500']) {
        const value = (round - reset) * (j + 1) * Number(instance) * (code === '200' ? 10 : 0.5);
        out.push(sample('requests_total', { job, instance, code }, value));
        if (code === '200') out.push(sample('requests_copy', { job, instance, code }, value));
      }
      out.push(
        sample('memory_bytes', { job, instance }, 40 + 30 * Math.sin(round / (5 + j)) + Number(instance)),
      );
      out.push(sample('group_metric', { job, instance }, (round + Number(instance)) % 3));
    }
    out.push(sample('owner_info', { job, team: `team-${job}` }, 1));
  }
  for (const [i, le] of ['0.01', '0.1', '0.5', '1', '+Inf'].entries()) {
    out.push(sample('latency_seconds_bucket', { le, path: '/a' }, round * (i + 1) * 3));
    out.push(sample('latency_seconds_bucket', { le, path: '/b' }, round * Math.min(i + 1, 4) * 2));
  }
  if (round % 50 < 10) out.push(sample('gap_metric', { x: 'y' }, round));
  if (round < 70 || round > 80) out.push(sample('stale_metric', {}, round));
  return out;
}

describe(
  'our answers and those of Prometheus',
  { skip: installed ? false : 'prometheus is not installed' },
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'gumshoe-differential-'));
    const end = Math.floor(Date.now() / 60_000) * 60_000;
    const start = end - SAMPLES * STEP * 1000;
    let store: StoreProcess;
    let server: ChildProcess;
    let reference = '';

    before(async () => {
      reference = `http://127.0.0.1:${await freePort()}`;
      mkdirSync(join(directory, 'prometheus'));
      writeFileSync(join(directory, 'prometheus.yml'), 'global: {}\n');
      server = spawn('prometheus', [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'prometheus')}`,
        `--web.listen-address=${new URL(reference).host}`,
        '--web.enable-remote-write-receiver',
      ]);
      store = await startStore(join(directory, 'store'));
      await untilReady(reference);
      for (let round = 0; round < SAMPLES; round++) {
        const body = withStaleMarker(samplesAt(round, start + round * STEP * 1000 + SHIFT * 1000), round);
        for (const base of [reference, store.prometheus]) {
          const headers = { 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '0.1.0' };
          const response = await fetch(`${base}/api/v1/write`, { method: 'POST', body, headers });
          assert.equal(response.status, 204, await response.text());
        }
      }
    });

    after(async () => {
      await store.stop('SIGTERM');
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    });

    for (const query of QUERIES) {
      test(query, async () => {
        const range = `query_range?query=${encodeURIComponent(query)}&start=${start / 1000 + 300}&end=${end / 1000}&step=20`;
        compare(await ask(store.prometheus, range), await ask(reference, range));
        const instant = `query?query=${encodeURIComponent(query)}&time=${start / 1000 + 1000}`;
        compare(await ask(store.prometheus, instant), await ask(reference, instant));
      });
    }

    test('range selectors give raw samples', async () => {
      const path = `query?query=${encodeURIComponent('memory_bytes[2m]')}&time=${start / 1000 + 1000}`;
      compare(await ask(store.prometheus, path), await ask(reference, path));
    });

    test('warnings and infos come with the result', async () => {
      const at = `&time=${start / 1000 + 1000}`;
      const notes = async (query: string): Promise<unknown> => {
        const { status, warnings, infos } = await ask(
          store.prometheus,
          `query?query=${encodeURIComponent(query)}${at}`,
        );
        return { status, warnings, infos };
      };
      assert.deepEqual(await notes('rate(memory_bytes[5m])'), {
        status: 'success',
        warnings: undefined,
        infos: [
          'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "memory_bytes" (1:6)',
        ],
      });
      assert.deepEqual(await notes('quantile(2, memory_bytes)'), {
        status: 'success',
        warnings: ['PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)'],
        infos: undefined,
      });
    });

    for (const query of MISTAKES) {
      test(`refused: ${query}`, async () => {
        const path = `query?query=${encodeURIComponent(query)}&time=${start / 1000 + 1000}`;
        const [ours, theirs] = [await ask(store.prometheus, path), await ask(reference, path)];
        assert.equal(theirs.status, 'error');
        assert.deepEqual([ours.status, ours.errorType], [theirs.status, theirs.errorType], ours.error);
      });
    }
  },
);

async function ask(base: string, path: string): Promise<Answer> {
  return (await (await fetch(`${base}/api/v1/${path}`)).json()) as Answer;
}

/** Same series, same times, values equal to nine digits (summation order differs). */
function compare(ours: Answer, theirs: Answer): void {
  assert.equal(ours.status, theirs.status, ours.error);
  if (theirs.data?.resultType === 'scalar') return assert.deepEqual(ours.data, theirs.data);
  const rows = (answer: Answer): readonly string[] =>
    (answer.data?.result ?? []).map(({ metric, value, values }) => {
      const points = (values ?? (value === undefined ? [] : [value])).map(
        ([time, text]) => `${time}=${rounded(text)}`,
      );
      const labels = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1));
      return `${JSON.stringify(labels)} ${points.join(' ')}`;
    });
  assert.deepEqual([...rows(ours)].sort(), [...rows(theirs)].sort());
}

const rounded = (text: string): string => {
  const value = Number(text.replace('Inf', 'Infinity'));
  return Number.isFinite(value) ? String(Number(value.toPrecision(9)) + 0) : text;
};

/** One round carries the stale marker for stale_metric; its bits would not survive as a JavaScript number. */
function withStaleMarker(
  samples: readonly RemoteWriteSample[],
  round: number,
): NonNullable<RequestInit['body']> {
  const marked = 0.123456789;
  const all =
    round === 70
      ? [
          ...samples,
          { labels: { __name__: 'stale_metric' }, value: marked, timestamp: samples[0]!.timestamp },
        ]
      : samples;
  const bytes = Buffer.from(encodeWriteRequest(all));
  const pattern = Buffer.alloc(8);
  pattern.writeDoubleLE(marked);
  const at = bytes.indexOf(pattern);
  if (at >= 0) bytes.writeBigUInt64LE(0x7ff0000000000002n, at);
  return compress(bytes) as NonNullable<RequestInit['body']>;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function untilReady(base: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const ready = await fetch(`${base}/-/ready`).catch(() => undefined);
    if (ready?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('prometheus did not become ready');
}
