import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { createClient } from 'redis';
import { emitCertificate } from '../certificate.ts';
import {
  defineProbe,
  splitAddress,
  type ProbeContext,
  type ProbeSession,
  type ProbeTarget,
} from '../define.ts';
import { emitFields } from './fields.ts';
import { parseInfo, parseNumbers } from './info.ts';
import { emitReplication } from './replication.ts';

interface Client {
  sendCommand(words: string[]): Promise<unknown>;
  destroy(): void;
}

const MAX_COMMANDS = 100;
const SLOWLOG_ENTRIES = 32;

const isCredentialError = (error: unknown): boolean =>
  error instanceof Error && /WRONGPASS|NOAUTH|invalid password|NOPERM/i.test(error.message);

export const redisProbe = defineProbe({
  type: 'redis',
  defaultPort: 6379,
  up: REDIS_METRICS.up,
  error: { metric: REDIS_METRICS.scrapeError, label: 'err' },
  isCredentialError,
  open: openSession,
});

async function openSession(target: ProbeTarget, timeout: number): Promise<ProbeSession> {
  const { host, port } = splitAddress(target.address, 6379);
  let certificate: PeerCertificate | undefined;
  const client = createClient({
    socket: {
      host,
      port,
      connectTimeout: timeout,
      reconnectStrategy: false,
      ...(target.tls === 'disable'
        ? {}
        : {
            tls: true as const,
            rejectUnauthorized: target.tls === 'verify-full',
            // called for chains that are trusted; the driver shows its socket to nobody
            checkServerIdentity: (name: string, shown: PeerCertificate) => {
              certificate = shown;
              return checkServerIdentity(name, shown);
            },
            ...(target.ca ? { ca: target.ca } : {}),
          }),
    },
    name: 'gumshoe-cluster-agent',
    disableOfflineQueue: true,
    ...(target.user === undefined ? {} : { username: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
  });
  // a broken connection shows in the next command; without a listener it would end the process
  client.on('error', () => {});
  // the driver waits for the greeting without a limit of its own
  const late = setTimeout(() => client.destroy(), timeout);
  try {
    await client.connect();
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return new RedisSession(client, timeout, certificate);
}

class RedisSession implements ProbeSession {
  private readonly client: Client;
  private readonly timeout: number;
  private readonly certificate: PeerCertificate | undefined;
  private lastSlowId = -1;
  private firstRound = true;

  constructor(client: Client, timeout: number, certificate: PeerCertificate | undefined) {
    this.certificate = certificate;
    this.client = client;
    this.timeout = timeout;
  }

  private async ask(...words: string[]): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer to ${words[0]} within ${this.timeout} ms`)),
        this.timeout,
      );
    });
    try {
      return await Promise.race([this.client.sendCommand(words), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async collect(context: ProbeContext): Promise<void> {
    const info = parseInfo(String(await this.ask('INFO', 'all')));
    const version = info.get('redis_version') ?? info.get('valkey_version') ?? '';
    context.emit(REDIS_METRICS.info, 1, { redis_version: version, role: info.get('role') ?? '' });
    emitCertificate(context, this.certificate);
    emitFields(context, info);
    emitReplication(context, info);
    emitCommands(context, info);
    emitKeyspace(context, info);
    await this.collectSlowLog(context);
  }

  /** Longest command by name among the entries added since the last round. */
  private async collectSlowLog(context: ProbeContext): Promise<void> {
    context.emit(REDIS_METRICS.slowlogLength, Number(await this.ask('SLOWLOG', 'LEN')));
    const answer = await this.ask('SLOWLOG', 'GET', String(SLOWLOG_ENTRIES));
    const entries = (Array.isArray(answer) ? answer : []).filter(Array.isArray);
    const longest = new Map<string, number>();
    const newest = entries.reduce((id, entry) => Math.max(id, Number(entry[0])), this.lastSlowId);
    for (const entry of entries) {
      if (Number(entry[0]) <= this.lastSlowId) continue;
      const cmd = String(Array.isArray(entry[3]) ? entry[3][0] : '').toLowerCase();
      longest.set(cmd, Math.max(longest.get(cmd) ?? 0, Number(entry[2]) / 1e6));
    }
    const first = this.firstRound;
    this.firstRound = false;
    this.lastSlowId = newest;
    if (!first)
      for (const [cmd, seconds] of longest) context.emit(REDIS_METRICS.scriptRunning, seconds, { cmd });
  }

  async close(): Promise<void> {
    this.client.destroy();
  }
}

function emitCommands(context: ProbeContext, info: ReadonlyMap<string, string>): void {
  const commands = [...info]
    .filter(([name]) => name.startsWith('cmdstat_'))
    .map(([name, value]) => ({ cmd: name.slice('cmdstat_'.length), numbers: parseNumbers(value) }))
    .sort((a, b) => (b.numbers.get('usec') ?? 0) - (a.numbers.get('usec') ?? 0))
    .slice(0, MAX_COMMANDS);
  for (const { cmd, numbers } of commands) {
    context.emit(REDIS_METRICS.commands, numbers.get('calls') ?? 0, { cmd });
    context.emit(REDIS_METRICS.commandTime, (numbers.get('usec') ?? 0) / 1e6, { cmd });
  }
}

function emitKeyspace(context: ProbeContext, info: ReadonlyMap<string, string>): void {
  for (const [name, value] of info) {
    if (!/^db\d+$/.test(name)) continue;
    const numbers = parseNumbers(value);
    context.emit(REDIS_METRICS.keys, numbers.get('keys') ?? 0, { db: name });
    context.emit(REDIS_METRICS.keysExpiring, numbers.get('expires') ?? 0, { db: name });
  }
}
