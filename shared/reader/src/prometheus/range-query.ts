import type { GridSeries } from '@gumshoe/base/series';
import { gridTime, type TimeGrid } from '@gumshoe/base/time';
import type { AnnotatedMatrix } from '@gumshoe/engine/ports';
import type { PrometheusTransport } from '../transports.ts';
import { gridSeries } from './answers.ts';
import { joinGrids } from './join-pieces.ts';
import { isTooLarge } from './limits.ts';

/** Prometheus refuses over 11,000 points a series (web/api/v1/api.go). */
const MOST_POINTS = 11_000;

interface Part {
  readonly series: readonly GridSeries[];
  readonly points: number;
}

/** A range query, evaluated by the server; a long grid in parts, and in halves where the server finds it too large. */
export async function queryRangeOf(
  transport: PrometheusTransport,
  promql: string,
  grid: TimeGrid,
  signal?: AbortSignal,
): Promise<AnnotatedMatrix> {
  const warnings = new Set<string>();
  const warn = (text: string): void => void warnings.add(text);
  const ask = async (part: TimeGrid): Promise<Part> => {
    const params = {
      query: promql,
      start: String(part.from / 1000),
      end: String(gridTime(part, part.points - 1) / 1000),
      step: String(part.step / 1000),
    };
    const data = await transport.get('/api/v1/query_range', params, signal, warn);
    return { series: gridSeries(data, part), points: part.points };
  };
  const read = async (part: TimeGrid): Promise<readonly Part[]> => {
    try {
      return [await ask(part)];
    } catch (error) {
      if (!isTooLarge(error) || part.points < 2 || signal?.aborted) throw error;
      return inOrder(halves(part, Math.ceil(part.points / 2)), read);
    }
  };
  const series = joinGrids(await inOrder(halves(grid, MOST_POINTS), read));
  return { grid, series, ...(warnings.size > 0 ? { warnings: [...warnings] } : {}) };
}

async function inOrder<T>(
  parts: readonly TimeGrid[],
  read: (part: TimeGrid) => Promise<readonly T[]>,
): Promise<T[]> {
  const out: T[] = [];
  for (const part of parts) out.push(...(await read(part)));
  return out;
}

/** Parts of at most `most` points. */
function halves(grid: TimeGrid, most: number): TimeGrid[] {
  const count = Math.ceil(grid.points / most);
  return Array.from({ length: count }, (_, i) => ({
    from: gridTime(grid, i * most),
    step: grid.step,
    points: Math.min(most, grid.points - i * most),
  }));
}
