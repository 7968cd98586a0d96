import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { labelsKey, type Series } from '@gumshoe/base/series';
import { openConnection } from '../open.ts';
import { nobody } from '../testdata/fake-servers.ts';
import { writeMetrics } from '../testdata/recorded-store.ts';
import { importFiles } from './import.ts';

const missing = ['/usr/bin/prometheus', '/usr/bin/promtool'].filter((path) => !existsSync(path));
const skip = missing.length === 0 ? false : `${missing.join(' and ')} not installed`;
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-tsdb-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function dump(data: string): string {
  // blocks that never had a server have no log of their own
  mkdirSync(join(data, 'wal'), { recursive: true });
  const path = `${data}.dump`;
  writeFileSync(path, execFileSync('promtool', ['tsdb', 'dump', data], { maxBuffer: 2 ** 28 }));
  return path;
}

const plain = (series: readonly Series[]) =>
  series
    .map(({ labels, timestamps, values }) => [labelsKey(labels), [...timestamps], [...values]] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

async function withPrometheus<T>(data: string, use: (url: string) => Promise<T>): Promise<T> {
  const url = await nobody();
  const config = join(directory, 'prometheus.yml');
  writeFileSync(config, 'global: { scrape_interval: 1h }\n');
  const server = spawn(
    'prometheus',
    [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${data}`],
      ...[
        `--web.listen-address=${new URL(url).host}`,
        '--web.enable-remote-write-receiver',
        '--log.level=error',
      ],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    for (let attempt = 0; !(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok; attempt++) {
      if (server.exitCode !== null || attempt > 150) throw new Error('prometheus was not ready');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return await use(url);
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
  }
}

test("the dump of a real Prometheus' TSDB holds what its API answers", { skip }, async () => {
  const data = join(directory, 'live');
  const names = [
    'container_resources_cpu_usage_seconds_total',
    'container_http_requests_duration_seconds_total_bucket',
    'container_info',
  ];
  const answered = await withPrometheus(data, async (prometheusUrl) => {
    const range = await writeMetrics(prometheusUrl, 'cpu-hog');
    const spec = { kind: 'direct', clickhouseUrl: await nobody(), prometheusUrl } as const;
    const reader = await openConnection(spec, { secrets: { get: () => Promise.resolve(undefined) } });
    const series = await reader.series(names, {
      ...range,
      from: (range.from - 3_600_000) as typeof range.from,
    });
    await reader.close();
    return series;
  });
  const { series, problems } = await importFiles([dump(data)]);
  assert.deepEqual(problems, []);
  assert.ok(answered.length > 20);
  assert.deepEqual(
    plain(series.filter(({ labels }) => names.includes(labels['__name__'] ?? ''))),
    plain(answered),
  );
});

test(
  'blocks that promtool made of OpenMetrics come back from its dump, odd texts and values too',
  { skip },
  async () => {
    const at = 1_790_000_000;
    const text = [
      '# TYPE odd gauge',
      `odd{text="a \\"quoted\\" \\\\ back\\nslash",snow="\u2603",brace="} 7 8",empty=""} -1.5e-7 ${at}`,
      `odd{text="a \\"quoted\\" \\\\ back\\nslash",snow="\u2603",brace="} 7 8"} +Inf ${at + 15}.25`,
      `odd{text="plain"} NaN ${at}`,
      '# TYPE hits counter',
      `hits_total 12345678901234 ${at}`,
      '# EOF',
      '',
    ].join('\n');
    const source = join(directory, 'odd.om');
    writeFileSync(source, text);
    const data = join(directory, 'blocks');
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', source, data], {
      stdio: 'ignore',
    });
    const [direct, dumped] = [await importFiles([source]), await importFiles([dump(data)])];
    assert.equal(direct.series.length, 3);
    assert.deepEqual(dumped.problems, []);
    assert.deepEqual(plain(dumped.series), plain(direct.series));
  },
);
