import { ratioColumn, shareColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency, Instance, Node, OccupancyColumns } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C, DNS_METRICS } from '@gumshoe/schema/metrics/container';
import { DOTNET_METRICS as D } from '@gumshoe/schema/metrics/dotnet';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import {
  matchLabel,
  rateWindow,
  selectApplication,
  selectDependency,
  selectInstance,
} from '../../evidence.ts';
import type { Frame } from '../frame.ts';
import { type LevelColumn } from './level.ts';

export const rated = (selector: string, frame: Frame): string =>
  `rate(${selector}${rateWindow(frame.world)})`;

/** A column of every instance that has it. */
export const perInstance =
  (metric: MetricDefinition, pick: (instance: Instance) => Column | undefined) =>
  (application: Application, frame: Frame): readonly LevelColumn[] =>
    application.instances.flatMap((instance) => {
      const column = pick(instance);
      const selector = selectApplication(application, metric.name);
      const query = metric.type === 'counter' ? rated(selector, frame) : selector;
      return column ? [{ column, of: instance.id, instance: instance.id, query }] : [];
    });

export const signalOf =
  (metric: MetricDefinition) =>
  (instance: Instance): Column | undefined =>
    instance.signals.get(metric.name);

/** Managed heap of .NET against the memory limit of its container. */
export const heapShare = (application: Application): readonly LevelColumn[] =>
  application.instances.flatMap((instance) => {
    const heap = instance.signals.get(D.heapSize.name);
    if (!heap || !instance.memoryLimit) return [];
    const query = `sum(${selectInstance(instance, D.heapSize.name)}) / sum(${selectInstance(instance, C.memoryLimit.name)})`;
    return [
      { column: shareColumn(heap, instance.memoryLimit), of: instance.id, instance: instance.id, query },
    ];
  });

/** A column of every edge into the application, summed over its clients. */
export const perEdge =
  (metric: MetricDefinition, pick: (edge: Dependency) => Column | undefined) =>
  (application: Application, frame: Frame): readonly LevelColumn[] =>
    application.downstreams.flatMap((edge) => {
      const column = pick(edge);
      const of = `the way from ${frame.world.byId.get(edge.client)?.name ?? edge.client} to ${application.name}`;
      const query = `sum(${rated(selectDependency(edge, metric.name), frame)})`;
      return column ? [{ column, of, query }] : [];
    });

/** Share in use of something the nodes of an application have a fixed number of. */
export const occupied =
  (used: MetricDefinition, limit: MetricDefinition, pick: (node: Node) => OccupancyColumns | undefined) =>
  (application: Application, { world }: Frame): readonly LevelColumn[] => {
    const ids = new Set(application.instances.map((one) => one.node));
    return world.nodes
      .filter((node) => ids.has(node.id))
      .flatMap((node) => {
        const columns = pick(node);
        const of = matchLabel('machine_id', [node.id]);
        const query = `${used.name}{${of}} / ${limit.name}{${of}}`;
        return columns
          ? [{ column: shareColumn(columns.used, columns.limit), of: `node ${node.hostname}`, query }]
          : [];
      });
  };

/** Share of DNS queries that were not answered; a name that does not exist is an answer. */
export function failedDns(application: Application, frame: Frame): readonly LevelColumn[] {
  const { dns } = application;
  if (!dns) return [];
  const { points } = frame.world.grid;
  const all = dns.questions.flatMap(({ byStatus }) => [...byStatus.values()]);
  const failed = dns.questions.flatMap(({ byStatus }) =>
    [...byStatus].flatMap(([status, column]) => (status === 'ok' || status === 'nxdomain' ? [] : [column])),
  );
  const column = ratioColumn(sumColumns(failed, points), sumColumns(all, points));
  const selector = selectApplication(application, DNS_METRICS.count.name);
  const bad = selectApplication(application, DNS_METRICS.count.name, 'status!~"ok|nxdomain"');
  const query = `sum(${rated(bad, frame)}) / sum(${rated(selector, frame)})`;
  return [{ column, of: application.name, query }];
}

export function postgresConnections(application: Application, frame: Frame): readonly LevelColumn[] {
  return application.postgres.flatMap(({ address, connections, maxConnections, reservedConnections }) => {
    const left = (maxConnections ?? 0) - (reservedConnections ?? 0);
    if (!(left > 0)) return [];
    const limit = new Float64Array(frame.world.grid.points).fill(left);
    const of = matchLabel('address', [address]);
    const setting = `${POSTGRES_METRICS.setting.name}{name="max_connections",${of}}`;
    const query = `sum(${POSTGRES_METRICS.connections.name}{${of}}) / sum(${setting})`;
    return [{ column: shareColumn(connections, limit), of: application.name, query }];
  });
}

export function redisMemory(application: Application): readonly LevelColumn[] {
  return application.redis.flatMap(({ address, memoryUsed, memoryMax }) => {
    const of = matchLabel('address', [address]);
    const query = `${REDIS_METRICS.memoryUsed.name}{${of}} / ${REDIS_METRICS.memoryMax.name}{${of}}`;
    return [{ column: shareColumn(memoryUsed, memoryMax), of: application.name, query }];
  });
}

/** Memory of the application's nodes that is in use. */
export function nodeMemory(application: Application, { world }: Frame): readonly LevelColumn[] {
  const ids = new Set(application.instances.map((one) => one.node));
  return world.nodes
    .filter((node) => ids.has(node.id))
    .map((node) => {
      const of = matchLabel('machine_id', [node.id]);
      const used = shareColumn(node.memoryAvailable, node.memoryTotal).map((share) => 1 - share);
      const query = `1 - ${N.memoryAvailable.name}{${of}} / ${N.memoryTotal.name}{${of}}`;
      return { column: used, of: `node ${node.hostname}`, query };
    });
}
