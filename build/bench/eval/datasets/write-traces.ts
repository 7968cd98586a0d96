import { sampleOf } from './latencies.ts';
import { REFUSED } from './physics.ts';
import type { TestBed } from './test-bed.ts';
import { keyOf, targetOf, type Call, type Operation } from './system.ts';

/** Traces that are kept each second. */
const RATE = 1.2;

/** A line of a log that a request brings about. */
export interface Line {
  readonly service: string;
  readonly at: number;
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  readonly text: string;
}

interface SpanRecord {
  readonly service: string;
  readonly json: object;
}

interface Done {
  readonly end: number;
  readonly failed: boolean;
}

/** Requests one by one, as OTLP's JSON, and what is logged about them. */
export class Requests {
  readonly lines: Line[] = [];
  readonly #bed: TestBed;
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #stores: ReadonlySet<string>;
  readonly #spans: SpanRecord[] = [];
  readonly #saysPeer: boolean;
  #trace = '';

  constructor(bed: TestBed) {
    this.#bed = bed;
    this.#operations = new Map(bed.system.order.map((one) => [keyOf(one), one]));
    this.#stores = new Set(bed.system.services.filter((one) => one.isStore).map(({ name }) => name));
    this.#saysPeer = bed.random.next() < 0.6;
    const { random, system } = bed;
    const all = system.entries.reduce((sum, one) => sum + one.times, 0);
    for (let at = bed.from; at < bed.to; at += (-Math.log(random.between(1e-6, 1)) / RATE) * 1000) {
      let left = random.between(0, all);
      const entry = system.entries.find((one) => (left -= one.times) <= 0) ?? system.entries[0]!;
      this.#trace = random.text(32).replace(/[^0-9a-f]/g, (c) => (c.charCodeAt(0) % 16).toString(16));
      this.#serve(this.#operations.get(targetOf(entry))!, at, '', 0);
    }
  }

