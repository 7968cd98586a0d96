import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { CADVISOR_METRICS } from '@gumshoe/schema/metrics/cadvisor';
import { DOTNET_METRICS as D } from '@gumshoe/schema/metrics/dotnet';
import { GO_METRICS } from '@gumshoe/schema/metrics/go';
import { CONTAINER_GPU_METRICS } from '@gumshoe/schema/metrics/gpu';
import { JVM_METRICS as J } from '@gumshoe/schema/metrics/jvm';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { DiskColumns } from '../world.ts';
import type { BuildContext, Building } from './context.ts';
import { columnFor, type ContainerDraft, type InstanceDraft, type ResourceColumn } from './drafts.ts';
import { positiveInstants } from './presence.ts';
import { addInto, maxInto } from './resample.ts';
import { isSidecar } from './sidecars.ts';

type Fill = 'counter' | 'events' | 'gauge' | 'highest';

const RESOURCES: readonly (readonly [string, ResourceColumn, Fill])[] = [
  [C.cpuUsage.name, 'cpuUsage', 'counter'],
  [C.cpuLimit.name, 'cpuLimit', 'gauge'],
  [C.cpuThrottled.name, 'cpuThrottled', 'counter'],
  [C.cpuDelay.name, 'cpuDelay', 'counter'],
  [C.memoryRss.name, 'memoryRss', 'highest'],
  [C.memoryLimit.name, 'memoryLimit', 'gauge'],
  [C.oomKills.name, 'oomKills', 'events'],
  [C.restarts.name, 'restarts', 'events'],
];

/** Measured beside: rates of counters and values of gauges, summed over what a metric tells apart further. */
export const SIGNALS: readonly MetricDefinition[] = [
  C.diskReads,
  C.diskReadBytes,
  C.diskWrites,
  C.diskWrittenBytes,
  C.cpuPressure,
  C.ioPressure,
  C.memoryCache,
  C.tcpListenOverflows,
  J.info,
  J.heapUsed,
  J.heapMax,
  J.gcTime,
  J.safepointTime,
  D.info,
  D.heapSize,
  D.exceptions,
  D.gcCount,
  D.lockContentions,
  D.queueLength,
  PYTHON_METRICS.lockWait,
  NODEJS_METRICS.eventLoopBlocked,
  GO_METRICS.allocatedBytes,
  ...Object.values(CONTAINER_GPU_METRICS),
  ...Object.values(CADVISOR_METRICS),
];

/** Series whose samples prove that a container was there. */
const PRESENCE = new Set([C.cpuUsage.name, C.info.name, C.memoryRss.name]);

/** Resources, images, disks, types and log patterns of every container. */
export function buildContainers(building: Building): void {
  const { context, registry } = building;
  for (const [name, group] of context.groups) {
    if (!name.startsWith('container_') || hasSum(context, name)) continue;
    for (const series of group) registry.containerOf(series);
  }
  addPresence(building);
  const limited = limitedContainers(building);
  for (const [name, column, fill] of RESOURCES) {
    for (const series of context.named(name)) fillResource(building, series, column, fill, limited);
  }
  for (const series of context.named(C.memoryPressure)) {
    if (series.labels.kind === 'some') fillResource(building, series, 'memoryPressure', 'counter', limited);
  }
  for (const series of context.named(C.applicationType)) {
    const type = series.labels.application_type;
    if (type) registry.containerOf(series)?.instance.application.types.add(type);
  }
  for (const metric of SIGNALS)
    for (const series of context.named(metric)) fillSignal(building, series, metric);
  buildImages(building);
  buildDisks(building);
  buildLogs(building);
}

/** A pod whose own container is gone is not there, whatever accompanied it goes on. */
function addPresence({ context, registry }: Building): void {
  for (const name of PRESENCE)
    for (const series of context.named(name)) {
      const found = registry.containerOf(series);
      if (found && !isSidecar(found.instance, found.containerId)) found.instance.seen.push(series.timestamps);
    }
}

/** Buckets of a histogram tell of no container that its sum does not. */
const hasSum = ({ groups }: BuildContext, name: string): boolean =>
  name.endsWith('_bucket') && groups.has(name.replace(/_bucket$/, '_sum'));

/** Ids of containers that have a limit, by the resource that it limits. */
type Limited = ReadonlyMap<ResourceColumn, ReadonlySet<string>>;

