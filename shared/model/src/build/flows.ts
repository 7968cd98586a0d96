import type { Series } from '@gumshoe/base/series';
import { CONTAINER_METRICS as C, PROTOCOLS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import type { CellRange, Column } from '../world.ts';
import { isDockerNetwork, isLoopback, parseEndpoint } from './address.ts';
import type { Building } from './context.ts';
import type { DependencyDraft, MutableLink } from './dependency-draft.ts';
import type { Destinations, Target } from './destinations.ts';
import type { ContainerDraft } from './drafts.ts';

/** What growth of a series proves: that somebody answered, that somebody did not, or neither. */
export type Nature = 'success' | 'failure' | 'either';

/** One container and one address it speaks to. */
export interface Flow {
  readonly client: ContainerDraft;
  readonly destination: string;
  readonly actual: string;
  readonly targets: readonly Target[];
  /** Starts of stretches with a guessed owner in which somebody else answered. */
  readonly answeredElsewhere: Set<number>;
  /** Where its parts went, by target. */
  readonly noted: Map<Target, { readonly draft: DependencyDraft; readonly link: MutableLink }>;
}

/** The part of a series that belongs to one target. */
export interface FlowPart {
  readonly target: Target;
  readonly values: Column;
  readonly from: number;
  readonly to: number;
}

/** The flow of the last series, and the labels that told it. */
interface Last {
  readonly id: string;
  readonly destination: string;
  readonly actual: string;
  readonly node: string;
  readonly cluster: string;
  readonly flow: Flow | undefined;
}

/** Says whose traffic a series is, and cuts it where an address changes hands. */
export class FlowReader {
  readonly #building: Building;
  readonly #destinations: Destinations;
  readonly #flows = new Map<string, Flow | undefined>();
  /** Series of one flow come one after the other. */
  #last: Last | undefined;

  constructor(building: Building, destinations: Destinations) {
    this.#building = building;
    this.#destinations = destinations;
  }

  /** Makes every address known that anybody speaks to. */
  announce(): void {
    const { context, registry } = this.#building;
    for (const metric of PEER_METRICS)
      for (const series of context.named(metric)) {
        const client = registry.containerOf(series);
        const { destination = '', actual_destination: actual = '' } = series.labels;
        if (client && (destination !== '' || actual !== ''))
          this.#destinations.announce(destination, actual, client.place);
      }
  }

  /** undefined for series without a peer, and for traffic that only passes through. */
  of(series: Series): Flow | undefined {
    const { machine_id: node = '', container_id: id = '', destination = '' } = series.labels;
    const { actual_destination: actual = '', cluster = '' } = series.labels;
    const last = this.#last;
    if (
      last?.id === id &&
      last.destination === destination &&
      last.actual === actual &&
      last.node === node &&
      last.cluster === cluster
    )
      return last.flow;
    const key = [id, destination, actual, node, cluster].join('\u0000');
    let flow = this.#flows.get(key);
    if (flow === undefined && !this.#flows.has(key)) {
      flow = this.#make(series, destination, actual);
      this.#flows.set(key, flow);
    }
    this.#last = { id, destination, actual, node, cluster, flow };
    return flow;
  }

  #make(series: Series, destination: string, actual: string): Flow | undefined {
    const client = this.#building.registry.containerOf(series);
    if (!client || (destination === '' && actual === '')) return undefined;
    const own = client.instance.application.id;
    const address = actual || destination;
    const { host } = parseEndpoint(address);
    const targets = this.#destinations
      .resolve(destination, actual, client.place)
      .filter((target) => target.id !== own && !isProxying(client, target, host))
      .map((target) =>
        isWithin(client, target, host)
          ? { ...target, id: this.#destinations.within(address, client.instance.application) }
          : target,
      );
    if (targets.length === 0) return undefined;
    return { client, destination, actual, targets, answeredElsewhere: new Set(), noted: new Map() };
  }

  /**
   * One part for an address that always led to one place. Otherwise a part for each stretch in which the series grew;
   * where the owner is a guess, only failure and silence are his, and what succeeds belongs to somebody unknown.
   */
  split(flow: Flow, series: Series, values: Column, nature: Nature): readonly FlowPart[] {
    const first = series.timestamps[0]!;
    const last = series.timestamps.at(-1)!;
    const [only] = flow.targets;
    if (flow.targets.length === 1 && only!.from === -Infinity && only!.to === Infinity && only!.certain)
      return [{ target: only!, values, from: first, to: last }];
    const parts: FlowPart[] = [];
    const born = this.#building.context.isBorn(series);
    let owner: Target | undefined;
    for (const target of flow.targets) {
      if (target.to <= first || target.from > last) continue;
      const grew = growsWithin(series, target, born);
      const part = (to: Target, until = target.to): FlowPart => ({
        target: to,
        values: this.#cut(values, target),
        from: Math.max(first, target.from),
        to: Math.min(last, until),
      });
      if (target.certain) {
        if (grew) parts.push(part(target));
        owner = grew ? target : undefined;
      } else if (grew && this.#isElsewhere(flow, target, nature, owner?.id === target.id)) {
        parts.push(part(this.#unknown(flow, target)));
      } else if (grew) parts.push(part(target));
      // its silence is still worth knowing, but nobody spoke
      else if (owner?.id === target.id) parts.push(part(target, target.from));
    }
    return parts;
  }

  #isElsewhere(flow: Flow, target: Target, nature: Nature, continues: boolean): boolean {
    if (nature === 'success') flow.answeredElsewhere.add(target.from);
    if (nature === 'failure') return false;
    return flow.answeredElsewhere.has(target.from) || !continues;
  }

  #unknown({ client, destination, actual }: Flow, target: Target): Target {
    const id = this.#destinations.external(destination || actual, client.place);
    return { id, from: target.from, to: target.to, certain: true };
  }

  #cut(values: Column, target: Target): Column {
    const out = new Float64Array(values.length).fill(NaN);
    const { lo, hi } = this.#cellsOf(target);
    out.set(values.subarray(lo, hi), lo);
    return out;
  }

  #cellsOf({ from, to }: Target): CellRange {
    const { grid } = this.#building.context;
    const cell = (at: number) => Math.min(grid.points, Math.max(0, Math.ceil((at - grid.from) / grid.step)));
    return { lo: cell(from), hi: cell(to) };
  }
}

