import type { Labels, Series } from '@gumshoe/base/series';
import type { Course } from '@gumshoe/model/testdata/series-writer';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import type { Output } from './output.ts';
import type { Replica } from './scenario.ts';
import type { Service } from './topology.ts';
import { cpuOf, MEMORY_LIMIT, memoryOf, socketsOf } from './write-instances.ts';
import { hasSpans, waitFor, writeLogRecords, writeSpans } from './write-spans.ts';

/**
 * What an import makes of cAdvisor's, kube-state-metrics', the node exporter's, Istio's and the Collector's metrics
 * (docs/import.md): few metrics of containers and nodes, no connections, no types, no images.
 */
export function writeForeign(output: Output): readonly Series[] {
  const { mode, topology } = output.scenario;
  for (let node = 0; node < topology.nodes; node++) writeNode(output, node);
  for (const service of topology.services)
    output.replicas(service).forEach((replica, i) => writeContainer(output, service, replica, i));
  if (mode.foreign === 'mesh') writeMesh(output);
  if (mode.foreign === 'span-metrics') writeSpanMetrics(output);
  if (mode.foreign === 'spans') {
    writeSpans(output);
    writeLogRecords(output);
  }
  return output.writer.series;
}

const CORES = 8;

function writeNode(output: Output, node: number): void {
  const { cluster, writer, scenario } = output;
  const labels = { machine_id: `node-${node}` };
  const here = scenario.topology.services.flatMap((service) =>
    service.instances.flatMap((one, i) => (one.node === node ? [{ service, i }] : [])),
  );
  const busy: Course = (at) =>
    0.3 + here.reduce((sum, { service, i }) => sum + cpuOf(output, service, i)(at), 0);
  writer.counter(N.cpuUsage.name, { ...labels, cpu: '0', mode: 'user' }, busy);
  writer.counter(N.cpuUsage.name, { ...labels, cpu: '0', mode: 'idle' }, (at) => CORES - busy(at));
  writer.gauge(N.memoryTotal.name, labels, () => 32e9);
  writer.gauge(N.memoryAvailable.name, labels, () => 20e9);
  const written = here.reduce((sum, { service }) => sum + (cluster.effect(service.index).written ?? 0), 0);
  const io = output.during(0.05, Math.min(0.95, 0.05 + written / 8e7), 0, 0.5);
  writer.counter(N.diskIoTime.name, { ...labels, device: 'sda' }, io);
}

function writeContainer(output: Output, service: Service, replica: Replica, i: number): void {
  const { cluster, writer } = output;
  const { index } = service;
  const effect = cluster.effect(index);
  const lifetime = output.lifetime(replica);
  const machine = { machine_id: `node-${replica.node}` };
  const labels = { ...machine, container_id: `/k8s/shop/${replica.pod}/${service.name}` };
  const pod = { ...machine, container_id: `/k8s/shop/${replica.pod}/POD`, interface: 'eth0' };
  writer.counter(C.cpuUsage.name, labels, cpuOf(output, service, i), lifetime, 40);
  const throttled = output.during(0.001, effect.throttled ?? 0.001, index);
  writer.counter(C.cpuThrottled.name, labels, throttled, lifetime);
  writer.gauge(C.memoryRss.name, labels, memoryOf(output, service), lifetime);
  writer.gauge(C.memoryCache.name, labels, output.during(3e7, 3e7 + (effect.written ?? 0), index), lifetime);
  writer.gauge(C.memoryLimit.name, labels, () => MEMORY_LIMIT, lifetime);
  const disk = { ...labels, mount_point: '', device: '/dev/sda', volume: '' };
  const writes = output.during(2e3, 2e3 + (effect.written ?? 0), index, 2);
  writer.counter(C.diskWrittenBytes.name, disk, writes, lifetime);
  writer.counter(C.diskWrites.name, disk, (at) => writes(at) / 16e3, lifetime);
  writer.counter(C.diskReadBytes.name, disk, output.during(500, 500, index, 4), lifetime);
  writer.gauge(X.sockets.name, labels, socketsOf(output, service), lifetime);
  writer.gauge(X.threads.name, labels, () => 24, lifetime);
  const bytes: Course = (at) => cluster.states(at)[index]!.rate * 1500;
  writer.counter(X.networkReceived.name, pod, bytes, lifetime);
  writer.counter(X.networkTransmitted.name, pod, bytes, lifetime);
  const restarts = (effect.restartsPerMinute ?? 0) / 60;
  const restarted = output.during(0, restarts, index, 0);
  writer.counter(C.restarts.name, labels, (at) => restarted(at), lifetime);
  if (effect.oom) writer.counter(C.oomKills.name, labels, output.during(0, 1 / 60, index, 0), lifetime);
}

/** Both proxies of every call tell; stores speak no protocol that the mesh counts. */
function writeMesh(output: Output): void {
  const { cluster, writer, scenario } = output;
  const { services } = scenario.topology;
  const edge = (client: Service | undefined, server: Service, rate: Course): void => {
    const labels = { service_name: server.name, client_service_name: client?.name ?? '' };
    const errors: Course = (at) => cluster.states(at)[server.index]!.errors;
    const refused: Course = (at) => (cluster.effect(server.index).refused ?? 0) * cluster.strength(at);
    const served: Course = (at) => rate(at) * (1 - refused(at));
    writeServed(output, labels, served, errors, (at) => cluster.states(at)[server.index]!.latency);
    if (!client) return;
    const wait = waitFor(output, client, server);
    const failed: Course = (at) =>
      1 - (1 - errors(at)) * (1 - refused(at)) * (1 - cluster.givenUp(server.index, at));
    writer.counter(T.callTime.name, labels, (at) => rate(at) * wait(at));
    writer.counter(T.callFailures.name, labels, (at) => rate(at) * failed(at));
  };
  edge(undefined, services[0]!, (at) => cluster.states(at)[0]!.rate);
  for (const client of services)
    client.calls.forEach((call, n) => {
      const server = services[call.server]!;
      if (!hasSpans(server)) return;
      edge(client, server, (at) => cluster.states(at)[client.index]!.rate * cluster.times(client, n, at));
    });
}

function writeServed(output: Output, labels: Labels, rate: Course, errors: Course, latency: Course): void {
  const { writer } = output;
  writer.counter(T.requests.name, { ...labels, status: 'ok' }, (at) => rate(at) * (1 - errors(at)));
  writer.counter(T.requests.name, { ...labels, status: 'failed' }, (at) => rate(at) * errors(at));
  writer.histogram(T.duration.name, labels, rate, latency);
}

/** What the Collector counts of server spans: nobody says who asked. */
function writeSpanMetrics(output: Output): void {
  const { cluster, writer, scenario } = output;
  for (const service of scenario.topology.services.filter(hasSpans)) {
    const { index } = service;
    const rate: Course = (at) =>
      cluster.states(at)[index]!.rate * (1 - (cluster.effect(index).refused ?? 0) * cluster.strength(at));
    const errors: Course = (at) => cluster.states(at)[index]!.errors;
    const labels = { service_name: service.name, client_service_name: '' };
    writeServed(output, labels, rate, errors, (at) => cluster.states(at)[index]!.latency);
    const operation = { service_name: service.name, span_name: 'GET /' };
    writer.counter(T.spans.name, { ...operation, status: 'ok' }, (at) => rate(at) * (1 - errors(at)));
    writer.counter(T.spans.name, { ...operation, status: 'failed' }, (at) => rate(at) * errors(at));
  }
}
