import type { TraceRow } from '@gumshoe/schema/tables/traces';
import type { WallTime } from '../../processors/clock-offset.ts';
import type { MapDump } from '../../processors/counter-fold.ts';
import { ExitedProcesses } from '../../processors/exited-processes.ts';
import { DnsMetrics } from '../../processors/dns-metrics.ts';
import { Http2Requests } from '../../processors/http2-requests.ts';
import type { Http2Exchange } from '../../processors/http2-requests.ts';
import { Http2Spans } from '../../processors/http2-spans.ts';
import type { Http2SpanLimits } from '../../processors/http2-spans.ts';
import { ListenMetrics } from '../../processors/listen-metrics.ts';
import { RequestMetrics } from '../../processors/request-metrics.ts';
import type { ContainerSeries, SampleSink } from '../../processors/sample-sink.ts';
import { SpanBuilder } from '../../processors/spans.ts';
import type { SpanOwner } from '../../processors/spans.ts';
import { TcpMetrics } from '../../processors/tcp-metrics.ts';
import { Destinations } from '../../processors/destinations.ts';
import type { DestinationOptions } from '../../processors/destinations.ts';
import { counterSamples, sumCounters } from './counters.ts';
import type { KernelCounters, SelfSample } from './counters.ts';
import { unansweredAt } from './dns-event.ts';
import { staleWaiting } from './waiting.ts';
import { EventRouter } from './event-router.ts';
import type { Http2Socket } from './http2-event.ts';
import type { Kernel, KernelObject, ObjectPlan, ProgramStatus } from './kernel.ts';
import { Pace } from './pace.ts';
import type { PaceClock } from './pace.ts';
import { localAddresses, somethingListens } from './proc-files.ts';
import type { ProcessEvent } from './process-event.ts';
import type { RequestEvent } from './request-event.ts';

/** Names of DNS queries per container; the rest is `~other`. */
const NAMES_PER_CONTAINER = 50;
/** ns after which a query counts as unanswered. */
const DNS_TIMEOUT = 10_000_000_000n;

/** Who owns a process. Told of every process event, in the order of the kernel. */
export interface ProcessOwners {
  containerOf(tgid: number, cgroupId?: bigint): ContainerSeries | undefined;
  spanOwnerOf(tgid: number, cgroupId: bigint): SpanOwner | undefined;
  /** A live process of the container, `tgid` if it lives. */
  processOf(container: ContainerSeries, tgid: number): number | undefined;
  isAlive(tgid: number): boolean;
  onProcess(event: ProcessEvent): void;
}

export interface EbpfReceiverOptions {
  readonly kernel: Kernel;
  readonly plans: readonly ObjectPlan[];
  readonly owners: ProcessOwners;
  readonly destinations: DestinationOptions;
  readonly wallTime: WallTime;
  /** Of requests that user space tells apart. */
  readonly http2Spans: Http2SpanLimits;
  /** Rows in the order of their ends, some at a time; the consumer bounds its own queue. */
  readonly onSpans: (rows: readonly TraceRow[]) => void;
  /** ms without a live process after which series end. */
  readonly expireAfter: number;
  /** ms that an exited process keeps its entries in the kernel's maps. */
  readonly keepExitedFor: number;
  /** CLOCK_MONOTONIC in ns. */
  readonly monotonic: () => bigint;
  /** Work on records pauses by it. */
  readonly paceClock: PaceClock;
}

/**
 * Loads the kernel programs, reads their maps once per interval and their ring buffers as they fill, and keeps
 * the series that come of it. An object that the kernel refuses costs its own feature only.
 */
export class EbpfReceiver {
  readonly #options: EbpfReceiverOptions;
  readonly #objects = new Map<string, KernelObject>();
  readonly #router: EventRouter;
  readonly #spanBuilder: SpanBuilder;
  readonly #http2: Http2Requests;
  readonly #http2Spans: Http2Spans;
  readonly #dns: DnsMetrics;
  readonly #tcp: TcpMetrics;
  readonly #requests: RequestMetrics;
  readonly #listens: ListenMetrics;
  readonly #exited: ExitedProcesses;
  readonly #destinations: readonly Destinations[];
  readonly #listeners: ((event: ProcessEvent) => void)[] = [];
  readonly #pace: Pace;
  #rows: TraceRow[] = [];
  #now = 0;
  #ownerless = 0;