function limitedContainers({ context }: Building): Limited {
  const idsOf = (name: string): ReadonlySet<string> =>
    new Set(context.named(name).flatMap(({ labels }) => labels.container_id ?? []));
  return new Map([
    ['cpuUsage', idsOf(C.cpuLimit.name)],
    ['memoryRss', idsOf(C.memoryLimit.name)],
  ]);
}

/** What a sidecar without a limit uses is not held against the limits of the others in its pod. */
function isUnlimited(
  { containerId, instance }: ContainerDraft,
  name: ResourceColumn,
  limited: Limited,
): boolean {
  const ids = limited.get(name);
  if (!ids || ids.has(containerId) || !isSidecar(instance, containerId)) return false;
  for (const other of instance.containerIds) if (ids.has(other)) return true;
  return false;
}

function fillResource(
  { context, registry }: Building,
  series: Series,
  name: ResourceColumn,
  fill: Fill,
  limited: Limited,
): void {
  const found = registry.containerOf(series);
  if (!found || isUnlimited(found, name, limited)) return;
  const { instance } = found;
  const target = columnFor(instance, name, context.resampler);
  if (fill === 'counter') addInto(target, context.counterRate(series));
  else if (fill === 'events') addInto(target, context.eventRate(series));
  else if (fill === 'gauge') addInto(target, context.gauge(series));
  else addInto(target, context.peak(series));
}

function fillSignal({ context, registry }: Building, series: Series, metric: MetricDefinition): void {
  const { name, type, unit } = metric;
  const signals = registry.containerOf(series)?.instance.signals;
  // of pressure, `full` is part of `some`
  if (!signals || series.labels.kind === 'full') return;
  let column = signals.get(name);
  if (column === undefined) signals.set(name, (column = context.resampler.column()));
  // shares of different things do not add up
  if (unit === 'percent') maxInto(column, context.gauge(series));
  else addInto(column, type === 'counter' ? context.counterRate(series) : context.gauge(series));
}

function buildImages({ context, registry }: Building): void {
  for (const series of context.named(C.info)) {
    const image = series.labels.image;
    const instance = registry.containerOf(series)?.instance;
    if (image && instance) instance.images.push({ at: milliseconds(series.timestamps[0]!), image });
  }
}

function buildDisks({ context, registry }: Building): void {
  for (const metric of [C.diskSize, C.diskUsed]) {
    for (const series of context.named(metric)) {
      const instance = registry.containerOf(series)?.instance;
      if (!instance) continue;
      const disk = diskFor(instance, series, () => context.resampler.column());
      maxInto(metric === C.diskSize ? disk.size : disk.used, context.gauge(series));
    }
  }
}

function diskFor(instance: InstanceDraft, series: Series, column: () => Float64Array): DiskColumns {
  const { mount_point: mountPoint = '', device = '', volume = '' } = series.labels;
  const key = `${mountPoint}\u0000${device}`;
  let disk = instance.disks.get(key);
  if (disk === undefined) {
    disk = { mountPoint, device, volume, size: column(), used: column() };
    instance.disks.set(key, disk);
  }
  return disk;
}

function buildLogs({ context, registry }: Building): void {
  const patterns = new Map<string, { rate: Float64Array }>();
  for (const series of context.named(C.logMessages)) {
    const application = registry.containerOf(series)?.instance.application;
    if (!application) continue;
    const { level = '', pattern_hash: pattern = '', sample = '' } = series.labels;
    const key = `${application.id}\u0000${level}\u0000${pattern}`;
    let entry = patterns.get(key);
    if (entry === undefined) {
      const rate = context.resampler.column();
      entry = { rate };
      patterns.set(key, entry);
      application.logs.push({ level, pattern, sample, rate });
    }
    addInto(entry.rate, context.eventRate(series));
  }
}

/** Times at which listening sockets were open, per instance. */
export function buildListening({ context, registry }: Building): void {
  for (const series of context.named(C.tcpListen)) {
    const container = registry.containerOf(series);
    const address = series.labels.listen_addr;
    if (!container || !address) continue;
    const open = positiveInstants(series);
    if (open.length === 0) continue;
    container.instance.listening.push(open);
    container.instance.addresses.set(address, open[0]!);
  }
}
