import {
  HTTP_ATTRIBUTES,
  SYSTEM_ATTRIBUTES,
  SYSTEM_NAMES,
  SYSTEM_PATTERN,
} from '@gumshoe/model/derived/span-protocol';
import { EBPF_SCOPE_NAME, RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { TRACE_LATENCY_BOUNDS_SECONDS } from '@gumshoe/schema/metrics/trace';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { TRACES } from '@gumshoe/schema/tables/traces';
import type { SqlRequest } from '../transports.ts';
import type { CountWindow } from './count-window.ts';
import { instant } from './spans.ts';

const TABLE = `${DATABASE}.${TRACES.name}`;
const TIMEOUT = 30_000;
/** Series come in rows, so rows are few; names of spans beyond this many of a service are one. */
const MAX_ROWS = 50_000;
const MAX_SPAN_NAMES = 200;
const OTHER_NAME = '~other';
/** Spans are filed by their start and counted at their end: one that lasted longer is missed. ms */
const LONGEST_SPAN = 10 * 60_000;
/** Children looked at for the time that a span did not wait. */
const MAX_CHILDREN = 10_000;
const NS = 1_000_000;

/** Attributes that tell the peer of a client span, as in TraceSeriesBuilder. */
const NAMES = ['peer.service', 'server.address', 'net.peer.name', 'peer.hostname'];
const LOCATIONS = ['url.full', 'http.url', 'peer.address'];
const LOCATION = '(?i)^(?:[a-z][a-z0-9+.-]*://(?:[^/@]*@)?)?([^/:?#@\\\\[\\\\]]+)(?::[0-9]+)?(?:[/?#]|$)';
const TRAITS = [
  'db.namespace',
  'db.name',
  'messaging.destination.name',
  'db.system.name',
  'db.system',
  'messaging.system',
  'rpc.service',
];

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ');
const attribute = (name: string): string => `SpanAttributes['${name}']`;

/** operation-class.ts of the model, in SQL. */
const WAITS = [
  `${attribute('gumshoe.blocking')} = 'true'`,
  `${attribute('messaging.operation.type')} IN ('receive', 'poll')`,
  `${attribute('messaging.operation')} IN ('receive', 'poll')`,
  `${attribute('network.protocol.name')} = 'websocket'`,
  `${attribute('net.protocol.name')} = 'websocket'`,
  `${attribute('http.response.status_code')} = '101'`,
  `${attribute('http.status_code')} = '101'`,
  `match(${attribute('http.response.header.content-type')}, '\\\\btext/event-stream\\\\b')`,
].join(' OR ');

/** First of these that says something. */
const PEER = `coalesce(${[
  ...NAMES.map(attribute),
  ...LOCATIONS.map((name) => `extract(${attribute(name)}, '${LOCATION}')`),
  ...TRAITS.map(attribute),
]
  .map((value) => `nullIf(${value}, '')`)
  .join(', ')}, '')`;

/** span-protocol.ts of the model, in SQL. */
const PROTOCOL = `coalesce(${[
  ...SYSTEM_ATTRIBUTES.map((name) => {
    const said = `lower(${attribute(name)})`;
    const known = `transform(${said}, [${quoted(Object.keys(SYSTEM_NAMES))}], [${quoted(Object.values(SYSTEM_NAMES))}], ${said})`;
    return `nullIf(if(match(${known}, '${SYSTEM_PATTERN}'), ${known}, ''), '')`;
  }),
  `if(${HTTP_ATTRIBUTES.map((name) => `${attribute(name)} != ''`).join(' OR ')}, 'http', NULL)`,
].join(', ')}, '')`;

/** What applications' own spans are; those that our collectors make from kernel events are counted where they are made. */
const OWN = `Timestamp > fromUnixTimestamp64Nano({early:Int64}) AND Timestamp <= fromUnixTimestamp64Nano({to:Int64})
  AND ScopeName != '${EBPF_SCOPE_NAME}'`;

const window = ({ from, to, step }: CountWindow): Readonly<Record<string, string>> => ({
  early: instant(from - LONGEST_SPAN),
  from: instant(from),
  to: instant(to),
  step: String(step * NS),
});

/** How many spans there are to count. */
export const spanCountRequest = (of: CountWindow): SqlRequest => ({
  query: `SELECT count() FROM ${TABLE} WHERE ${OWN}`,
  params: window(of),
  maxRows: 1,
  timeoutMs: TIMEOUT,
});

/** Where services run, as the resources of their spans say: service, container, namespace and pod. */
export function placesRequest(of: CountWindow): SqlRequest {
  const resource = (name: string): string => `ResourceAttributes['${name}']`;
  const query = `SELECT DISTINCT ServiceName, ${resource(RESOURCE_ATTRIBUTES.containerId)} AS container,
    ${resource('k8s.namespace.name')} AS namespace, ${resource('k8s.pod.name')} AS pod
  FROM ${TABLE} WHERE ${OWN} AND (container != '' OR pod != '') ORDER BY ALL LIMIT ${MAX_ROWS}`;
  return { query, params: window(of), maxRows: MAX_ROWS, timeoutMs: TIMEOUT };
}

/**
 * One row for each caller and called (`calls`), for each of these and what they speak (`protocols`, named at the end), and for
 * each service and name of a span (`spans`), with what was in each step of the window: `[what, service, client or name, [[step, ok, failed, seconds, timed, [timed <= bound …],
 * own seconds, failures that begin here, seconds for the caller, calls these are of] …]]`. `one_in` takes every n-th trace.
 *
 * It does what TraceSeriesBuilder (shared/model/src/derived/trace-series.ts) does; store/trace-counts.integration.test.ts
 * holds the two against each other. The caller is looked for among three ancestors.
 */
export function traceCountsRequest(of: CountWindow, oneIn: number): SqlRequest {
  const bounds = `[${TRACE_LATENCY_BOUNDS_SECONDS.map((seconds) => Math.round(seconds * 1e9)).join()}]`;
  const sampled = `${OWN} AND cityHash64(TraceId) % {one_in:UInt32} = 0`;
  const id = 'cityHash64(TraceId, SpanId)';
  const parent = "if(ParentSpanId IN ('', SpanId), 0, cityHash64(TraceId, ParentSpanId))";
  const above = `SELECT ${id} AS id, ${parent} AS parent, ServiceName AS service,
    SpanKind AS kind, Duration AS duration FROM ${TABLE} WHERE ${sampled}`;
  const query = `
WITH names AS (
  SELECT ServiceName, SpanName FROM ${TABLE} WHERE ${OWN} GROUP BY ServiceName, SpanName
  ORDER BY count() DESC, SpanName LIMIT ${MAX_SPAN_NAMES} BY ServiceName
),
own AS (
  SELECT ${id} AS id, ${parent} AS parent, ParentSpanId = '' AS root, ServiceName AS service,
    if((ServiceName, SpanName) IN (names), SpanName, '${OTHER_NAME}') AS name, SpanKind AS kind,
    StatusCode = 'Error' AS failed, toUnixTimestamp64Nano(Timestamp) AS start, start + Duration AS end,
    kind IN ('Client', 'Producer') AS calling, if(calling, ${PEER}, '') AS peer, (${WAITS}) AS waits,
    ${PROTOCOL} AS protocol
  FROM ${TABLE} WHERE ${sampled} AND end >= {from:Int64} AND end < {to:Int64}
),
below AS (
  SELECT ${parent} AS parent, groupArray(${MAX_CHILDREN})((toUnixTimestamp64Nano(Timestamp) AS start, start + Duration))
      AS times, min(ServiceName) AS least, max(ServiceName) AS most, max(StatusCode = 'Error') AS failed
  FROM ${TABLE} WHERE ${sampled} AND ParentSpanId NOT IN ('', SpanId) GROUP BY parent
),
measured AS (
  SELECT own.service AS service, own.name AS name, own.failed AS failed, own.waits AS waits, own.peer AS peer, own.protocol AS protocol,
    own.start AS start, own.end AS end, end - start AS duration, intDiv(end, {step:Int64}) AS at,
    multiIf(p1.id = 0, '', p1.service != service, p1.service, p2.id = 0, '', p2.service != service, p2.service,
      p3.id = 0, '', p3.service != service, p3.service, '') AS caller,
    NOT own.calling AND (own.kind IN ('Server', 'Consumer') OR if(p1.id != 0, p1.service != service, own.root)) AS entry,
    own.calling AND peer NOT IN ('', service) AND (b.parent = 0 OR b.least = service AND b.most = service) AS outgoing,
    greatest(0, duration - tupleElement(arrayFold(
      (acc, x) -> (greatest(acc.1, least(x.2, end)), acc.2 + greatest(0, least(x.2, end) - greatest(x.1, acc.1))),
      arraySort(b.times), (start, toInt64(0))), 2)) AS self,
    failed AND NOT b.failed AS begins, entry AND caller != '' AND NOT waits AS awaited,
    greatest(toInt64(duration), if(p1.kind = 'Client' AND p1.service = caller, toInt64(p1.duration), 0)) AS wait
  FROM own
  ANY LEFT JOIN below AS b ON b.parent = own.id
  ANY LEFT JOIN (${above}) AS p1 ON p1.id = own.parent
  ANY LEFT JOIN (${above}) AS p2 ON p2.id = p1.parent
  ANY LEFT JOIN (${above}) AS p3 ON p3.id = p2.parent
),
steps AS (
  SELECT tupleElement(key, 1) AS calls, tupleElement(key, 2) AS a, tupleElement(key, 3) AS b,
    tupleElement(key, 4) AS spoken, at,
    countIf(NOT failed) AS ok, countIf(failed) AS bad, sumIf(duration, NOT waits) AS total, countIf(NOT waits) AS timed,
    sumForEachIf(arrayMap(x -> toUInt32(duration <= x), ${bounds}), calls AND NOT waits) AS le,
    sumIf(self, NOT calls) AS own_time, countIf(begins) AS begun,
    sumIf(wait, calls AND awaited) AS wait_time, countIf(calls AND awaited) AS waited
  FROM measured
  ARRAY JOIN arrayConcat(
    [(false, service::String, name::String, '')],
    if(entry OR outgoing, arrayMap(
      said -> (true, if(entry, service::String, peer), if(entry, caller::String, service::String), said),
      arrayDistinct(['', protocol])), [])
  ) AS key
  GROUP BY calls, a, b, spoken, at
)
SELECT multiIf(spoken != '', 'protocols', calls, 'calls', 'spans') AS what, a, b,
  groupArray((at, ok, bad, total / 1e9, timed, le, own_time / 1e9, begun, wait_time / 1e9, waited)),
  spoken
FROM steps GROUP BY calls, a, b, spoken ORDER BY what, a, b, spoken LIMIT ${MAX_ROWS}`;
  return { query, params: { ...window(of), one_in: oneIn }, maxRows: MAX_ROWS, timeoutMs: TIMEOUT };
}
