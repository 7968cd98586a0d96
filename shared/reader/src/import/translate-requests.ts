import type { Labels, Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { familiesOf, firstOf, orElse, together, type Report } from './read-requests.ts';
import { CLIENTS, HTTP_SERVERS, RPC_SERVERS } from './request-instruments.ts';
import type { RequestSource } from './request-source.ts';
import { MESHES, PROXIES, SERVICE_GRAPH, SPAN_METRICS } from './request-sources.ts';
import type { SeriesByName } from './series-by-name.ts';

/** Callers that count at least this share of what a server counts are all of its callers. */
const MOST = 0.5;

/** Which of the two ends of a connection counted. */
const countedByClient = (labels: Labels): boolean =>
  labels['reporter'] === 'source' || labels['direction'] === 'outbound';

export interface TranslatedRequests {
  readonly series: readonly Series[];
  /** Services whose requests are all counted here, though spans may tell of them as well. */
  readonly covered: ReadonlySet<string>;
}

/**
 * Requests, errors, durations and dependencies as meshes, service graphs, span metrics, services, their clients and
 * proxies count them. Each service's are counted once: by a mesh, else by spans, else by the first that knows its callers,
 * else by itself.
 */
export function translateRequests(given: SeriesByName, withSpans: ReadonlySet<string>): TranslatedRequests {
  const servers = (sources: readonly RequestSource[]) =>
    firstOf(sources, given, (labels) => !countedByClient(labels));
  const clients = (sources: readonly RequestSource[]) => firstOf(sources, given, countedByClient);
  const mesh = { servers: servers(MESHES), clients: clients(MESHES) };
  const graph = firstOf([SERVICE_GRAPH], given);
  const callers = together(
    ...familiesOf(CLIENTS).map((family) => firstOf(family, given, undefined, 'client')),
    firstOf(PROXIES, given),
  );
  const own = orElse(
    firstOf(SPAN_METRICS, given),
    together(firstOf(HTTP_SERVERS, given), firstOf(RPC_SERVERS, given)),
  );
  const out: Series[] = [];
  const covered = new Set<string>();
  const all = [mesh.servers, mesh.clients, graph, callers, own].flatMap((reports) => [...reports.keys()]);
  for (const server of [...new Set(all)].sort()) {
    const told = mesh.servers.get(server);
    const byMesh = told?.named ? told : (mesh.clients.get(server) ?? told);
    if (byMesh) covered.add(server);
    const callersOf = mesh.clients.get(server);
    if (callersOf && byMesh === told) addCallersView(out, callersOf);
    else if (!byMesh && withSpans.has(server)) continue;
    const self = own.get(server);
    const byCallers = byMesh ?? graph.get(server);
    if (byCallers) add(out, byCallers, withSpans.has(server) ? [] : (self ?? byCallers).operations);
    else addCallers(out, callers.get(server), self);
  }
  return { series: out, covered };
}

/** What clients count of a server that may count itself as well. */
function addCallers(out: Series[], callers: Report | undefined, self: Report | undefined): void {
  if (callers) add(out, callers, self?.operations ?? []);
  if (self && (!callers || increaseOf(callers) < MOST * increaseOf(self)))
    add(out, self, callers ? [] : self.operations);
}

function add(out: Series[], { counts, durations, waits }: Report, operations: readonly Series[]): void {
  for (const list of [counts, durations, waits, operations]) for (const one of list) out.push(one);
}

/** What callers say of calls that the server counts: how long they took there and back, and which failed. */
function addCallersView(out: Series[], { counts, durations }: Report): void {
  const push = (one: Series, __name__: string): void => {
    if (one.labels['client_service_name']) out.push({ ...one, labels: { ...one.labels, __name__ } });
  };
  for (const one of durations)
    if (one.labels['__name__'] === `${T.duration.name}_sum`) push(one, T.callTime.name);
  for (const one of counts) if (one.labels['status'] === 'failed') push(one, T.callFailures.name);
}

const increaseOf = ({ counts }: Report): number =>
  counts.reduce((sum, { values }) => sum + Math.max(0, (values.at(-1) ?? 0) - (values[0] ?? 0)), 0);
