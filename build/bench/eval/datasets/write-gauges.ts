import { quantileOf } from './latencies.ts';
import { REFUSED, type Usage } from './physics.ts';
import type { TestBed } from './test-bed.ts';
import { keyOf, targetOf, type Service } from './system.ts';
import type { TextWriter } from './write-text.ts';

/** Such gauges are rates over this much, seconds: changes come gradually. */
const OVER = 30;

interface Sample extends Usage {
  readonly latency: number;
  readonly failed: number;
}

/** `cart_cpu`, `cart_latency_p90` …: one gauge of each kind a service, with its name in the name or in a label. */
export function writeGauges(bed: TestBed, writer: TextWriter): void {
  const isLabelled = bed.random.next() < 0.3;
  for (const service of bed.system.services) {
    const recent: Sample[] = [];
    for (let at = bed.from - OVER * 1000; at <= bed.to; at += 1000) {
      recent.push(sampleOf(bed, service, at));
      if (recent.length > OVER) recent.shift();
      if (at < bed.from || (at - bed.from) % bed.shape.interval !== 0) continue;
      for (const [kind, value] of gaugesOf(service, recent))
        if (isLabelled) writer.gauge(kind, { service: service.name }, at, value);
        else writer.gauge(`${service.name.replaceAll('-', '_')}_${kind}`, {}, at, value);
    }
  }
}

/** Latencies are those that callers wait for. */
function sampleOf(bed: TestBed, service: Service, at: number): Sample {
  const usage = bed.usages.at(service, at);
  const states = bed.physics.at(at);
  let [asked, waited, failed] = [0, 0, 0];
  for (const caller of bed.system.order)
    caller.calls.forEach((call, i) => {
      if (call.service !== service.name || bed.physics.isSkipped(caller, i, at)) return;
      const rate = states.get(keyOf(caller))!.rate * call.times;
      const server = states.get(targetOf(call))!;
      const gone = bed.physics.isGone(service.name, at);
      asked += rate;
      waited +=
        rate * (gone ? REFUSED : server.latency + bed.physics.transit(caller.service, service.name, at));
      failed += rate * (gone ? 1 : 1 - (1 - server.errors) * (1 - bed.physics.asksWrong(caller, i, at)));
    });
  for (const entry of bed.system.entries.filter((one) => one.service === service.name)) {
    const { rate, latency, errors } = states.get(targetOf(entry))!;
    asked += rate;
    waited += rate * latency;
    failed += rate * errors;
  }
  return { ...usage, requests: asked, latency: asked > 0 ? waited / asked : NaN, failed };
}

function gaugesOf(service: Service, recent: readonly Sample[]): readonly (readonly [string, number])[] {
  const mean = (of: (one: Sample) => number): number =>
    recent.reduce((sum, one) => sum + of(one), 0) / recent.length;
  const last = recent.at(-1)!;
  const of: [string, number][] = [
    ['cpu', mean((one) => one.cpu)],
    ['mem', last.memory],
    ['diskio', mean((one) => one.written)],
    ['socket', last.sockets],
  ];
  if (service.isStore) return of;
  const asked = mean((one) => one.requests);
  const latency = asked > 0 ? mean((one) => one.requests * (one.latency || 0)) / asked : 0;
  return [
    ...of,
    ['latency_p50', asked > 0 ? quantileOf(latency, 0) : 0],
    ['latency_p90', asked > 0 ? quantileOf(latency, 1.2816) : 0],
    ['workload', asked],
    ['error', mean((one) => one.failed)],
  ];
}
