// npm run bench -- NAME: prints figures; asserts nothing.
import { benchCache } from './cache.ts';
import { benchCollector } from './collector.ts';
import { benchProtocols } from './collector-protocols.ts';
import { benchHttp2 } from './http2.ts';
import { benchInspections } from './inspections.ts';
import { benchModel } from './model.ts';
import { benchPromql } from './promql.ts';
import { benchRca } from './rca.ts';
import { benchSnapshot } from './snapshot.ts';

const BENCHES: Readonly<Record<string, readonly [string, () => Promise<void>]>> = {
  collector: [
    'CPU, memory and added latency of the collector at 2,000, 5,000 and 10,000 HTTP requests/s (root)',
    benchCollector,
  ],
  protocols: [
    'the collector with HTTP/2, PostgreSQL, Redis, many connections and containers; where its time goes (root)',
    benchProtocols,
  ],
  http2: ['what a request of HTTP/2 costs in user space, without the kernel', benchHttp2],
  cache: ['reading an hour for 50 and 500 services through the metric cache: cold, warm, size', benchCache],
  promql: [
    'PromQL over an hour of 10, 1,000 and 20,000 series: the evaluator beside a real Prometheus',
    benchPromql,
  ],
  inspections: ['which inspections fire in calm clusters, and which at what is broken', benchInspections],
  model: ['time and memory to build the world of 50, 500 and 5,000 services and inspect it', benchModel],
  rca: ['time and memory of the root cause analysis for 50, 100, 500 and 5,000 services', benchRca],
  snapshot: [
    'size of an hour of 50 and 200 services by signal, time to export and to open it',
    benchSnapshot,
  ],
};

const words = process.argv.slice(2);
/** What `promql` is given behind its name are its sizes and queries, not other benches. */
const names = words[0] === 'promql' ? words.slice(0, 1) : words;
const chosen = names.map((name) => BENCHES[name]);
if (chosen.length === 0 || chosen.includes(undefined)) {
  const usage = `npm run bench -- NAME…\n\n${Object.entries(BENCHES)
    .map(([one, [what]]) => `  ${one.padEnd(11)} ${what}`)
    .join('\n')}\n`;
  const asked = words[0] === '--help' || words[0] === '-h';
  (asked ? process.stdout : process.stderr).write(usage);
  process.exit(asked ? 0 : 2);
}
for (const one of chosen) await one?.[1]();
