import { gzipSync } from 'node:zlib';
import type { TimeRange } from '@gumshoe/base/time';
import type { FlameGraph } from '@gumshoe/engine/api';
import { encodePprof, type PprofSample } from '@gumshoe/schema/pprof/encode';

const KINDS: Readonly<Record<FlameGraph['unit'], string>> = {
  nanoseconds: 'cpu',
  bytes: 'space',
  count: 'samples',
};

/** A flame graph as a compressed pprof file: `go tool pprof -top FILE` and every other reader of the format. */
export function pprofFile(graph: FlameGraph, range: TimeRange): Uint8Array {
  const nanos = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;
  return gzipSync(
    encodePprof({
      valueTypes: [{ type: KINDS[graph.unit], unit: graph.unit }],
      samples: samplesOf(graph),
      timeNanos: nanos(range.from),
      durationNanos: nanos(range.to - range.from),
    }),
  );
}

/** Each node that has a value of its own is a stack; node 0 stands for all and is no function. */
function* samplesOf({ names, name, parent, self }: FlameGraph): Generator<PprofSample> {
  for (let node = 1; node < name.length; node++) {
    if (!self[node]) continue;
    const stack: string[] = [];
    for (let at = node; at > 0; at = parent[at] ?? 0) stack.push(names[name[at] ?? 0] ?? '');
    yield { stack, values: [self[node] ?? 0] };
  }
}
