import type { Random } from '../rca/topology.ts';
import type { Injection } from './injections.ts';
import { keyOf, targetOf, type Call, type Operation, type Service, type System } from './system.ts';

/** What happens to one operation at an instant: requests a second, seconds, shares. */
export interface OperationState {
  readonly rate: number;
  /** Mean as the server takes it, from the first byte to the last. */
  readonly latency: number;
  readonly errors: number;
  /** Share of the calls that never reach it. */
  readonly lost: number;
  /** Seconds of its own. */
  readonly own: number;
}

export type SystemState = ReadonlyMap<string, OperationState>;

export interface Course {
  readonly system: System;
  readonly target: string;
  readonly injection: Injection;
  /** Index of the operation that a bug is in. */
  readonly buggy: string;
  readonly faultFrom: number;
  readonly users: number;
  /** seconds that users think between two requests */
  readonly think: number;
}

const ROUND_TRIP = 0.0006;
/** Packets of a call and of its answer, and what a lost one costs, seconds. */
const PACKETS = 5;
const RETRANSMISSION = 0.25;
/** Where nobody answers: seconds until a client gives up. */
export const REFUSED = 0.02;

/** Test bed with what goes on in it, worked out anew for each instant. */
export class Physics {
  readonly course: Course;
  readonly #noise: ReadonlyMap<string, readonly [number, number]>;
  readonly #memo = new Map<number, SystemState>();
  readonly #random: Random;
  readonly #stores: ReadonlySet<string>;

