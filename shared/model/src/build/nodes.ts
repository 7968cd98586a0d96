import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import type { NodeId } from '../entities.ts';
import type { Column, Node } from '../world.ts';
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

const ofNode = (group: readonly Series[], node: string): readonly Series[] =>
  group.filter((series) => (series.labels.machine_id ?? '') === node);

export function buildNodes(context: BuildContext, hostnames: ReadonlyMap<string, string>): readonly Node[] {
  const known = new Set([
    ...context.nodes,
    ...context.named(N.cpuUsage).map((s) => s.labels.machine_id ?? ''),
  ]);
  return [...known]
    .filter((id) => id !== '')
    .sort(compareText)
    .map((id) => buildNode(context, id, hostnames.get(id) ?? id.slice(0, 12)));
}

function buildNode(context: BuildContext, id: string, hostname: string): Node {
  const modes = sumByLabel(context, ofNode(context.named(N.cpuUsage), id), 'mode');
  const total = context.resampler.column();
  for (const column of modes.values()) addInto(total, column);
  const share = (mode: string, invert: boolean): Column => {
    const part = modes.get(mode);
    return total.map((all, i) => {
      if (!(all > 0)) return NaN;
      const ratio = (part?.[i] || 0) / all;
      return invert ? 1 - ratio : ratio;
    });
  };
  const gauge = (metric: { name: string }): Column => {
    const out = context.resampler.column();
    for (const series of ofNode(context.named(metric), id)) addInto(out, context.gauge(series));
    return out;
  };
  const cores = gauge(N.cpuCores).findLast((value) => value === value) ?? 0;
  const disks = sumByLabel(context, ofNode(context.named(N.diskIoTime), id), 'device');
  const beats = context.heartbeat(id);
  return {
    id: id as NodeId,
    hostname,
    cores,
    cpuUsage: share('idle', true),
    ioWait: share('iowait', false),
    memoryTotal: gauge(N.memoryTotal),
    memoryAvailable: gauge(N.memoryAvailable),
    disks: [...disks].map(([device, ioTime]) => ({ device, ioTime })),
    firstSeen: milliseconds(beats[0] ?? 0),
    lastSeen: milliseconds(beats.at(-1) ?? 0),
  };
}

function sumByLabel(context: BuildContext, group: readonly Series[], label: string): Map<string, Column> {
  const out = new Map<string, Column>();
  for (const series of group) {
    const key = series.labels[label] ?? '';
    let column = out.get(key);
    if (column === undefined) out.set(key, (column = context.resampler.column()));
    addInto(column, context.counterRate(series));
  }
  return out;
}