  /** JSON lines, a batch a service and some hundred spans. */
  get text(): string {
    const groups = Map.groupBy(this.#spans, ({ service }) => service);
    return [...groups]
      .flatMap(([service, spans]) =>
        Array.from({ length: Math.ceil(spans.length / 500) }, (_, i) =>
          JSON.stringify({
            resourceSpans: [
              {
                resource: { attributes: resourceOf(this.#bed, service) },
                scopeSpans: [{ spans: spans.slice(500 * i, 500 * (i + 1)).map(({ json }) => json) }],
              },
            ],
          }),
        ),
      )
      .join('\n');
  }

  #id = (): string =>
    Array.from({ length: 16 }, () => Math.floor(this.#bed.random.next() * 16).toString(16)).join('');

  #serve(operation: Operation, at: number, parent: string, wrongShare: number): Done {
    const { physics, random } = this.#bed;
    const id = this.#id();
    const { service } = operation;
    let now = at + 1000 * sampleOf(0.6 * this.#own(operation, at), random.next(), random.next());
    let failed = random.next() < wrongShare;
    if (failed)
      this.#log(service, now, 'ERROR', `invalid argument for ${operation.name}: missing or malformed field`);
    if (!failed && random.next() < physics.ownErrors(operation, at)) {
      failed = true;
      this.#log(service, now, 'ERROR', stackOf(service, operation.name));
    }
    for (const [index, call] of operation.calls.entries()) {
      if (failed || physics.isSkipped(operation, index, at)) continue;
      const whole = Math.floor(call.times);
      const times = whole + Number(random.next() < call.times - whole);
      for (let n = 0; n < times && !failed; n++) {
        const done = this.#call(operation, call, index, now, id);
        now = done.end;
        if (!done.failed) continue;
        this.#log(service, now, 'ERROR', `failed to ${call.operation}: upstream returned an error`);
        failed = !call.isOptional;
      }
    }
    now += 1000 * sampleOf(0.4 * this.#own(operation, at), random.next(), random.next());
    if (random.next() < 0.6) this.#log(service, at, 'INFO', `${operation.name} request received id=${id}`);
    this.#span(service, { id, parent, name: operation.name, kind: 2, from: at, to: now, failed });
    return { end: now, failed };
  }

  #own(operation: Operation, at: number): number {
    return this.#bed.physics.at(at).get(keyOf(operation))!.own;
  }

  #call(operation: Operation, call: Call, index: number, at: number, parent: string): Done {
    const { physics, random } = this.#bed;
    const id = this.#id();
    const { service } = operation;
    const gone = physics.isGone(call.service, at);
    const lost = random.next() < physics.lossErrors(service, call.service, at);
    const way = 1000 * this.#way(service, call.service, at);
    const target = this.#operations.get(targetOf(call))!;
    let done: Done = { end: at + 1000 * REFUSED, failed: true };
    if (!gone && this.#stores.has(call.service)) {
      const took = 1000 * sampleOf(this.#own(target, at), random.next(), random.next());
      done = { end: at + way + took, failed: lost };
      if (target.calls.length > 0)
        for (const each of target.calls) this.#serve(this.#operations.get(targetOf(each))!, done.end, id, 0);
    } else if (!gone) {
      const inner = this.#serve(target, at + way / 2, id, physics.asksWrong(operation, index, at));
      done = { end: inner.end + way / 2, failed: inner.failed || lost };
    }
    const wrong = random.next() < physics.answersWrong(call, at);
    if (wrong) this.#log(service, done.end, 'ERROR', stackOf(service, `${operation.name}, unexpected value`));
    const peer = this.#stores.has(call.service)
      ? { 'db.system': 'redis', ...(this.#saysPeer ? { 'server.address': call.service } : {}) }
      : this.#saysPeer
        ? { 'server.address': call.service }
        : {};
    this.#span(service, {
      id,
      parent,
      name: call.operation,
      kind: 3,
      from: at,
      to: done.end,
      failed: done.failed,
      peer,
    });
    return { end: done.end, failed: done.failed || wrong };
  }

  /** Lost packets delay some calls much, most not at all. */
  #way(client: string, server: string, at: number): number {
    const { physics, random } = this.#bed;
    const parts = [physics.injected(client, at), physics.injected(server, at)];
    const delay = parts.reduce((sum, one) => sum + (one?.delay ?? 0), 0.0006);
    const loss = Math.max(...parts.map((one) => one?.loss ?? 0));
    return delay + (random.next() < 1 - (1 - loss) ** 5 ? random.between(0.2, 0.6) : 0);
  }

  #log(service: string, at: number, level: Line['level'], text: string): void {
    const { injection, target } = this.#bed;
    const silent = service === target.name && injection.logs === 'none' && level !== 'INFO';
    if (!silent) this.lines.push({ service, at, level, text });
  }

  #span(
    service: string,
    one: {
      readonly id: string;
      readonly parent: string;
      readonly name: string;
      readonly kind: number;
      readonly from: number;
      readonly to: number;
      readonly failed: boolean;
      readonly peer?: Readonly<Record<string, string>>;
    },
  ): void {
    const attributes = Object.entries(one.peer ?? {}).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    }));
    this.#spans.push({
      service,
      json: {
        traceId: this.#trace,
        spanId: one.id,
        parentSpanId: one.parent,
        name: one.name,
        kind: one.kind,
        startTimeUnixNano: nanoseconds(one.from),
        endTimeUnixNano: nanoseconds(one.to),
        attributes,
        status: one.failed ? { code: 2 } : {},
      },
    });
  }
}

export const nanoseconds = (ms: number): string =>
  `${Math.floor(ms)}${String(Math.floor((ms % 1) * 1e6)).padStart(6, '0')}`;

const stackOf = (service: string, where: string): string =>
  `Unhandled exception in ${where}: java.lang.NullPointerException: value is null\n\tat com.demo.${service}.Handler.${where.split(',')[0]}(Handler.java:87)\n\tat com.demo.${service}.Server.serve(Server.java:41)`;

export const resourceOf = (bed: TestBed, service: string) =>
  Object.entries({
    'service.name': service,
    'k8s.namespace.name': bed.system.name,
    'k8s.pod.name': bed.pods.get(service)![0]!.name,
  }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
