import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import { GPU_METRICS as G } from '@gumshoe/schema/metrics/gpu';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { medianOf } from '../columns.ts';
import type { NodeId } from '../entities.ts';
import type { CloudPlace, Column, GpuColumns, Node, NodeDisk, OccupancyColumns } from '../world.ts';
import { nodeExtras, type NodeExtras } from './clocks.ts';
import type { BuildContext } from './context.ts';
import { compareText } from './dependencies.ts';
import { addInto } from './resample.ts';

/** Host names by machine id. */
export function hostnamesOf(context: BuildContext): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const series of context.named(N.info)) {
    const { machine_id: node, hostname } = series.labels;
    if (node && hostname) names.set(node, hostname);
  }
  return names;
}

export function buildNodes(context: BuildContext, hostnames: ReadonlyMap<string, string>): readonly Node[] {
  const of = seriesByNode(context);
  const extras = nodeExtras(context, hostnames);
  const known = new Set([
    ...context.nodes,
    ...context.named(N.cpuUsage).map((s) => s.labels.machine_id ?? ''),
  ]);
  return [...known]
    .filter((id) => id !== '')
    .sort(compareText)
    .map((id) => {
      const series = of.get(id) ?? new Map<string, readonly Series[]>();
      return new NodeBuilder(context, (metric) => series.get(metric.name) ?? []).build(
        id,
        hostnames.get(id) ?? id.slice(0, 12),
        extras(id),
      );
    });
}

/** Metrics that a node is built from. */
export const NODE_SERIES: readonly { readonly name: string }[] = [
  N.info,
  N.cpuUsage,
  N.cpuCores,
  N.memoryTotal,
  N.memoryAvailable,
  N.diskIoTime,
  N.diskReadTime,
  N.diskWriteTime,
  N.diskIoErrors,
  N.conntrackEntries,
  N.conntrackLimit,
  N.ephemeralPorts,
  N.ephemeralPortsUsed,
  G.info,
  G.utilizationAverage,
  G.memoryUsed,
  G.memoryTotal,
  G.temperature,
  CLOUD_METRICS.info,
];

/** Series by machine id, then by metric. */
function seriesByNode(context: BuildContext): ReadonlyMap<string, ReadonlyMap<string, readonly Series[]>> {
  const nodes = new Map<string, Map<string, Series[]>>();
  for (const { name } of NODE_SERIES) {
    for (const series of context.named(name)) {
      const id = series.labels.machine_id ?? '';
      let metrics = nodes.get(id);
      if (metrics === undefined) nodes.set(id, (metrics = new Map()));
      const list = metrics.get(name);
      if (list) list.push(series);
      else metrics.set(name, [series]);
    }
  }
  return nodes;
}

class NodeBuilder {
  readonly #context: BuildContext;
  readonly #named: (metric: { readonly name: string }) => readonly Series[];

  constructor(context: BuildContext, named: (metric: { readonly name: string }) => readonly Series[]) {
    this.#context = context;
    this.#named = named;
  }

  build(id: string, hostname: string, extras: NodeExtras): Node {
    const beats = this.#context.heartbeat(id);
    const conntrack = this.#occupancy(N.conntrackEntries, N.conntrackLimit);
    const ephemeralPorts = this.#occupancy(N.ephemeralPortsUsed, N.ephemeralPorts);
    const cloud = this.#cloud();
    const cluster = this.#cluster();
    return {
      id: id as NodeId,
      ...(cluster === '' ? {} : { cluster }),
      hostname,
      ...this.#cpu(),
      memoryTotal: this.#gauge(N.memoryTotal),
      memoryAvailable: this.#gauge(N.memoryAvailable),
      disks: this.#disks(),
      gpus: this.#gpus(),
      ...(conntrack ? { conntrack } : {}),
      ...(ephemeralPorts ? { ephemeralPorts } : {}),
      ...(cloud ? { cloud } : {}),
      ...extras,
      firstSeen: milliseconds(beats[0] ?? 0),
      lastSeen: milliseconds(beats.at(-1) ?? 0),
    };
  }

  #cluster(): string {
    const [any] = NODE_SERIES.flatMap((metric) => this.#named(metric));
    return any ? this.#context.clusterOf(any.labels) : '';
  }

