import type { Effect } from './faults.ts';
import type { Scenario } from './scenario.ts';
import type { Service } from './topology.ts';

/** What a service does at an instant. Seconds, requests per second, shares. */
export interface State {
  readonly rate: number;
  readonly latency: number;
  readonly errors: number;
  /** Of the instances that do not suffer, when only one does. */
  readonly goodLatency: number;
  readonly goodErrors: number;
  /** Of its own, without calls; for each request. */
  readonly own: number;
  /** Failures that begin here. */
  readonly ownErrors: number;
}

const RAMP = 20;
const STARVED = 20;
/** A service bears so many times its usual requests before it queues. */
const BEARS = 3;

/** Everything about every service at one instant, worked out from the stores up. */
export class Cluster {
  readonly #scenario: Scenario;
  readonly #memo = new Map<number, readonly State[]>();
  readonly #noise: readonly Float64Array[];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { range, mode, random, topology, noise } = scenario;
    const points = Math.ceil((range.to - range.from) / mode.interval) + 2;
    this.#noise = topology.services.map(() => {
      const out = new Float64Array(points);
      let slow = 0;
      for (let i = 0; i < points; i++) {
        slow = 0.9 * slow + 0.1 * (random.next() - 0.5);
        out[i] = 1 + noise * (random.next() - 0.5) + 0.5 * slow;
      }
      return out;
    });
  }

  /** 0 without the fault, 1 in full force. */
  strength(at: number, effect: Effect = this.#only()): number {
    const since = (at - this.#scenario.faultFrom) / 1000;
    if (since <= 0 || since > (effect.lasts ?? Infinity)) return 0;
    if (effect.flaps && since % (effect.flaps[0] + effect.flaps[1]) > effect.flaps[0]) return 0;
    return Math.min(1, since / (effect.ramp ?? RAMP));
  }

  #only = (): Effect => [...this.#scenario.effects.values()][0] ?? {};

  effect(index: number): Effect {
    return this.#scenario.effects.get(index) ?? {};
  }

  jitter(index: number, at: number): number {
    const { range, mode } = this.#scenario;
    return this.#noise[index]![Math.max(0, Math.round((at - range.from) / mode.interval))] ?? 1;
  }

  /** Calls for each request. */
  times(service: Service, call: number, at: number): number {
    const { times } = service.calls[call]!;
    if (call !== 0) return times;
    const { skipsCall, callsMore = 1 } = this.effect(service.index);
    const s = this.strength(at);
    return times * (skipsCall ? 1 - s : 1 + (callsMore - 1) * s);
  }

  /** Seconds that a call is on the way, both ways together: what a fault adds, on the network of either side. */
  transit(client: number, server: number, at: number): number {
    const other = this.effect(server);
    return ((other.rtt ?? 0) + (other.network ?? 0) + (this.effect(client).network ?? 0)) * this.strength(at);
  }

  /** Share of calls to a service that the caller gives up waiting for. */
  givenUp(server: number, at: number, states = this.states(at)): number {
    const { rtt = 0, network = 0 } = this.effect(server);
    const wait = states[server]!.latency + (rtt + network) * this.strength(at);
    const { timeout } = this.#scenario;
    return timeout === Infinity ? 0 : Math.exp(-timeout / Math.max(wait, 1e-6));
  }

  states(at: number): readonly State[] {
    const known = this.#memo.get(at);
    if (known) return known;
    const { services } = this.#scenario.topology;
    const rate = this.#rates(services, at, true);
    const usual = this.#rates(services, at, false);
    const states: State[] = [];
    // deepest first: calls only ever point to higher layers or to stores
    for (let i = services.length - 1; i >= 0; i--)
      states[i] = this.#serve(services[i]!, at, rate[i]!, rate[i]! / Math.max(usual[i]!, 1e-9), states);
    this.#memo.set(at, states);
    return states;
  }

  #rates(services: readonly Service[], at: number, faulty: boolean): Float64Array {
    const rate = new Float64Array(services.length);
    rate[0] = this.#traffic(at, faulty);
    for (const service of services)
      service.calls.forEach((call, n) => {
        const times = faulty ? this.times(service, n, at) : call.times;
        rate[call.server]! += rate[service.index]! * times;
      });
    return rate;
  }

  #traffic(at: number, faulty: boolean): number {
    const { topology, bursts, phase } = this.#scenario;
    const surge = faulty ? 1 + ((this.effect(0).traffic ?? 1) - 1) * this.strength(at) : 1;
    const day = 1 + 0.35 * Math.sin((2 * Math.PI * at) / 86_400_000 + phase);
    const waves = 1 + 0.08 * Math.sin((2 * Math.PI * at) / 420_000);
    const burst = bursts.find((one) => at > one.at && at < one.at + 120_000)?.times ?? 1;
    return topology.rate * day * waves * surge * burst * this.jitter(0, at);
  }

  #serve(service: Service, at: number, rate: number, load: number, states: readonly State[]): State {
    const effect = this.effect(service.index);
    const s = this.strength(at);
    const jitter = this.jitter(service.index, at);
    const starved = s * this.#nodeStarved(service) * STARVED;
    const queued = load > BEARS && service.role !== 'external' ? 12 * (load - BEARS) : 0;
    const goodOwn = service.own * (1 + starved + queued) * jitter;
    const badOwn = goodOwn + (service.own * ((effect.own ?? 1) - 1) + (effect.added ?? 0)) * s * jitter;
    const badErrors = Math.min(0.99, (effect.errors ?? 0) * s + 0.0003);
    const n = Math.max(1, service.instances.length);
    const suffering = effect.oneReplica ? 1 / n : 1;
    const own = goodOwn + (badOwn - goodOwn) * suffering;
    const ownErrors = 0.0003 + (badErrors - 0.0003) * suffering;
    let waited = 0;
    let passed = 1;
    service.calls.forEach((call, i) => {
      const times = this.times(service, i, at);
      const other = this.effect(call.server);
      const state = states[call.server]!;
      const refused = (other.refused ?? 0) * s;
      const gaveUp = this.givenUp(call.server, at, states);
      const wait = (state.latency + this.transit(service.index, call.server, at)) * (1 - gaveUp);
      // an attempt that is refused costs nothing, one that times out costs a second
      waited += times * ((1 - refused) * wait + (other.refusal === 'timed_out' ? refused : 0));
      const fails = 1 - (1 - state.errors) * (1 - refused) * (1 - gaveUp);
      passed *= 1 - Math.min(1, times) * fails;
    });
    return {
      rate,
      latency: own + waited,
      errors: 1 - (1 - ownErrors) * passed,
      goodLatency: goodOwn + waited,
      goodErrors: 1 - 0.9997 * passed,
      own,
      ownErrors,
    };
  }

  #nodeStarved(service: Service): number {
    for (const [index, effect] of this.#scenario.effects) {
      if (!effect.nodeCpu || index === service.index) continue;
      const node = this.#scenario.topology.services[index]!.instances[0]?.node;
      const here = service.instances.filter((one) => one.node === node).length;
      return here / Math.max(1, service.instances.length);
    }
    return 0;
  }
}