const PEER_METRICS: readonly string[] = [
  C.tcpConnects.name,
  C.tcpFailedConnects.name,
  C.tcpActive.name,
  C.tcpBytesSent.name,
  C.tcpBytesReceived.name,
  ...PROTOCOLS.map((protocol) => REQUEST_METRICS[protocol].count.name),
];

/** Docker's proxy speaks to containers in the name of those that dial a published port, who are counted themselves. */
function isProxying(client: ContainerDraft, target: Target, host: string): boolean {
  const { application } = client.instance;
  const isDocker =
    application.types.has('dockerd') || /^docker(-proxy|\.socket)?$/.test(application.identity.application);
  if (!isDocker) return false;
  return target.instance ? target.instance.node === client.node : isDockerNetwork(host);
}

/** What answers unseen on the loopback of a container or a pod is a part of it, and nobody else's. */
const isWithin = ({ place, node }: ContainerDraft, { instance }: Target, host: string): boolean =>
  isLoopback(host) && instance === undefined && place.netns !== node;

/**
 * Whether a series shows activity between two samples that both lie in the stretch; of a counter that was `born` under
 * observation, the first sample counts too. Gauges count when they are above zero.
 */
function growsWithin({ timestamps, values, labels }: Series, { from, to }: Target, born: boolean): boolean {
  const gauge = GAUGES.has(labels.__name__ ?? '');
  for (let k = 0; k < timestamps.length && timestamps[k]! <= to; k++) {
    if (timestamps[k]! < from) continue;
    const value = values[k]!;
    if (gauge || k === 0) {
      if ((gauge || born) && value > 0) return true;
    } else if (timestamps[k - 1]! >= from) {
      const before = values[k - 1]!;
      if (value > before || (value < before && value > 0)) return true;
    }
  }
  return false;
}

const GAUGES: ReadonlySet<string> = new Set([
  C.tcpActive.name,
  ...PROTOCOLS.map((protocol) => REQUEST_METRICS[protocol].inFlightAge.name),
]);
