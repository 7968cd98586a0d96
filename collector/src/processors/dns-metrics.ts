import { DNS_METRICS, LATENCY_BOUNDS_SECONDS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { DomainNames } from '../protocols/dns/domain.ts';
import { parseDns, RCODES } from '../protocols/dns/message.ts';
import type { DnsMessage } from '../protocols/dns/message.ts';
import type { DnsEvent } from '../receivers/ebpf/dns-event.ts';
import type { ContainerSeries, SampleSink } from './sample-sink.ts';

const BUCKETS = LATENCY_BOUNDS_SECONDS.length + 1;
const NANOSECONDS = 1e9;
/** Addresses whose name is remembered. */
const MOST_ADDRESSES = 4096;
const UNANSWERED = 'timeout';

/** Latency of one direction; not cumulative. */
class Latency {
  readonly buckets = new Float64Array(BUCKETS);
  count = 0;
  sum = 0;

  add(durationNs: number): void {
    const seconds = durationNs / NANOSECONDS;
    const found = LATENCY_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    this.buckets[found < 0 ? BUCKETS - 1 : found]! += 1;
    this.count++;
    this.sum += seconds;
  }
}

interface Count {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

interface ContainerDns {
  readonly container: ContainerSeries;
  readonly outbound: Map<string, Count>;
  readonly inbound: Map<string, Count>;
  readonly asked: Latency;
  readonly served: Latency;
  /** Since the last collection. */
  active: boolean;
  seenAt: number;
}

export interface DnsMetricsOptions {
  /** By cgroup where the process is gone already: servers answer over TCP in a child of a moment. */
  readonly containerOf: (tgid: number, cgroupId: bigint) => ContainerSeries | undefined;
  /** Names per container; the rest is `~other`. */
  readonly namesPerContainer: number;
  /** ms without a query after which a container's series end. */
  readonly expireAfter: number;
}

/** Counts and latency of DNS queries by container and bounded name, and which name an address was asked by. */
export class DnsMetrics {
  readonly #options: DnsMetricsOptions;
  readonly #names: DomainNames;
  readonly #containers = new Map<string, ContainerDns>();
  readonly #fqdns = new Map<string, string>();

  constructor(options: DnsMetricsOptions) {
    this.#options = options;
    this.#names = new DomainNames(options.namesPerContainer);
  }

  /** Name by which a process asked for this address last. */
  fqdnOf(ip: string): string | undefined {
    return this.#fqdns.get(ip);
  }

  observe(event: DnsEvent): void {
    const message = parseDns(event.bytes);
    const container = message && this.#options.containerOf(event.tgid, event.cgroupId);
    if (!message || !container) return;
    const state = this.#of(container);
    const status = event.answered ? (RCODES.get(message.rcode) ?? `rcode_${message.rcode}`) : UNANSWERED;
    if (event.inbound) {
      add(state.inbound, { status });
      state.served.add(event.durationNs);
      return;
    }
    this.#rememberAddresses(message);
    // Half of all questions of an IPv4 network: an address family that the name does not have.
    if (message.type === 'TypeAAAA' && status === 'ok' && message.addresses.length === 0) return;
    const domain = this.#names.label(container.containerId, message.name);
    add(state.outbound, { request_type: message.type, domain, status });
    state.asked.add(event.durationNs);
  }

  /** `now` in ms. */
  collect(sink: SampleSink, now: number): void {
    for (const [id, state] of this.#containers) {
      if (state.active) state.seenAt = now;
      state.active = false;
      if (now - state.seenAt >= this.#options.expireAfter) {
        this.#containers.delete(id);
        this.#names.forget(id);
        continue;
      }
      const { container, asked, served } = state;
      for (const { labels, value } of state.outbound.values())
        sink.sample(DNS_METRICS.count, container, labels, value);
      for (const { labels, value } of state.inbound.values())
        sink.sample(DNS_METRICS.inbound, container, labels, value);
      if (asked.count > 0) sink.histogram(DNS_METRICS.duration, container, {}, asked);
      if (served.count > 0) sink.histogram(DNS_METRICS.inboundDuration, container, {}, served);
    }
  }

  /** `ip_to_fqdn`, a metric of the node. */
  *fqdnSamples(): Generator<
    readonly [typeof NODE_METRICS.ipToFqdn, Readonly<Record<string, string>>, number]
  > {
    for (const [ip, fqdn] of this.#fqdns) yield [NODE_METRICS.ipToFqdn, { ip, fqdn }, 1];
  }

  #of(container: ContainerSeries): ContainerDns {
    const known = this.#containers.get(container.containerId);
    if (known) {
      known.active = true;
      return known;
    }
    const made = {
      container,
      outbound: new Map<string, Count>(),
      inbound: new Map<string, Count>(),
      asked: new Latency(),
      served: new Latency(),
      active: true,
      seenAt: 0,
    };
    this.#containers.set(container.containerId, made);
    return made;
  }

  #rememberAddresses({ name, addresses }: DnsMessage): void {
    for (const ip of addresses) {
      this.#fqdns.delete(ip);
      this.#fqdns.set(ip, name);
    }
    for (const ip of this.#fqdns.keys()) {
      if (this.#fqdns.size <= MOST_ADDRESSES) return;
      this.#fqdns.delete(ip);
    }
  }
}

function add(counts: Map<string, Count>, labels: Readonly<Record<string, string>>): void {
  const key = Object.values(labels).join('\0');
  const known = counts.get(key);
  if (known) known.value++;
  else counts.set(key, { labels, value: 1 });
}
