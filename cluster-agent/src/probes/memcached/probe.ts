import { MEMCACHED_METRICS as M } from '@gumshoe/schema/metrics/memcached';
import { emitCertificate } from '../certificate.ts';
import { defineProbe, type ProbeContext, type ProbeSession } from '../define.ts';
import { MemcachedClient } from './client.ts';

export const memcachedProbe = defineProbe({
  type: 'memcached',
  defaultPort: 11_211,
  up: M.up,
  error: { metric: M.scrapeError, label: 'error' },
  isCredentialError: (error) =>
    error instanceof Error && /authentication failure|unauthenticated/i.test(error.message),
  open: async (target, timeout) => new MemcachedSession(await MemcachedClient.connect(target, timeout)),
});

/** Counters of `stats` by command and what came of it. */
const COMMANDS: readonly (readonly [string, command: string, status: string])[] = [
  ['get_hits', 'get', 'hit'],
  ['get_misses', 'get', 'miss'],
  ['delete_hits', 'delete', 'hit'],
  ['delete_misses', 'delete', 'miss'],
  ['incr_hits', 'incr', 'hit'],
  ['incr_misses', 'incr', 'miss'],
  ['decr_hits', 'decr', 'hit'],
  ['decr_misses', 'decr', 'miss'],
  ['cas_hits', 'cas', 'hit'],
  ['cas_misses', 'cas', 'miss'],
  ['cas_badval', 'cas', 'badval'],
  ['touch_hits', 'touch', 'hit'],
  ['touch_misses', 'touch', 'miss'],
  ['cmd_flush', 'flush', 'hit'],
];

const FIELDS = [
  ['limit_maxbytes', M.limit],
  ['bytes', M.used],
  ['curr_items', M.items],
  ['evictions', M.evicted],
  ['curr_connections', M.connections],
  ['max_connections', M.connectionsMax],
  ['rejected_connections', M.connectionsRejected],
  ['listen_disabled_num', M.listenDisabled],
] as const;

class MemcachedSession implements ProbeSession {
  private readonly client: MemcachedClient;

  constructor(client: MemcachedClient) {
    this.client = client;
  }

  async collect(context: ProbeContext): Promise<void> {
    const stats = new Map(
      (await this.client.ask('stats', /^END$/)).map((line) => {
        const [, name = '', ...value] = line.split(' ');
        return [name, value.join(' ')] as const;
      }),
    );
    const number = (name: string): number => Number(stats.get(name) ?? NaN);
    emitCertificate(context, this.client.certificate);
    context.emit(M.version, 1, { version: stats.get('version') ?? '' });
    for (const [name, metric] of FIELDS) context.emit(metric, number(name));
    for (const [name, command, status] of COMMANDS)
      context.emit(M.commands, number(name), { command, status });
    // `stats` counts all of them; cas is one of the ways to set
    context.emit(M.commands, number('cmd_set'), { command: 'set', status: 'hit' });
  }

  async close(): Promise<void> {
    this.client.close();
  }
}
