import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of V8's .cpuprofile that is read. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** µs */
  readonly timeDeltas: readonly number[];
  /** µs of CLOCK_MONOTONIC. */
  readonly startTime: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** Stages by where their code stands; the first that fits. */
const STAGES: readonly (readonly [string, RegExp])[] = [
  ['HTTP/2', /collector\/src\/(protocols\/http2|processors\/http2-)/],
  ['requests out of bytes (protocols)', /collector\/src\/protocols\//],
  ['spans (processors)', /collector\/src\/processors\/(spans|span-|clock-offset)/],
  ['metrics of requests and connections (processors)', /collector\/src\/processors\//],
  ['records of the ring buffer (receivers/ebpf)', /collector\/src\/receivers\/ebpf\//],
  ['profiles and symbols', /collector\/src\/(receivers\/profiles|symbols)\//],
  [
    'containers and the machine out of /proc and cgroup files',
    /collector\/src\/(receivers\/(proc|disk|nat|cloud|gpu)|identity)\//,
  ],
  ['language runtimes, TLS and logs', /collector\/src\/receivers\/(runtimes|tls|logs)\//],
  ['/metrics', /collector\/src\/(exporters\/prometheus|status-server)/],
  ['remote write', /collector\/src\/exporters\/remote-write|shared\/schema\/src\/remote-write|snappy/],
  ['rows to ClickHouse', /collector\/src\/exporters\/|collector\/src\/pipeline\/(line-queue|well-formed)/],
  ['samples of an interval (pipeline)', /collector\/src\/(pipeline|receivers)\//],
  ['maps of the kernel (loader)', /bpf\/loader\//],
];

/** By name: what V8 says without a place in the sources. */
const WITHOUT_PLACE: ReadonlyMap<string, string> = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'native code outside of any function'],
]);

/**
 * Share of the busy time of the main thread by stage, largest first, out of the CPU profile that process `pid` left in
 * `folder` (a child that reads its configuration leaves one beside it). What a library, Node or V8 does counts for who
 * called it. `from` and `to`: milliseconds of CLOCK_MONOTONIC.
 * @throws Error when there is none.
 */
export function stageShares(
  folder: string,
  pid: number,
  from: number,
  to: number,
): readonly (readonly [string, number])[] {
  // CPU.date.time.pid.thread.number.cpuprofile; a process that started itself anew left one before
  const file = readdirSync(folder)
    .sort()
    .findLast((name) => name.split('.')[3] === String(pid));
  if (file === undefined) throw new Error(`process ${pid} left no CPU profile in ${folder}`);
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  const stageOf = stagesOfNodes(profile.nodes);
  const times = new Map<string, number>();
  let [at, busy] = [profile.startTime, 0];
  profile.samples.forEach((id, i) => {
    const time = profile.timeDeltas[i] ?? 0;
    at += time;
    const stage = stageOf.get(id);
    if (stage === undefined || !(time > 0) || at < 1000 * from || at > 1000 * to) return;
    busy += time;
    times.set(stage, (times.get(stage) ?? 0) + time);
  });
  return [...times].map(([stage, time]) => [stage, time / busy] as const).sort((a, b) => b[1] - a[1]);
}

/** Each node's stage is its own or its nearest caller's; none while nothing runs. */
function stagesOfNodes(nodes: readonly ProfileNode[]): ReadonlyMap<number, string | undefined> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stages = new Map<number, string | undefined>();
  const visit = (node: ProfileNode, caller: string): void => {
    const { functionName, url } = node.callFrame;
    const stage =
      WITHOUT_PLACE.get(functionName) ?? STAGES.find(([, pattern]) => pattern.test(url))?.[0] ?? caller;
    stages.set(node.id, functionName === '(idle)' ? undefined : stage);
    for (const child of node.children ?? []) {
      const called = byId.get(child);
      if (called) visit(called, stage);
    }
  };
  const root = nodes[0];
  if (root) visit(root, 'Node itself (event loop, sockets, timers)');
  return stages;
}
