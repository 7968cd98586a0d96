import type { ProfileFilter, StackSamples } from '@gumshoe/engine/ports';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { PROFILING_SAMPLES, PROFILING_STACKS } from '@gumshoe/schema/tables/profiles';
import type { SqlRequest } from '../transports.ts';
import { instant } from './spans.ts';

const MAX_STACKS = 100_000;

/** Distinct stacks of the window with their summed values and which part of these misses callers, in the order of their hashes. */
export function profileRequest(filter: ProfileFilter): SqlRequest {
  const params: Record<string, string> = {
    from: instant(filter.range.from),
    to: instant(filter.range.to),
    service: filter.serviceName,
    type: filter.type,
    container: filter.containerId ?? '',
  };
  const container = filter.containerId === undefined ? '' : "AND Labels['container.id'] = {container:String}";
  const query = `SELECT any(k.Stack) AS Stack, sum(s.Whole) AS Value, sum(s.Cut) AS Cut
    FROM (
      SELECT StackHash, sum(Value) AS Whole, sumIf(Value, Labels['stack.cut'] = 'true') AS Cut FROM ${DATABASE}.${PROFILING_SAMPLES.name}
      WHERE ServiceName = {service:String} AND Type = {type:String} ${container}
        AND End > fromUnixTimestamp64Nano({from:Int64}) AND Start <= fromUnixTimestamp64Nano({to:Int64})
      GROUP BY StackHash
    ) AS s
    INNER JOIN (
      SELECT Hash, any(Stack) AS Stack FROM ${DATABASE}.${PROFILING_STACKS.name}
      WHERE ServiceName = {service:String} GROUP BY Hash
    ) AS k ON k.Hash = s.StackHash
    GROUP BY s.StackHash ORDER BY s.StackHash LIMIT ${MAX_STACKS}`;
  return { query, params, maxRows: MAX_STACKS, timeoutMs: 30_000 };
}

export function stackSamplesOf(rows: readonly (readonly unknown[])[], type: string): StackSamples {
  const frames: string[] = [];
  const indexOf = new Map<string, number>();
  const index = (frame: string): number => {
    const known = indexOf.get(frame);
    if (known !== undefined) return known;
    indexOf.set(frame, frames.length);
    return frames.push(frame) - 1;
  };
  const stacks = rows.map(([stack]) => Uint32Array.from(stack as readonly string[], index));
  const values = Float64Array.from(rows, ([, value]) => Number(value));
  const unit = type.endsWith(':nanoseconds') ? 'nanoseconds' : type.endsWith(':bytes') ? 'bytes' : 'count';
  const cut = rows.reduce((sum, row) => sum + Number(row[2] ?? 0), 0);
  return { frames, stacks, values, unit, ...(cut > 0 ? { cut } : {}) };
}
