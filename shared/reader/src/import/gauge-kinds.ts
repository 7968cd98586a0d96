import type { Series } from '@gumshoe/base/series';

/** What a gauge of a service measures, told by the words of its name. */
export type GaugeKind =
  | 'cpu'
  | 'memory'
  | 'latency'
  | 'errors'
  | 'success'
  | 'workload'
  | 'disk-read'
  | 'disk-write'
  | 'sockets'
  | 'net-in'
  | 'net-out'
  | 'net-lost'
  | 'threads'
  | 'restarts';

export interface GaugeName {
  readonly kind: GaugeKind;
  /** What stands before the kind in the name: a service, where no label names it. */
  readonly prefix: string;
  /** The words that said the kind. */
  readonly words: string;
  /** Of a latency: 0..1; undefined for a mean. */
  readonly quantile?: number;
}

/** A gauge of a service and what its name says. */
export interface Gauge extends GaugeName {
  readonly service: string;
  readonly series: Series;
}

const RATE = '(?:_(?:rate|avg|mean|total|count|sum|per_second|persecond|ps|qps|ops))*';
const UNIT =
  '(?:_(?:percent|percentage|pct|ratio|share|cores|core|millicores|m|mi|mib|mb|kb|kib|gb|gib|bytes|b|ms|s|us|seconds|milliseconds|microseconds))?';
const OF = '(?:(?:pod|container|service|server|client|instance|app|system)_)*';

const KINDS: readonly (readonly [GaugeKind, string])[] = [
  ['cpu', `cpu(?:_(?:usage|utili[sz]ation|util|used|load|user|system|seconds))*`],
  ['memory', `mem(?:ory)?(?:_(?:usage|utili[sz]ation|util|used|working_set|rss|resident))*`],
  [
    'latency',
    `(?:(?:request|response|http|rpc|grpc|client)_)?(?:(?:avg|mean|median|max|p\\d+)_)?(?:lat|latency|latencies|duration|response_time|responsetime|rt|mrt|delay)(?:_(?:avg|mean|median|max|p?_?\\d+(?:_\\d+)?(?:th)?))*`,
  ],
  ['success', `(?:(?:request|http)_)?(?:success|availability|sr|rr)`],
  [
    'errors',
    `(?:(?:request|requests|http|response)_)?(?:error|errors|failure|failures|failed|fail|faults?|5xx|err)(?:_(?:request|requests|responses))?`,
  ],
  ['workload', `(?:http_)?(?:workload|requests?|rps|qps|tps|throughput|load|traffic|calls|invocations|ops)`],
  ['disk-read', `(?:disk|fs|io|diskio)_?(?:io_)?(?:read|reads|in)`],
  ['disk-write', `(?:disk|fs|io|diskio|disk_?io)_?(?:(?:io_)?(?:write|writes|written|out|usage|time))?`],
  [
    'net-lost',
    `(?:(?:network|net|packet|packets|tcp)_)?(?:(?:receive|transmit|rx|tx)_)?(?:packets?_)?(?:loss|lost|drops?|dropped|retrans|retransmits?|retransmissions?)(?:_packets)?`,
  ],
  ['net-in', `(?:network|net)_?(?:in|rx|receive|received|recv|input|io|usage)?`],
  ['net-out', `(?:network|net)_?(?:out|tx|transmit|transmitted|sent|send|output)`],
  ['sockets', `(?:open_)?(?:sockets?|connections?)`],
  ['threads', `threads?`],
  ['restarts', `restarts?`],
];

/** The kind alone, or behind the name of a service, which is as short as it can be. */
const PATTERNS = KINDS.map(([kind, words]) => {
  const own = `(${words}${RATE}${UNIT}${RATE})`;
  return [kind, new RegExp(`^()${OF}${own}$`), new RegExp(`^(.+?)_${own}$`)] as const;
});

/** `CpuUsage`, `cpu-usage`, `cpu usage (%)`: words in lower case with `_` between them. */
export const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/%/g, '_percent')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();

/** The kind of a gauge of this name; undefined for names of another form. */
export function gaugeName(name: string): GaugeName | undefined {
  const words = wordsOf(name);
  let best: GaugeName | undefined;
  for (const [kind, alone, behind] of PATTERNS) {
    const match = alone.exec(words) ?? behind.exec(words);
    if (!match) continue;
    const [, prefix = '', own = ''] = match;
    // the kind that explains most of the name
    if (best && prefix.length >= best.prefix.length) continue;
    const quantile = kind === 'latency' ? quantileOf(own) : undefined;
    best = { kind, prefix, words: own, ...(quantile === undefined ? {} : { quantile }) };
  }
  return best;
}

function quantileOf(words: string): number | undefined {
  if (/(^|_)median(_|$)/.test(words)) return 0.5;
  if (/(^|_)max(_|$)/.test(words)) return 0.999;
  const match = /(?:^|_)p?_?(\d+)(?:_(\d+))?(?:th)?(?:_|$)/.exec(words);
  if (!match) return undefined;
  const value = Number(`${match[1]}.${match[2] ?? 0}`);
  const share = value > 100 ? value / 10 ** match[1]!.length : value / 100;
  return share > 0 && share < 1 ? share : undefined;
}