  constructor(course: Course, random: Random) {
    this.course = course;
    this.#random = random;
    this.#stores = new Set(course.system.services.filter((one) => one.isStore).map(({ name }) => name));
    this.#noise = new Map(
      course.system.order.map((one) => [keyOf(one), [random.between(0, 1e6), random.between(0.05, 0.25)]]),
    );
  }

  /** Whether the fault is on, and how long it has been, seconds. */
  since(at: number): number {
    return (at - this.course.faultFrom) / 1000;
  }

  injected(service: string, at: number): Injection | undefined {
    return service === this.course.target && this.since(at) > 0 ? this.course.injection : undefined;
  }

  /** Nobody answers there. */
  isGone(service: string, at: number): boolean {
    const one = this.injected(service, at);
    return one !== undefined && (one.failed === true || this.since(at) < (one.killedFor ?? 0));
  }

  at(at: number): SystemState {
    const second = Math.floor(at / 1000) * 1000;
    const known = this.#memo.get(second);
    if (known) return known;
    const state = this.#work(second);
    this.#memo.set(second, state);
    return state;
  }

  /** Slow wander and quick noise, around 1. */
  jitter(key: string, at: number): number {
    const [phase, size] = this.#noise.get(key) ?? [0, 0.1];
    const seconds = at / 1000 + phase;
    const slow = Math.sin(seconds / 97) + 0.6 * Math.sin(seconds / 41) + 0.4 * Math.sin(seconds / 13);
    return Math.max(0.3, 1 + size * (0.5 * slow + 1.2 * (this.#random.next() - 0.5)));
  }

  /** Seconds that a call is on the way, for both ways. */
  transit(client: string, server: string, at: number): number {
    const parts = [this.injected(client, at), this.injected(server, at)];
    return parts.reduce(
      (sum, one) => sum + (one?.delay ?? 0) + (one?.loss ?? 0) * PACKETS * RETRANSMISSION,
      ROUND_TRIP,
    );
  }

  /** Share of calls of an operation that are not made because of the bug, by the call's place. */
  isSkipped(operation: Operation, index: number, at: number): boolean {
    const skips = this.injected(operation.service, at)?.skips;
    return skips !== undefined && keyOf(operation) === this.course.buggy && (skips === 'all' || index === 0);
  }

  /** Share of the calls to `call` of `caller` that fail for reasons of who asks. */
  asksWrong(caller: Operation, index: number, at: number): number {
    const one = this.injected(caller.service, at);
    return one?.asksWrong && index === 0 && keyOf(caller) === this.course.buggy ? (one.errors ?? 0) : 0;
  }

  /** Share of the calls whose answer makes the caller fail. */
  answersWrong(call: Call, at: number): number {
    const one = this.injected(call.service, at);
    return one?.answersWrong && targetOf(call) === this.course.buggy ? (one.errors ?? 0) : 0;
  }

  ownErrors(operation: Operation, at: number): number {
    const one = this.injected(operation.service, at);
    const isBug = one?.errors !== undefined && !one.asksWrong && !one.answersWrong;
    return isBug && keyOf(operation) === this.course.buggy ? one.errors! : 0;
  }

  #work(at: number): SystemState {
    const { system, users, think } = this.course;
    const latency = new Map<string, number>();
    const errors = new Map<string, number>();
    const own = new Map<string, number>();
    const reached = new Map<string, readonly number[]>();
    for (const operation of system.order) {
      const key = keyOf(operation);
      const mine = operation.own * (this.injected(operation.service, at)?.slower ?? 1) * this.jitter(key, at);
      let [goes, took] = [1, mine];
      const made: number[] = [];
      operation.calls.forEach((call, index) => {
        const times = this.isSkipped(operation, index, at) ? 0 : call.times * goes;
        made.push(times);
        const gone = this.isGone(call.service, at);
        const target = targetOf(call);
        const wait = gone
          ? REFUSED
          : latency.get(target)! + this.transit(operation.service, call.service, at);
        // what goes into a queue is nobody's wait
        if (this.#stores.has(operation.service)) return;
        took += times * wait;
        const fails = gone
          ? 1
          : 1 -
            (1 - errors.get(target)!) *
              (1 - this.lossErrors(operation.service, call.service, at)) *
              (1 - this.asksWrong(operation, index, at)) *
              (1 - this.answersWrong(call, at));
        if (!call.isOptional) goes *= 1 - Math.min(1, call.times, times) * fails;
      });
      const before = this.ownErrors(operation, at);
      latency.set(key, took);
      own.set(key, mine);
      errors.set(key, 1 - (1 - before) * goes * 0.9997);
      reached.set(key, made);
    }
    return this.#rates(at, {
      latency,
      errors,
      own,
      reached,
      rate: this.#entryRate(at, latency, users, think),
    });
  }

  #entryRate(at: number, latency: ReadonlyMap<string, number>, users: number, think: number): number {
    const { entries } = this.course.system;
    const all = entries.reduce((sum, one) => sum + one.times, 0);
    const mean = entries.reduce((sum, one) => sum + one.times * latency.get(targetOf(one))!, 0) / all;
    return (
      (users / (think + mean)) * (1 + 0.15 * (this.#random.next() - 0.5)) * (1 + 0.05 * Math.sin(at / 60_000))
    );
  }

  #rates(
    at: number,
    found: Readonly<Record<'latency' | 'errors' | 'own', ReadonlyMap<string, number>>> & {
      readonly reached: ReadonlyMap<string, readonly number[]>;
      readonly rate: number;
    },
  ): SystemState {
    const { entries, order } = this.course.system;
    const rates = new Map<string, number>();
    const add = (key: string, rate: number): void => void rates.set(key, (rates.get(key) ?? 0) + rate);
    const all = entries.reduce((sum, one) => sum + one.times, 0);
    for (const one of entries) add(targetOf(one), (found.rate * one.times) / all);
    for (const operation of order.toReversed()) {
      const gone = this.isGone(operation.service, at);
      const rate = gone ? 0 : (rates.get(keyOf(operation)) ?? 0);
      const made = found.reached.get(keyOf(operation))!;
      operation.calls.forEach((call, i) => add(targetOf(call), rate * made[i]!));
    }
    return new Map(
      order.map((one) => {
        const key = keyOf(one);
        return [
          key,
          {
            rate: rates.get(key) ?? 0,
            latency: found.latency.get(key)!,
            errors: found.errors.get(key)!,
            own: found.own.get(key)!,
            lost: this.isGone(one.service, at) ? 1 : 0,
          },
        ];
      }),
    );
  }

  /** Few connections break, most only stall. */
  lossErrors(client: string, server: string, at: number): number {
    const loss = Math.max(this.injected(client, at)?.loss ?? 0, this.injected(server, at)?.loss ?? 0);
    return loss > 0.25 ? 0.1 * (loss - 0.25) : 0;
  }
}

