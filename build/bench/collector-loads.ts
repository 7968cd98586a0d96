import { spawn } from 'node:child_process';

/** One kind of load: what runs in the client's namespace, and how many operations a second its output tells. */
export interface LoadKind {
  readonly name: string;
  readonly words: (seconds: number) => readonly string[];
  readonly rate: (output: string) => number;
  /** Operations a second that are asked for; undefined: as many as two shared cores give. */
  readonly asked?: number | undefined;
}

const firstNumber =
  (pattern: RegExp) =>
  (output: string): number =>
    Number(pattern.exec(output)?.[1] ?? NaN);

const count = (value: number): string => value.toLocaleString('en-US');

/** The program `hey`, with at most 500 connections: with more it would measure how fast ports run out. */
export function hey(address: string, connections: number, asked: number, keepAlive = true): LoadKind {
  return {
    name: keepAlive
      ? `HTTP/1, ${connections} connections (hey)`
      : `HTTP/1, a new connection each, ${connections} at once (hey)`,
    words: (seconds) => [
      ...['hey', '-z', `${seconds}s`, '-c', String(connections), '-q', String(asked / connections)],
      ...(keepAlive ? [] : ['-disable-keepalive']),
      `http://${address}/`,
    ],
    rate: firstNumber(/Requests\/sec:\s+([\d.]+)/),
    asked,
  };
}

/** The program h2load over HTTP/1 or, ten streams a connection, over HTTP/2. */
export function h2load(address: string, version: 1 | 2, connections: number, asked?: number): LoadKind {
  return {
    name: version === 1 ? `HTTP/1, ${connections} connections` : `HTTP/2, ${connections} × 10 streams`,
    words: (seconds) => [
      ...['h2load', `--duration=${seconds}`, '-c', String(connections)],
      ...(version === 1 ? ['--h1'] : ['-m', '10']),
      ...(asked === undefined ? [] : ['--rps', String(asked / connections)]),
      `http://${address}:${version === 1 ? 80 : 81}/`,
    ],
    rate: firstNumber(/finished in [\d.]+s, ([\d.]+) req\/s/),
    asked,
  };
}

export function postgres(address: string, asked?: number): LoadKind {
  return {
    name: 'PostgreSQL, 8 connections, prepared',
    words: (seconds) => [
      ...['pgbench', '-n', '-S', '-M', 'prepared', '-c', '8', '-T', String(seconds)],
      ...(asked === undefined ? [] : ['-R', String(asked)]),
      ...['-h', address, '-U', 'postgres', 'postgres'],
    ],
    rate: firstNumber(/tps = ([\d.]+)/),
    asked,
  };
}

/** redis-benchmark knows no rate and no duration: `timeout` ends it, and its last line of progress tells the rate. */
export function redis(address: string): LoadKind {
  return {
    name: 'Redis, 20 connections',
    words: (seconds) => [
      ...['timeout', '-s', 'INT', String(seconds)],
      ...['redis-benchmark', '-h', address, '-c', '20', '-n', '100000000', '-t', 'get'],
    ],
    rate: (output) => Number([...output.matchAll(/ rps=\S+ \(overall: ([\d.]+)\)/g)].at(-1)?.[1] ?? NaN),
  };
}

export const nameOf = ({ name, asked }: LoadKind): string =>
  asked === undefined ? `${name}, all there is` : `${name}, ${count(asked)}/s`;

/** Operations a second that `load` reached in `seconds` in a network namespace. */
export function put(load: LoadKind, namespace: string, seconds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...load.words(seconds)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => {
      const rate = load.rate(text);
      if (rate > 0) resolve(rate);
      else
        reject(new Error(`${load.name}: ${load.words(seconds).join(' ')} told no rate: ${text.slice(-500)}`));
    });
  });
}
