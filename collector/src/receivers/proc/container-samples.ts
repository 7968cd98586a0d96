import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import type { Container } from '../../identity/container.ts';
import type { ContainerSeries } from '../../processors/sample-sink.ts';
import { endpointText, isUnspecified } from '../ebpf/address.ts';
import type { BlockDevices } from './block-devices.ts';
import type { CgroupResources } from './cgroup-files.ts';
import type { Volume } from './volumes.ts';

const C = CONTAINER_METRICS;
const PRESSURE = { cpu: C.cpuPressure, memory: C.memoryPressure, io: C.ioPressure } as const;

/** What the cgroup says of CPU, memory and pressure. */
export function emitResources(
  sink: MetricSink,
  container: ContainerSeries,
  resources: CgroupResources,
): void {
  const figures = [
    [C.cpuUsage, resources.cpuUsage],
    [C.cpuThrottled, resources.cpuThrottled],
    [C.cpuLimit, resources.cpuLimit],
    [C.memoryRss, resources.memoryRss],
    [C.memoryCache, resources.memoryCache],
    [C.memoryLimit, resources.memoryLimit],
  ] as const;
  for (const [metric, value] of figures) if (value !== undefined) sink.sample(metric, container, {}, value);
  for (const { resource, kind, seconds } of resources.pressure)
    sink.sample(PRESSURE[resource], container, { kind }, seconds);
}

/** Space of each mount that has answered. */
export function emitSpace(sink: MetricSink, container: ContainerSeries, volumes: readonly Volume[]): void {
  for (const { mountPoint, device, volume, space } of volumes) {
    if (!space) continue;
    const labels = { mount_point: mountPoint, device, volume };
    sink.sample(C.diskSize, container, labels, space.size);
    sink.sample(C.diskUsed, container, labels, space.used);
    sink.sample(C.diskReserved, container, labels, space.reserved);
  }
}

/** Reads and writes by disk, each once: a mount is named where it is the only one of the container on that disk. */
export function emitIo(
  sink: MetricSink,
  container: ContainerSeries,
  io: CgroupResources['io'],
  volumes: readonly Volume[],
  devices: BlockDevices,
): void {
  for (const { device: number, reads, readBytes, writes, writtenBytes } of io) {
    const on = volumes.filter((one) => one.number === number);
    const only = on.length === 1 ? on[0] : undefined;
    const labels = {
      mount_point: only?.mountPoint ?? '',
      device: devices.byNumber(number)?.name ?? number,
      volume: only?.volume ?? '',
    };
    sink.sample(C.diskReads, container, labels, reads);
    sink.sample(C.diskReadBytes, container, labels, readBytes);
    sink.sample(C.diskWrites, container, labels, writes);
    sink.sample(C.diskWrittenBytes, container, labels, writtenBytes);
  }
}

/** Ports of the machine that the runtime leads to the container: dialled there, answered here. */
export function emitPublished(
  sink: MetricSink,
  container: Container,
  addressesOfMachine: readonly string[],
): void {
  const { identity, runtime } = container;
  const proxy = identity.kind === 'docker' ? 'dockerd' : identity.kind;
  const endpoints = (runtime?.published ?? [])
    .filter(({ protocol }) => protocol === 'tcp')
    .flatMap(({ hostIp, hostPort }) =>
      addressesFor(hostIp, addressesOfMachine).map((address) => endpointText(address, hostPort)),
    );
  for (const endpoint of new Set(endpoints))
    sink.sample(C.tcpListen, container, { listen_addr: endpoint, proxy }, 1);
}

/** A port published on any address is reached at each one of the family. */
function addressesFor(hostIp: string, addresses: readonly string[]): readonly string[] {
  if (!isUnspecified(hostIp)) return [hostIp];
  return addresses.filter((address) => address.includes(':') === hostIp.includes(':'));
}