/** What a service uses at an instant. */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
  readonly written: number;
  readonly sockets: number;
  readonly threads: number;
  readonly requests: number;
}

const MEMORY: Readonly<Record<string, number>> = {
  java: 4e8,
  python: 5e7,
  node: 8e7,
  dotnet: 9e7,
  store: 1e8,
};
const HEAVY: Readonly<Record<string, number>> = { java: 1.5, python: 2, node: 1.2 };

export class Usages {
  readonly #physics: Physics;
  readonly #random: Random;
  readonly #own: ReadonlyMap<
    string,
    { readonly memory: number; readonly drift: number; readonly phase: number }
  >;

  constructor(physics: Physics, random: Random) {
    this.#physics = physics;
    this.#random = random;
    this.#own = new Map(
      physics.course.system.services.map(({ name, runtime }) => [
        name,
        {
          memory: (MEMORY[runtime] ?? 2e7) * random.between(0.7, 1.5),
          drift: random.between(0, 0.00006),
          phase: random.between(0, 1000),
        },
      ]),
    );
  }

  at(service: Service, at: number): Usage {
    const states = service.operations.map((one) => this.#physics.at(at).get(keyOf(one))!);
    const requests = states.reduce((sum, one) => sum + one.rate, 0);
    const underWay = states.reduce((sum, one) => sum + one.rate * one.latency, 0);
    const work = service.operations.reduce((sum, one, i) => sum + states[i]!.rate * one.own, 0);
    const { memory, drift, phase } = this.#own.get(service.name)!;
    const one = this.#physics.injected(service.name, at);
    const since = this.#physics.since(at);
    const ramp = Math.min(1, Math.max(0, since / 15));
    const random = this.#random;
    const gone = this.#physics.isGone(service.name, at) && one?.failed !== true;
    if (gone) return { cpu: 0, memory: 0, written: 0, sockets: 0, threads: 0, requests: 0 };
    // the container runs something that does nothing
    if (one?.failed) return { cpu: 0.0001, memory: 8e5, written: 0, sockets: 0, threads: 1, requests };
    const seconds = at / 1000 + phase;
    const collects = service.runtime === 'java' && seconds % 45 < 2 ? 0.15 : 0;
    const starts = one?.isDeployed || one?.killedFor ? starting(service, since - (one.killedFor ?? 0)) : 0;
    const idle = service.runtime === 'java' ? 0.01 : 0.003;
    const cpu =
      (idle + (HEAVY[service.runtime] ?? 0.8) * work) * (0.75 + 0.5 * random.next()) + collects + starts;
    const blip = random.next() < 0.002 ? random.between(0.02, 0.2) : 0;
    return {
      cpu: cpu + blip + (one?.cpu ?? 0) * ramp * (0.9 + 0.2 * random.next()),
      memory:
        memory *
          (1 + drift * ((since + 600) % 3000)) *
          (1 + 0.006 * Math.sin(seconds / 23) + 0.004 * random.next()) +
        underWay * 5e5 +
        ((one?.memory ?? 0) + (one?.cache ?? 0)) * ramp * (0.97 + 0.06 * random.next()),
      written:
        (service.isStore ? 40_000 : 2000) * (0.5 + random.next()) +
        (random.next() < 0.004 ? 400_000 : 0) +
        (one?.written ?? 0) * (0.5 + random.next()),
      sockets: Math.round(6 + 2 * underWay + 3 * random.next() + (one?.sockets ?? 0) * ramp),
      threads: Math.round(12 + (service.runtime === 'java' ? 25 : 0) + underWay + 2 * random.next()),
      requests,
    };
  }
}

/** Programs that start are busy for a while. */
const starting = ({ runtime }: Service, since: number): number =>
  since > 0 && since < (runtime === 'java' ? 40 : 5) ? 0.6 : 0;
