import { parseArgs } from 'node:util';
import { isLoopbackHost } from '../loopback.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface StoreOptions {
  readonly data: string;
  readonly clickhouse: ListenAddress;
  readonly prometheus: ListenAddress;
  /** Bytes. */
  readonly memoryLimit: number;
  /** ms */
  readonly metricsRetention: number;
  readonly ttlDays: { readonly traces: number; readonly logs: number; readonly profiles: number };
}

export const USAGE = `Usage: node collector/src/embedded/main.ts --data DIR [options]

ClickHouse and Prometheus for one machine in one process, on chDB. Serves loopback addresses only.

  --data DIR                   directory of the store; created when missing, locked while in use
  --clickhouse-listen H:P      ClickHouse HTTP interface (127.0.0.1:8123; port 0 picks a free one)
  --prometheus-listen H:P      Prometheus HTTP API with remote write (127.0.0.1:9090)
  --memory-limit SIZE          for queries and for metrics, half each (2GiB)
  --metrics-retention TIME     how long samples are kept (1d)
  --ttl-traces DAYS            days spans are kept, 0 for ever (7)
  --ttl-logs DAYS              days log records are kept (7)
  --ttl-profiles DAYS          days profiles are kept (7)
  --help                       this text

Prints one line of JSON on stdout when ready; logs go to stderr. SIGTERM or SIGINT stops cleanly.
`;

const FLAGS = {
  data: { type: 'string' },
  'clickhouse-listen': { type: 'string', default: '127.0.0.1:8123' },
  'prometheus-listen': { type: 'string', default: '127.0.0.1:9090' },
  'memory-limit': { type: 'string', default: '2GiB' },
  'metrics-retention': { type: 'string', default: '1d' },
  'ttl-traces': { type: 'string', default: '7' },
  'ttl-logs': { type: 'string', default: '7' },
  'ttl-profiles': { type: 'string', default: '7' },
  help: { type: 'boolean', default: false },
} as const;

export type ParsedOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'options'; readonly options: StoreOptions }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] };

/** Reads the command line; every mistake is one line. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: FLAGS }));
  } catch (error) {
    return { kind: 'mistakes', mistakes: [error instanceof Error ? error.message : String(error)] };
  }
  if (values.help) return { kind: 'help' };
  const mistakes: string[] = [];
  const read = <T>(flag: keyof typeof FLAGS, parse: (text: string) => T | undefined, expected: string): T => {
    const text = String(values[flag] ?? '');
    const parsed = parse(text);
    if (parsed === undefined) mistakes.push(`--${flag} ${JSON.stringify(text)}: expected ${expected}`);
    return parsed as T;
  };
  const address = 'a loopback address and port like 127.0.0.1:8123';
  const days = 'a whole number of days';
  const options: StoreOptions = {
    data: read('data', (text) => (text === '' ? undefined : text), 'a directory'),
    clickhouse: read('clickhouse-listen', parseAddress, address),
    prometheus: read('prometheus-listen', parseAddress, address),
    memoryLimit: read('memory-limit', parseSize, 'a size like 512MiB or 2GiB'),
    metricsRetention: read('metrics-retention', parseTime, 'a time like 6h or 15d'),
    ttlDays: {
      traces: read('ttl-traces', parseDays, days),
      logs: read('ttl-logs', parseDays, days),
      profiles: read('ttl-profiles', parseDays, days),
    },
  };
  return mistakes.length > 0 ? { kind: 'mistakes', mistakes } : { kind: 'options', options };
}

/** The interfaces have no authentication, so nothing but loopback is accepted. */
function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || !isLoopbackHost(match[1]!) || port > 65535) return undefined;
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}

const SIZES: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30, MB: 1e6, GB: 1e9 };

function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(MiB|GiB|MB|GB)$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * SIZES[match[2]!]!;
  return bytes >= 64 * 2 ** 20 ? bytes : undefined;
}

const TIMES: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

function parseTime(text: string): number | undefined {
  const match = /^(\d+)([smhdw])$/.exec(text);
  const time = match === null ? 0 : Number(match[1]) * TIMES[match[2]!]!;
  return time > 0 ? time : undefined;
}

const parseDays = (text: string): number | undefined => (/^\d{1,5}$/.test(text) ? Number(text) : undefined);
