import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of V8's .cpuprofile that is read. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  /** µs */
  readonly timeDeltas: readonly number[];
}

/** Stages by where their code stands; the first that fits. */
const STAGES: readonly (readonly [string, RegExp])[] = [
  ['kernel events, decoded', /collector\/src\/receivers\/ebpf\//],
  ['requests out of bytes', /collector\/src\/protocols\//],
  ['spans and metrics', /collector\/src\/processors\//],
  ['profiles and symbols', /collector\/src\/(receivers\/profiles|symbols)\//],
  ['containers and nodes', /collector\/src\/(receivers\/(proc|disk|nat|runtimes|tls|logs)|identity)\//],
  ['pipeline', /collector\/src\/pipeline\//],
  ['export', /collector\/src\/exporters\/|clickhouse|undici|shared\/schema\/src\/remote-write|snappy/],
  ['loader', /bpf\/loader\//],
  ['Node itself', /^node:/],
];

/** Share of the busy time of the main thread by stage, largest first, out of the profile in `folder`. */
export function stageShares(folder: string): readonly (readonly [string, number])[] {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) return [];
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  const stageOf = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, i) => {
    const stage = stageOf.get(id) ?? 'other';
    const time = timeDeltas[i] ?? 0;
    if (stage === 'idle' || !(time > 0)) return;
    busy += time;
    times.set(stage, (times.get(stage) ?? 0) + time);
  });
  return [...times].map(([stage, time]) => [stage, time / busy] as const).sort((a, b) => b[1] - a[1]);
}

function nameOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  if (functionName === '(idle)' || functionName === '(root)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'native code';
  return STAGES.find(([, pattern]) => pattern.test(url))?.[0] ?? 'other';
}
