import type { Labels } from '@gumshoe/base/series';
import type { Course, Lifetime } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { PROTOCOL, type Output } from './output.ts';
import type { Replica } from './scenario.ts';
import type { Service } from './topology.ts';

/** What each instance of a client sees of each address it calls. */
export function writeEdges(output: Output, client: Service): void {
  const { services } = output.scenario.topology;
  output.replicas(client).forEach((replica) => {
    const labels = output.labels(client, replica);
    const share = output.share(client, replica);
    client.calls.forEach((call, n) => {
      const server = services[call.server]!;
      const rate: Course = (at) =>
        output.cluster.states(at)[client.index]!.rate * output.cluster.times(client, n, at) * share(at);
      for (const target of output.targets(server))
        writeEdge(output, labels, both(replica, target), server, target, rate);
    });
  });
}

/** Users come through a load balancer that is observed as well. */
export function writeUsers(output: Output): void {
  const { writer, cluster, scenario } = output;
  const frontend = scenario.topology.services[0]!;
  const id = scenario.mode.kubernetes ? '/k8s/edge/balancer-0/balancer' : '/edge.slice/balancer.service';
  const labels = { ...output.machine(0), container_id: id, app_id: '' };
  writer.gauge(C.info.name, { ...labels, image: 'lb:1' }, () => 1);
  writer.counter(C.cpuUsage.name, labels, () => 0.05);
  for (const target of output.targets(frontend))
    writeEdge(output, labels, output.lifetime(target), frontend, target, (at) => cluster.states(at)[0]!.rate);
}

function both(client: Replica, server: Replica): Lifetime {
  const from = Math.max(client.from ?? -Infinity, server.from ?? -Infinity);
  // nobody is told that an instance went away: they go on trying
  const to = client.to ?? Infinity;
  return { ...(from > -Infinity ? { from } : {}), ...(to < Infinity ? { to } : {}) };
}

function writeEdge(
  { cluster, writer, scenario }: Output,
  client: Labels,
  lifetime: Lifetime,
  server: Service,
  target: Replica,
  wanted: Course,
): void {
  const destination = target.address;
  const to = { ...client, destination, actual_destination: destination };
  const effect = cluster.effect(server.index);
  const metrics = REQUEST_METRICS[PROTOCOL[server.role]];
  const replaced = target.to !== undefined && (effect.down ?? 0) === 0;
  const gone: Course = (at) => Number(target.to !== undefined && at > target.to);
  const all = scenario.topology.services[server.index]!.instances.length || 1;
  const rate: Course = (at) =>
    replaced && gone(at) ? 0 : (wanted(at) * (target.from && at <= target.from ? 0 : 1)) / all;
  const refused: Course = (at) =>
    (effect.down ?? 0) > 0 ? gone(at) : (effect.refused ?? 0) * cluster.strength(at);
  const reached: Course = (at) => rate(at) * (1 - refused(at));
  const errors: Course = (at) =>
    1 - (1 - cluster.states(at)[server.index]!.errors) * (1 - cluster.givenUp(server.index, at));
  const latency: Course = (at) => {
    const state = cluster.states(at)[server.index]!;
    return Math.min(scenario.timeout, state.latency + (effect.rtt ?? 0) * cluster.strength(at));
  };
  const http = PROTOCOL[server.role] === 'http';
  const status = (failed: boolean): string => (http ? (failed ? '500' : '200') : failed ? 'failed' : 'ok');
  writer.counter(
    metrics.count.name,
    { ...to, status: status(false) },
    (at) => reached(at) * (1 - errors(at)),
    lifetime,
  );
  writer.counter(
    metrics.count.name,
    { ...to, status: status(true) },
    (at) => reached(at) * errors(at),
    lifetime,
  );
  writer.histogram(metrics.duration.name, to, reached, latency, lifetime);
  writer.gauge(metrics.inFlightAge.name, to, (at) => (rate(at) > 0 ? latency(at) : 0), lifetime);
  writer.counter(C.tcpConnects.name, to, (at) => 0.1 * reached(at), lifetime);
  const failed: Course = (at) => rate(at) * refused(at);
  writer.counter(C.tcpFailedConnects.name, { ...client, destination }, failed, lifetime);
  const reason = { ...client, destination, error_type: effect.refusal ?? 'refused' };
  writer.counter(C.tcpConnectErrors.name, reason, failed, lifetime);
  writer.gauge(C.tcpActive.name, to, () => 5, lifetime);
  const s = (at: number): number => cluster.strength(at);
  writer.counter(
    C.tcpRetransmits.name,
    to,
    (at) => (0.001 + (effect.retransmits ?? 0) * s(at)) * rate(at),
    lifetime,
  );
  if (effect.resets)
    writer.counter(C.tcpResetsReceived.name, to, (at) => effect.resets! * rate(at) * s(at), lifetime);
  writer.gauge(
    C.netLatency.name,
    { ...client, destination_ip: destination.split(':')[0]! },
    (at) => 0.0004 + (effect.rtt ?? 0) * s(at),
    lifetime,
  );
}
