import type { Labels } from '@gumshoe/base/series';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { Output } from './output.ts';
import type { Service } from './topology.ts';

const MAX_CONNECTIONS = 200;

/** What the database probes say. */
export function writeProbes(output: Output): void {
  for (const service of output.scenario.topology.services) {
    if (service.role === 'postgres') writePostgres(output, service);
    if (service.role === 'redis') writeRedis(output, service);
  }
}

function writePostgres(output: Output, service: Service): void {
  const { writer, cluster } = output;
  const { index } = service;
  const effect = cluster.effect(index);
  const address = { address: output.replicas(service)[0]!.address };
  const latency = (at: number): number => cluster.states(at)[index]!.latency;
  const used = output.during(8, MAX_CONNECTIONS * (effect.connections ?? 0.04), index, 0.01);
  const query = (text: string): Labels => ({ ...address, db: 'shop', user: 'shop', query: text });
  writer.gauge(P.up.name, address, () => 1);
  writer.gauge(P.latency.name, { ...address, summary: 'avg' }, latency);
  writer.gauge(P.connections.name, { ...address, db: 'shop', state: 'active' }, used);
  writer.gauge(P.setting.name, { ...address, name: 'max_connections', unit: '' }, () => MAX_CONNECTIONS);
  const slow = output.during(0.1, effect.slowQueries ? 4 : 0.1, index);
  writer.gauge(P.topQueryTime.name, query('SELECT ? FROM orders'), slow);
  if (effect.lock)
    writer.gauge(
      P.lockAwaitingQueries.name,
      { ...address, db: 'shop', user: 'shop', blocking_query: 'ALTER TABLE orders' },
      output.during(0, 9, index, 0),
    );
}

function writeRedis(output: Output, service: Service): void {
  const { writer, cluster } = output;
  const { index } = service;
  const effect = cluster.effect(index);
  const address = { address: output.replicas(service)[0]!.address };
  const rate = (at: number): number => cluster.states(at)[index]!.rate;
  writer.gauge(R.up.name, address, () => 1);
  writer.counter(R.commands.name, { ...address, cmd: 'get' }, rate);
  writer.counter(R.commandTime.name, { ...address, cmd: 'get' }, (at) => 0.0001 * rate(at));
  writer.gauge(R.memoryMax.name, address, () => 1e9);
  writer.gauge(R.memoryUsed.name, address, output.during(4e8, effect.evicts ? 1e9 : 4e8, index, 0.001));
  writer.counter(R.evictedKeys.name, address, output.during(0, effect.evicts ? 50 : 0, index, 0));
  if (!effect.slowCommand) return;
  writer.counter(R.commands.name, { ...address, cmd: 'keys' }, output.during(0, 1, index, 0));
  writer.counter(R.commandTime.name, { ...address, cmd: 'keys' }, output.during(0, 0.8, index, 0));
}