  constructor(options: EbpfReceiverOptions) {
    this.#options = options;
    this.#pace = new Pace(options.paceClock);
    const { owners, expireAfter } = options;
    const containerOf = (tgid: number): ContainerSeries | undefined => owners.containerOf(tgid);
    // Each kind of series bounds its own destinations: requests need not wait for connections to end.
    const destinations = new Destinations(options.destinations);
    const requestDestinations = new Destinations(options.destinations);
    this.#destinations = [destinations, requestDestinations];
    this.#tcp = new TcpMetrics({ destinations, containerOf, expireAfter });
    this.#requests = new RequestMetrics({ destinations: requestDestinations, containerOf, expireAfter });
    this.#dns = new DnsMetrics({
      containerOf: (tgid, cgroupId) => owners.containerOf(tgid, cgroupId),
      expireAfter,
      namesPerContainer: NAMES_PER_CONTAINER,
    });
    this.#listens = new ListenMetrics({
      containerOf,
      expireAfter,
      counts: (netns, address, port) => destinations.counts(netns, address, port),
      processOf: (container, tgid) => owners.processOf(container, tgid),
      addressesOf: localAddresses,
      isListening: somethingListens,
    });
    this.#exited = new ExitedProcesses(options.keepExitedFor);
    this.#spanBuilder = new SpanBuilder(options.wallTime);
    this.#http2 = new Http2Requests((exchange) => this.#onExchange(exchange));
    this.#http2Spans = new Http2Spans(options.wallTime, options.http2Spans);
    this.#router = new EventRouter({
      request: (event) => this.#onRequest(event),
      http2: (event) => this.#http2.take(event),
      dns: (event) => this.#dns.observe(event),
      process: (event) => this.#onProcess(event),
      listen: (event) => this.#listens.onListen(event, this.#now),
      taken: () => this.#onTaken(),
    });
  }

  /** Loads and attaches; refusals are in `programs`. */
  start(): void {
    for (const plan of this.#options.plans) {
      this.#objects.set(plan.name, this.#options.kernel.load(plan, this.#onBatch));
    }
    const tcp = this.#objects.get('tcp');
    tcp?.iterate('tcp_adopt_listeners');
    tcp?.iterate('tcp_adopt_connections');
  }

  /** The request programs, for whoever attaches probes that feed them; undefined before `start`. */
  get requestPrograms(): KernelObject | undefined {
    return this.#objects.get('requests');
  }

  /** `listener` hears of every process event from now on, after the owners. */
  listen(listener: (event: ProcessEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Path of a cgroup v2 by its id, when it was made lately, also when it is gone again. */
  cgroupPath(id: bigint): string | undefined {
    const key = new Uint8Array(BigUint64Array.of(id).buffer);
    const value = this.#objects.get('process')?.lookup('cgroup_paths', key);
    return value && Buffer.from(value.subarray(0, value.indexOf(0))).toString();
  }

  get programs(): readonly ProgramStatus[] {
    return [...this.#objects.values()].flatMap((object) => object.programs);
  }

  /** Reads everything the kernel counted. Call once per interval, before `collect`; `now` in ms. */
  update(now: number): void {
    this.#now = now;
    this.#options.wallTime.refresh();
    this.#updateTcp(now);
    this.#updateRequests(now);
    this.#updateDns();
    this.#listens.update(now);
    this.#exited.prune(now);
  }

  collect(sink: SampleSink): void {
    this.#tcp.collect(sink);
    this.#requests.collect(sink);
    this.#dns.collect(sink, this.#now);
    this.#listens.collect(sink);
  }

  /** Series of the machine rather than of a container. */
  nodeSamples(): Iterable<SelfSample> {
    return this.#dns.fqdnSamples();
  }

  /** Records that the kernel has sent and nobody has taken yet. */
  get waiting(): number {
    return this.#counters().events - this.#router.records;
  }

  #counters(): KernelCounters {
    return sumCounters([...this.#objects.values()].map((object) => object.counters('counters')));
  }

  selfSamples(): readonly SelfSample[] {
    const counters = this.#counters();
    const losses = {
      malformed: this.#router.malformed,
      ownerless: this.#ownerless + this.#http2Spans.ownerless,
      http2SampledOut: this.#http2Spans.sampledOut,
      http2NotFollowed: this.#http2.notFollowed,
      http2Lost: this.#http2.lost,
      foldedDestinations: this.#destinations.reduce((sum, { folded }) => sum + folded, 0),
    };
    return counterSamples(counters, losses);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#objects.values()].map((object) => object.close()));
    this.#objects.clear();
  }

  readonly #onBatch = (batch: DataView): void => {
    this.#pace.begin();
    this.#router.consume(batch);
    this.#http2.takeCounts((endpoint, status, totals) => this.#requests.add(endpoint, status, totals));
    this.#handOn();
  };

  #onTaken(): void {
    if (!this.#pace.isDue) return;
    // rows that wait survive the collections of garbage that they cause
    this.#handOn();
    this.#pace.pause();
  }

  #handOn(): void {
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#options.onSpans(rows);
  }

  #onRequest(event: RequestEvent): void {
    const owner = this.#options.owners.spanOwnerOf(event.tgid, event.cgroupId);
    const row = owner && this.#spanBuilder.build(event, owner);
    if (row) this.#rows.push(row);
    else this.#ownerless++;
  }

  #onExchange(exchange: Http2Exchange): void {
    const row = this.#http2Spans.build(exchange, this.#ownerOf);
    if (row) this.#rows.push(row);
  }

  readonly #ownerOf = ({ tgid, cgroupId }: Http2Socket): SpanOwner | undefined =>
    this.#options.owners.spanOwnerOf(tgid, cgroupId);

  #onProcess(event: ProcessEvent): void {
    if (event.change === 'start') this.#exited.onStart(event.tgid);
    if (event.change === 'exit') {
      this.#exited.onExit(event.tgid, this.#now);
      this.#listens.onExit(event.tgid);
    }
    this.#options.owners.onProcess(event);
    for (const listener of this.#listeners) listener(event);
  }

  #updateTcp(now: number): void {
    const object = this.#objects.get('tcp');
    if (!object) return;
    object.iterate('tcp_sweep');
    const stats = object.dump('tcp_stats');
    this.#tcp.update(stats, now);
    this.#clear(object, 'tcp_stats', stats, now);
  }

  #updateRequests(now: number): void {
    const object = this.#objects.get('requests');
    if (!object) return;
    const stats = object.dump('request_stats');
    this.#requests.update(stats, now);
    const monotonic = this.#options.monotonic();
    const waiting = object.dump('pipelines');
    this.#requests.updateInFlight(object.dump('sockets'), waiting, monotonic);
    // What nobody will answer must not fill the map, nor look like the oldest request for ever.
    const forgotten = staleWaiting(waiting, monotonic);
    if (forgotten.length > 0) object.delete('pipelines', forgotten);
    this.#http2.expire(Number(monotonic));
    this.#clear(object, 'request_stats', stats, now);
  }

  /** Queries that nobody answered. */
  #updateDns(): void {
    const object = this.#objects.get('dns');
    if (!object) return;
    const { count, keys, keySize, values, valueSize } = object.dump('dns_queries');
    const view = new DataView(values.buffer, values.byteOffset, count * valueSize);
    const monotonic = this.#options.monotonic();
    const old: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const event = unansweredAt(view, i * valueSize, monotonic, DNS_TIMEOUT);
      if (!event) continue;
      this.#dns.observe(event);
      old.push(keys.subarray(i * keySize, (i + 1) * keySize));
    }
    if (old.length > 0) object.delete('dns_queries', old);
  }

  #clear(object: KernelObject, map: string, dump: MapDump, now: number): void {
    this.#exited.check(dump, now, (tgid) => this.#options.owners.isAlive(tgid));
    const keys = this.#exited.keysToDelete(dump, now);
    if (keys.length > 0) object.delete(map, keys);
  }
}
