import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { World } from '@gumshoe/model/world';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';

const RANGE: TimeRange = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_600_000) };
const GIB = 1024 ** 3;

export interface Unit {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly type?: string;
  /** `ip:port` it sends requests to. */
  readonly calls?: string;
}

/** Two zones with a node each, and a third node (`c`) in the first where a unit runs there; units that listen on port 80 and use half a core and 1 GiB. */
export function worldOf(units: readonly Unit[], lifeCycle = 'on-demand', instanceType = ''): World {
  const writer = new SeriesWriter(RANGE, 15_000);
  for (const node of ['a', 'b', ...(units.some((one) => one.node === 'c') ? ['c'] : [])]) {
    const labels = { machine_id: `machine-${node}`, system_uuid: node };
    writer.gauge(N.info.name, { ...labels, hostname: `host-${node}`, kernel_version: '6.1' }, () => 1);
    const cloud = {
      provider: 'aws',
      region: 'r',
      availability_zone: node === 'b' ? 'zone-b' : 'zone-a',
      instance_life_cycle: lifeCycle,
      instance_type: instanceType,
    };
    writer.gauge(CLOUD_METRICS.info.name, { ...labels, ...cloud, public_ipv4: '' }, () => 1);
    writer.gauge(N.cpuCores.name, labels, () => 4);
    writer.counter(N.cpuUsage.name, { ...labels, mode: 'user' }, () => 1);
    writer.counter(N.cpuUsage.name, { ...labels, mode: 'idle' }, () => 3);
    writer.gauge(N.memoryTotal.name, labels, () => 8 * GIB);
    writer.gauge(N.memoryAvailable.name, labels, () => 4 * GIB);
  }
  for (const { name, node, ip, type, calls } of units) {
    const labels = {
      machine_id: `machine-${node}`,
      system_uuid: node,
      container_id: `/shop.slice/${name}.service`,
      app_id: '',
    };
    writer.gauge(C.info.name, { ...labels, image: '', systemd_type: 'simple' }, () => 1);
    if (type) writer.gauge(C.applicationType.name, { ...labels, application_type: type }, () => 1);
    writer.counter(C.cpuUsage.name, labels, () => 0.5);
    writer.gauge(C.memoryRss.name, labels, () => GIB);
    writer.gauge(C.memoryLimit.name, labels, () => 3 * GIB);
    writer.gauge(C.tcpListen.name, { ...labels, listen_addr: `${ip}:80`, proxy: '' }, () => 1);
    if (!calls) continue;
    const to = { ...labels, destination: calls, actual_destination: calls };
    writer.counter(REQUEST_METRICS.http.count.name, { ...to, status: '200' }, () => 10);
    writer.counter(C.tcpConnects.name, to, () => 1);
    writer.gauge(C.tcpActive.name, to, () => 1);
    writer.counter(C.tcpBytesSent.name, to, () => 1000);
  }
  return buildWorld(writer.series, RANGE);
}