  /** As the newest series says. */
  #cloud(): CloudPlace | undefined {
    const newest = [...this.#named(CLOUD_METRICS.info)].sort(
      (a, b) =>
        (b.timestamps.at(-1) ?? 0) - (a.timestamps.at(-1) ?? 0) ||
        compareText(JSON.stringify(a.labels), JSON.stringify(b.labels)),
    )[0]?.labels;
    if (!newest) return undefined;
    return {
      provider: newest.provider ?? '',
      region: newest.region ?? '',
      zone: newest.availability_zone ?? '',
      instanceType: newest.instance_type ?? '',
      lifeCycle: newest.instance_life_cycle ?? '',
      publicAddress: newest.public_ipv4 ?? '',
    };
  }

  /** Where nobody tells how many cores there are: CPUs that are idle or not spend as many seconds a second. */
  #cpu(): Pick<Node, 'cores' | 'cpuUsage' | 'ioWait'> {
    const modes = this.#byLabel(N.cpuUsage, 'mode', 'rate');
    const total = this.#context.resampler.column();
    for (const column of modes.values()) addInto(total, column);
    const share = (mode: string, invert: boolean): Column => {
      const part = modes.get(mode);
      return total.map((all, i) => {
        if (!(all > 0)) return NaN;
        const ratio = (part?.[i] || 0) / all;
        return invert ? 1 - ratio : ratio;
      });
    };
    const told = this.#gauge(N.cpuCores).findLast((value) => value === value);
    const spent = modes.has('idle') ? medianOf(total, { lo: 0, hi: total.length }) : NaN;
    return {
      cores: told ?? (Math.round(spent) || 0),
      cpuUsage: share('idle', true),
      ioWait: share('iowait', false),
    };
  }

  #disks(): readonly NodeDisk[] {
    const ioTime = this.#byLabel(N.diskIoTime, 'device', 'rate');
    const readTime = this.#byLabel(N.diskReadTime, 'device', 'rate');
    const writeTime = this.#byLabel(N.diskWriteTime, 'device', 'rate');
    const errors = this.#byLabel(N.diskIoErrors, 'device', 'events');
    const empty = () => this.#context.resampler.column();
    return keysOf(ioTime, readTime, writeTime, errors).map((device) => {
      const failed = errors.get(device);
      return {
        device,
        ioTime: ioTime.get(device) ?? empty(),
        readTime: readTime.get(device) ?? empty(),
        writeTime: writeTime.get(device) ?? empty(),
        ...(failed ? { errors: failed } : {}),
      };
    });
  }

  #gpus(): readonly GpuColumns[] {
    const read = (metric: { readonly name: string }) => this.#byLabel(metric, 'gpu_uuid', 'gauge');
    const [utilization, used, total, temperature] = [
      read(G.utilizationAverage),
      read(G.memoryUsed),
      read(G.memoryTotal),
      read(G.temperature),
    ];
    const names = new Map(
      this.#named(G.info).map(({ labels }) => [labels.gpu_uuid ?? '', labels.name ?? '']),
    );
    const empty = () => this.#context.resampler.column();
    return keysOf(utilization, used, total, temperature).map((uuid) => ({
      uuid,
      name: names.get(uuid) ?? '',
      utilization: utilization.get(uuid) ?? empty(),
      memoryUsed: used.get(uuid) ?? empty(),
      memoryTotal: total.get(uuid) ?? empty(),
      temperature: temperature.get(uuid) ?? empty(),
    }));
  }

  #occupancy(
    used: { readonly name: string },
    limit: { readonly name: string },
  ): OccupancyColumns | undefined {
    if (this.#named(used).length === 0 || this.#named(limit).length === 0) return undefined;
    return { used: this.#gauge(used), limit: this.#gauge(limit) };
  }

  #gauge(metric: { readonly name: string }): Column {
    const out = this.#context.resampler.column();
    for (const series of this.#named(metric)) addInto(out, this.#context.gauge(series));
    return out;
  }

  #byLabel(metric: { readonly name: string }, label: string, kind: Fill): Map<string, Column> {
    const out = new Map<string, Column>();
    for (const series of this.#named(metric)) {
      const key = series.labels[label] ?? '';
      let column = out.get(key);
      if (column === undefined) out.set(key, (column = this.#context.resampler.column()));
      addInto(column, this.#fill(series, kind));
    }
    return out;
  }

  #fill(series: Series, kind: Fill): Column {
    if (kind === 'gauge') return this.#context.gauge(series);
    return kind === 'rate' ? this.#context.counterRate(series) : this.#context.eventRate(series);
  }
}

type Fill = 'rate' | 'events' | 'gauge';

const keysOf = (...maps: readonly ReadonlyMap<string, unknown>[]): readonly string[] =>
  [...new Set(maps.flatMap((map) => [...map.keys()]))].sort(compareText);
