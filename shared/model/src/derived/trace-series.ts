import { waitsByDesign } from './operation-class.ts';
import { spanProtocol } from './span-protocol.ts';
import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { TRACE_LATENCY_BOUNDS_SECONDS, TRACE_METRICS } from '@gumshoe/schema/metrics/trace';

/** What is needed of a span to count it. Times in ms since the epoch and ms. */
export interface CountedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly serviceName: string;
  readonly start: number;
  readonly duration: number;
  readonly status: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Distance of the samples made, ms. */
const STEP = 5_000;
/** Spans that a trace may leave open before it is counted as it is. */
const MAX_SPAN_NAMES = 200;
const OTHER_NAME = '~other';

/** Attributes that name the peer of a client span, most telling first (OpenTelemetry semantic conventions, OpenTracing). */
const NAMES = ['peer.service', 'server.address', 'net.peer.name', 'peer.hostname'] as const;
/** Those that hold its name in a URL, or before a port. */
const LOCATIONS = ['url.full', 'http.url', 'peer.address'] as const;
/** Those that tell it apart from others when nothing names it. */
const TRAITS = [
  'network.peer.address',
  'net.peer.ip',
  'net.sock.peer.addr',
  'db.namespace',
  'db.name',
  'messaging.destination.name',
  'db.system.name',
  'db.system',
  'messaging.system',
  'rpc.service',
] as const;

/** Counters that grow in steps of STEP: increments by bucket, made cumulative at the end. */
class Counters {
  readonly #known = new Map<string, { readonly labels: Labels; readonly increments: Map<number, number> }>();

  add(labels: Labels, bucket: number, amount: number): void {
    const key = labelsKey(labels);
    let entry = this.#known.get(key);
    if (entry === undefined) this.#known.set(key, (entry = { labels, increments: new Map() }));
    entry.increments.set(bucket, (entry.increments.get(bucket) ?? 0) + amount);
  }

  /** Every counter over all of `lo <= bucket <= hi`, a sample of zero before the first, so that silence is zero. */
  series(lo: number, hi: number): Series[] {
    const points = hi - lo + 2;
    const timestamps = Float64Array.from({ length: points }, (_, i) => (lo + i) * STEP);
    return [...this.#known]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { labels, increments }]) => {
        const values = new Float64Array(points);
        let sum = 0;
        for (let i = 1; i < points; i++) values[i] = sum += increments.get(lo + i - 1) ?? 0;
        return { labels, timestamps, values };
      });
  }
}

/** Spans of one trace by their id, and the children of each. */
interface Tree {
  readonly byId: ReadonlyMap<string, CountedSpan>;
  readonly children: ReadonlyMap<string, readonly CountedSpan[]>;
}

function treeOf(spans: readonly CountedSpan[]): Tree {
  const byId = new Map<string, CountedSpan>();
  for (const span of spans) if (!byId.has(span.spanId)) byId.set(span.spanId, span);
  const children = new Map<string, CountedSpan[]>();
  for (const span of byId.values()) {
    if (span.parentSpanId === '' || span.parentSpanId === span.spanId) continue;
    const list = children.get(span.parentSpanId);
    if (list) list.push(span);
    else children.set(span.parentSpanId, [span]);
  }
  return { byId, children };
}

/** Time of a span that none of its children covers, ms. Children may overlap and may outlive it. */
export function selfTime(span: CountedSpan, children: readonly CountedSpan[]): number {
  const end = span.start + span.duration;
  let covered = 0;
  let reached = span.start;
  for (const child of [...children].sort((a, b) => a.start - b.start)) {
    const from = Math.max(reached, child.start);
    const to = Math.min(end, child.start + child.duration);
    if (to <= from) continue;
    covered += to - from;
    reached = to;
  }
  return Math.max(0, span.duration - covered);
}

/** Whether a span is where a request enters its service; spans of unknown kind are told by their parent. */
function isEntry(span: CountedSpan, parent: CountedSpan | undefined): boolean {
  if (span.kind === 'Client' || span.kind === 'Producer') return false;
  if (span.kind === 'Server' || span.kind === 'Consumer') return true;
  return parent === undefined ? span.parentSpanId === '' : parent.serviceName !== span.serviceName;
}

/** The name of what a client span calls when that left no span of its own; '' when it does not say. */
function peerOf(span: CountedSpan): string {
  const { attributes } = span;
  for (const name of NAMES) if (attributes[name]) return told(attributes[name], attributes);
  for (const name of LOCATIONS) {
    const [, host] = LOCATION.exec(attributes[name] ?? '') ?? [];
    if (host) return told(host, attributes);
  }
  for (const name of TRAITS) if (attributes[name]) return told(attributes[name], attributes);
  return '';
}

const told = (value: string, attributes: CountedSpan['attributes']): string =>
  IP.test(value) ? withPort(value, attributes) : value;

