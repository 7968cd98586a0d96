import { gridTime, milliseconds } from '@gumshoe/base/time';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application, CellRange, Column, World } from '@gumshoe/model/world';
import { incidentId, type OpenedIncident } from '../incidents.ts';
import { clock } from '../inspections/slo-verdict.ts';

/** Impact without a broken objective, weightiest first. */
export interface UnusualImpact {
  readonly incidents: readonly OpenedIncident[];
  readonly columns: ReadonlyMap<string, Column>;
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>;
}

/** One of it: what it looks like over time, for correlation, and what shows it. */
export interface Unusual {
  readonly incident: OpenedIncident;
  readonly column: Column;
  readonly evidence: readonly Evidence[];
}

/** The heaviest first: `bad` of their breaches says how heavy they are. */
export function gathered(found: readonly Unusual[]): UnusualImpact {
  const sorted = [...found].sort(
    (a, b) => b.incident.breach.bad - a.incident.breach.bad || (a.incident.id < b.incident.id ? -1 : 1),
  );
  return {
    incidents: sorted.map(({ incident }) => incident),
    columns: new Map(sorted.map(({ incident, column }) => [incident.id, column])),
    evidence: new Map(sorted.map(({ incident, evidence }) => [incident.id, evidence])),
  };
}

export interface Stretch {
  /** What tells it from others of the application. */
  readonly key: string;
  readonly slo: OpenedIncident['slo'];
  readonly cells: CellRange;
  /** Share of requests, 0 where nobody counts them. */
  readonly impact: number;
  readonly weight: number;
  /** Given `since 10:00:00` or `from 10:00:00 to 10:05:00`. */
  readonly says: (when: string) => string;
}

/** An incident that lasts as long as a stretch in which something was unusual. */
export function incidentOver(
  { grid, interval, observed }: World,
  { id, name }: Application,
  { key, slo, cells, impact, weight, says }: Stretch,
): OpenedIncident {
  const onset = milliseconds(gridTime(grid, cells.lo) - grid.step);
  const until = gridTime(grid, cells.hi - 1);
  const over = cells.hi < grid.points - 2;
  const silent = over && observed !== undefined && observed.to <= until + grid.step + interval;
  return {
    id: incidentId(`${id}/${key}/${Math.round(onset / 1000)}`),
    application: id,
    name,
    severity: 'warning',
    openedAt: onset,
    ...(over ? { resolvedAt: until } : {}),
    ...(silent ? { silent } : {}),
    slo,
    impact,
    budgetSpent: 0,
    summary: says(over ? `from ${clock(onset)} to ${clock(until)}` : `since ${clock(onset)}`),
    breach: { cells, onset, ...(over ? { recovered: until } : {}), impact, requests: 0, bad: weight },
  };
}

/** When it was, for evidence. */
export const stretchOf = (incident: OpenedIncident, { grid }: World) => ({
  window: { from: incident.openedAt, to: gridTime(grid, incident.breach.cells.hi - 1) },
  onset: incident.openedAt,
});
