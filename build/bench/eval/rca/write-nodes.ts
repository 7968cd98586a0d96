import type { Course } from '@gumshoe/model/testdata/series-writer';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import type { Output } from './output.ts';
import { cpuOf } from './write-instances.ts';

const GIB = 1024 ** 3;
const CORES = 8;

export function writeNode(output: Output, node: number): void {
  const { scenario, cluster, writer } = output;
  const { services } = scenario.topology;
  const labels = output.machine(node);
  const here = services.flatMap((service) =>
    service.instances.flatMap((one, i) => (one.node === node ? [{ service, i }] : [])),
  );
  const effects = here.map(({ service }) => cluster.effect(service.index));
  const wanted = Math.max(0, ...effects.map((effect) => effect.nodeCpu ?? 0));
  const busy: Course = (at) => {
    const used = here.reduce((sum, { service, i }) => sum + cpuOf(output, service, i)(at), 0.3) / CORES;
    return Math.min(0.995, Math.max(used, wanted * cluster.strength(at)));
  };
  const disk = Math.max(0.08, ...effects.map((effect) => effect.nodeDisk ?? 0));
  writer.gauge(N.info.name, { ...labels, hostname: `node-${node}`, kernel_version: '6.1' }, () => 1);
  writer.gauge(N.cpuCores.name, labels, () => CORES);
  writer.counter(N.cpuUsage.name, { ...labels, mode: 'user' }, (at) => CORES * busy(at));
  writer.counter(N.cpuUsage.name, { ...labels, mode: 'idle' }, (at) => CORES * (1 - busy(at)));
  writer.gauge(N.memoryTotal.name, labels, () => 32 * GIB);
  writer.gauge(N.memoryAvailable.name, labels, () => 20 * GIB);
  writer.counter(N.diskIoTime.name, { ...labels, device: 'sda' }, output.during(0.08, disk, 0, 0.5));
}