/** Host of a URL, or of `host:port`. */
const LOCATION = /^(?:[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?)?([^/:?#@[\]]+)(?::\d+)?(?:[/?#]|$)/i;

const IP = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/i;

/** An address alone names a machine; with its port, a server that others may see listening there. */
function withPort(ip: string, attributes: CountedSpan['attributes']): string {
  const port = attributes['server.port'] ?? attributes['network.peer.port'] ?? attributes['net.peer.port'];
  if (!port) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Counts spans; add them trace by trace, in any order, then take the series once. */
export class TraceSeriesBuilder {
  readonly #requests = new Counters();
  readonly #names = new Map<string, Set<string>>();
  #lo = Infinity;
  #hi = -Infinity;

  /** All spans of one trace. */
  add(spans: readonly CountedSpan[]): void {
    const tree = treeOf(spans);
    for (const span of tree.byId.values()) {
      const bucket = Math.floor((span.start + span.duration) / STEP);
      if (!Number.isFinite(bucket)) continue;
      this.#lo = Math.min(this.#lo, bucket);
      this.#hi = Math.max(this.#hi, bucket);
      this.#addSpan(span, tree.children.get(span.spanId) ?? [], bucket);
      const parent = tree.byId.get(span.parentSpanId);
      if (isEntry(span, parent)) this.#addEntry(span, parent, tree, bucket);
      else if (span.kind === 'Client' || span.kind === 'Producer') this.#addCall(span, tree, bucket);
    }
  }

  #addSpan(span: CountedSpan, children: readonly CountedSpan[], bucket: number): void {
    const { selfTime: self, spans } = TRACE_METRICS;
    const labels = { service_name: span.serviceName, span_name: this.#nameOf(span) };
    this.#requests.add({ __name__: self.name, ...labels }, bucket, selfTime(span, children) / 1000);
    this.#requests.add({ __name__: spans.name, ...labels, status: statusOf(span) }, bucket, 1);
    if (span.status === 'Error' && !children.some((child) => child.status === 'Error'))
      this.#requests.add({ __name__: TRACE_METRICS.failures.name, ...labels }, bucket, 1);
  }

  #addEntry(span: CountedSpan, parent: CountedSpan | undefined, tree: Tree, bucket: number): void {
    const client = clientOf(span, parent, tree);
    this.#addRequest(span.serviceName, client, span, bucket);
    if (client === '' || waitsByDesign(span.attributes)) return;
    // without a client span right before it nobody knows more than the server
    const known = parent?.kind === 'Client' && parent.serviceName === client;
    const seconds = Math.max(span.duration, known ? parent.duration : 0) / 1000;
    const labels = { service_name: span.serviceName, client_service_name: client };
    this.#requests.add({ __name__: TRACE_METRICS.callTime.name, ...labels }, bucket, seconds);
  }

  /** A call whose other side left no span: a database, or somebody else's service. */
  #addCall(span: CountedSpan, tree: Tree, bucket: number): void {
    const answered = (tree.children.get(span.spanId) ?? []).some(
      (child) => child.serviceName !== span.serviceName,
    );
    const peer = answered ? '' : peerOf(span);
    if (peer !== '' && peer !== span.serviceName) this.#addRequest(peer, span.serviceName, span, bucket);
  }

  #addRequest(server: string, client: string, span: CountedSpan, bucket: number): void {
    const { requests, duration } = TRACE_METRICS;
    const labels = { service_name: server, client_service_name: client };
    const seconds = span.duration / 1000;
    this.#requests.add({ __name__: requests.name, ...labels, status: statusOf(span) }, bucket, 1);
    const protocol = spanProtocol(span.attributes);
    if (protocol !== '')
      this.#requests.add({ __name__: TRACE_METRICS.calls.name, ...labels, protocol }, bucket, 1);
    if (waitsByDesign(span.attributes)) return;
    this.#requests.add({ __name__: `${duration.name}_sum`, ...labels }, bucket, seconds);
    this.#requests.add({ __name__: `${duration.name}_count`, ...labels }, bucket, 1);
    for (const bound of TRACE_LATENCY_BOUNDS_SECONDS)
      this.#requests.add(
        { __name__: `${duration.name}_bucket`, ...labels, le: String(bound) },
        bucket,
        seconds <= bound ? 1 : 0,
      );
    this.#requests.add({ __name__: `${duration.name}_bucket`, ...labels, le: '+Inf' }, bucket, 1);
  }

  /** Names with identifiers in them must not make a series each. */
  #nameOf({ serviceName, name }: CountedSpan): string {
    const known = this.#names.get(serviceName) ?? new Set<string>();
    this.#names.set(serviceName, known);
    if (!known.has(name) && known.size >= MAX_SPAN_NAMES) return OTHER_NAME;
    known.add(name);
    return name;
  }

  /** Cumulative counters, a sample every 5 s over the time of all spans; empty without spans. */
  series(): readonly Series[] {
    return this.#hi < this.#lo ? [] : this.#requests.series(this.#lo, this.#hi);
  }
}

const statusOf = (span: CountedSpan): string => (span.status === 'Error' ? 'failed' : 'ok');

/** The service that called: of the nearest ancestor that is another service. */
function clientOf(span: CountedSpan, parent: CountedSpan | undefined, { byId }: Tree): string {
  const seen = new Set([span.spanId]);
  for (let at = parent; at !== undefined && !seen.has(at.spanId); at = byId.get(at.parentSpanId)) {
    if (at.serviceName !== span.serviceName) return at.serviceName;
    seen.add(at.spanId);
  }
  return '';
}

/** Counters of spans grouped by trace. */
export function traceSeries(spans: Iterable<CountedSpan>): readonly Series[] {
  const traces = new Map<string, CountedSpan[]>();
  for (const span of spans) {
    const known = traces.get(span.traceId);
    if (known) known.push(span);
    else traces.set(span.traceId, [span]);
  }
  const builder = new TraceSeriesBuilder();
  for (const trace of traces.values()) builder.add(trace);
  return builder.series();
}
