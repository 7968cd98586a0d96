import type { Course } from '@gumshoe/model/testdata/series-writer';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import type { Output } from './output.ts';
import type { Service } from './topology.ts';
import { logLines } from './write-logs.ts';

/** Stores and services elsewhere have no spans of their own. */
export const hasSpans = ({ role }: Service): boolean => role === 'frontend' || role === 'service';

/** Seconds on a network that is well. */
const USUAL_WAY = 0.0005;

/** What readers count of spans, when there is nothing else. */
export function writeSpans(output: Output): void {
  const { services } = output.scenario.topology;
  const frontend = services[0]!;
  writeRequests(output, undefined, frontend, (at) => output.cluster.states(at)[0]!.rate);
  for (const service of services.filter(hasSpans)) {
    writeOperations(output, service);
    service.calls.forEach((call, n) =>
      writeRequests(
        output,
        service,
        services[call.server]!,
        (at) => output.cluster.states(at)[service.index]!.rate * output.cluster.times(service, n, at),
      ),
    );
  }
}

function writeRequests(output: Output, client: Service | undefined, server: Service, wanted: Course): void {
  const { cluster, writer } = output;
  const effect = cluster.effect(server.index);
  const labels = { service_name: server.name, client_service_name: client?.name ?? '' };
  const refused: Course = (at) => (effect.refused ?? 0) * cluster.strength(at);
  const errors: Course = (at) =>
    1 -
    (1 - cluster.states(at)[server.index]!.errors) *
      (1 - refused(at)) *
      (1 - cluster.givenUp(server.index, at));
  const wait = waitFor(output, client, server);
  // a server's span knows nothing of the way to it, nor that its client gave up
  const latency: Course = hasSpans(server) ? (at) => cluster.states(at)[server.index]!.latency : wait;
  writer.counter(T.requests.name, { ...labels, status: 'ok' }, (at) => wanted(at) * (1 - errors(at)));
  writer.counter(T.requests.name, { ...labels, status: 'failed' }, (at) => wanted(at) * errors(at));
  writer.histogram(T.duration.name, labels, wanted, latency);
  if (client && hasSpans(server))
    writer.counter(T.callTime.name, labels, (at) => wanted(at) * Math.max(latency(at), wait(at)));
}

/** What a client's span shows, seconds: there and back, until it gives up. */
export const waitFor =
  ({ cluster, scenario }: Output, client: Service | undefined, server: Service): Course =>
  (at) => {
    const way = client ? cluster.transit(client.index, server.index, at) : 0;
    return Math.min(scenario.timeout, cluster.states(at)[server.index]!.latency + way + USUAL_WAY);
  };

/** The request's own span, and one for each call it makes. */
function writeOperations(output: Output, service: Service): void {
  const { cluster, writer } = output;
  const { index } = service;
  const effect = cluster.effect(index);
  const { services } = output.scenario.topology;
  const rate: Course = (at) =>
    cluster.states(at)[index]!.rate * (1 - (effect.refused ?? 0) * cluster.strength(at));
  const span = (name: string, wanted: Course, errors: Course, here: Course, self: Course): void => {
    const labels = { service_name: service.name, span_name: name };
    writer.counter(T.spans.name, { ...labels, status: 'ok' }, (at) => wanted(at) * (1 - errors(at)));
    writer.counter(T.spans.name, { ...labels, status: 'failed' }, (at) => wanted(at) * errors(at));
    writer.counter(T.failures.name, labels, (at) => wanted(at) * here(at));
    writer.counter(T.selfTime.name, labels, (at) => wanted(at) * self(at));
  };
  span(
    'GET /',
    rate,
    (at) => cluster.states(at)[index]!.errors,
    (at) => cluster.states(at)[index]!.ownErrors,
    (at) => cluster.states(at)[index]!.own,
  );
  service.calls.forEach((call, n) => {
    const server = services[call.server]!;
    const other = cluster.effect(server.index);
    const calls: Course = (at) => rate(at) * cluster.times(service, n, at);
    const refused: Course = (at) => (other.refused ?? 0) * cluster.strength(at);
    // the client's span ends with its child, or alone when nobody answers
    const alone: Course = (at) => 1 - (1 - refused(at)) * (1 - cluster.givenUp(server.index, at));
    const failed: Course = (at) => 1 - (1 - cluster.states(at)[server.index]!.errors) * (1 - alone(at));
    const opaque = !hasSpans(server);
    const wait = waitFor(output, service, server);
    const way: Course = (at) => Math.max(0, wait(at) - cluster.states(at)[server.index]!.latency);
    span(`call ${server.name}`, calls, failed, opaque ? failed : alone, opaque ? wait : way);
  });
}

/** What readers count of log records. */
export function writeLogRecords(output: Output): void {
  for (const service of output.scenario.topology.services)
    for (const { level, pattern, sample, rate } of logLines(output, service))
      output.writer.counter(
        T.logMessages.name,
        { service_name: service.name, level, pattern_hash: pattern, sample },
        rate,
      );
}
