import { HOUR, MINUTE, type Milliseconds } from '@gumshoe/base/time';
import { findIncidents } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { groupIncidents, type Incident } from './group.ts';

/** What is remembered of incidents from one look to the next. Plain data: it can be stored and read again. */
export interface IncidentBook {
  readonly entries: readonly BookEntry[];
}

export interface BookEntry {
  readonly incident: Incident;
  /** Newest look that found it. */
  readonly seenAt: Milliseconds;
  /** When it was called resolved; undefined while it is open. */
  readonly closedAt?: Milliseconds;
  /** Incidents that turned out to be this one. */
  readonly absorbed: readonly AbsorbedIncident[];
}

/** What was an incident of its own until it was seen to be part of another. */
export interface AbsorbedIncident {
  readonly id: string;
  readonly openedAt: Milliseconds;
  /** When its own objectives were met again; undefined while one of them is missed. */
  readonly resolvedAt?: Milliseconds;
  /** Its objectives: application and kind. */
  readonly objectives: readonly string[];
}

export interface IncidentEvent {
  readonly kind: 'opened' | 'updated' | 'merged' | 'reopened' | 'resolved';
  readonly incident: Incident;
  /** Of `merged`: what was an incident of its own until now. */
  readonly absorbed?: readonly string[];
}

export const EMPTY_BOOK: IncidentBook = { entries: [] };

/** Must have been good for this long before it is called resolved, ms. */
export const CALM = 2 * MINUTE;
/** An incident that no look finds any more is over after this long, ms. */
const VANISHED = 5 * MINUTE;
/** What comes back this soon is the same incident, ms. */
const REOPEN = 10 * MINUTE;
/** Resolved incidents are remembered for this long, ms, and not more than so many. */
const REMEMBERED = 24 * HOUR;
const MOST = 500;

/**
 * The book after a look at a world, and what happened since the last one. Call it with ascending windows; `calm` is
 * how long all must have been good before an incident is called resolved, ms.
 */
export function updateIncidents(
  book: IncidentBook,
  inspected: InspectedWorld,
  calm: number = CALM,
): { readonly book: IncidentBook; readonly events: readonly IncidentEvent[] } {
  const now = inspected.world.range.to;
  const found = groupIncidents(inspected.world, findIncidents(inspected));
  const events: IncidentEvent[] = [];
  const taken = new Set<string>();
  const entries = found.flatMap((incident) => {
    const known = book.entries.filter((entry) => !taken.has(entry.incident.id) && isSame(entry, incident));
    for (const entry of known) taken.add(entry.incident.id);
    const next = known.length > 0 ? continued(known, incident, now, calm) : begun(incident, now, calm);
    if (next) events.push(...eventsOf(known, next));
    return next ?? [];
  });
  for (const entry of book.entries) {
    if (taken.has(entry.incident.id)) continue;
    const next = persists(entry, inspected, calm) ? { ...entry, seenAt: now } : forget(entry, now);
    if (next) entries.push(next);
    if (next && entry.closedAt === undefined && next.closedAt !== undefined)
      events.push({ kind: 'resolved', incident: next.incident });
  }
  return { book: { entries: entries.sort(byAge).slice(-MOST) }, events };
}

/** Open ones first, then by time. */
export function incidentsOf(book: IncidentBook): readonly Incident[] {
  return [...book.entries]
    .sort((a, b) => Number(a.closedAt !== undefined) - Number(b.closedAt !== undefined) || byAge(a, b))
    .map(({ incident }) => incident);
}

const byAge = (a: BookEntry, b: BookEntry): number =>
  a.incident.openedAt - b.incident.openedAt || (a.incident.id < b.incident.id ? -1 : 1);

/** An objective of an application has one incident at a time; onsets shift a little as data arrives. */
function isSame({ incident, closedAt }: BookEntry, found: Incident): boolean {
  const keys = new Set(incident.impacts.map(objectiveOf));
  if (!found.impacts.some((one) => keys.has(objectiveOf(one)))) return false;
  const end = closedAt === undefined ? Infinity : (incident.resolvedAt ?? closedAt) + REOPEN;
  return found.openedAt <= end && (found.resolvedAt ?? Infinity) >= incident.openedAt;
}

/** What was over before anybody looked is written down as resolved. */
function begun(incident: Incident, now: Milliseconds, calm: number): BookEntry {
  return { incident, seenAt: now, absorbed: [], ...closing(incident, now, calm) };
}

const closing = ({ resolvedAt }: Incident, now: Milliseconds, calm: number): Pick<BookEntry, 'closedAt'> =>
  resolvedAt !== undefined && now - resolvedAt >= calm ? { closedAt: now } : {};

function continued(known: readonly BookEntry[], found: Incident, now: Milliseconds, calm: number): BookEntry {
  const [oldest, ...others] = [...known].sort(byAge);
  const { incident, absorbed, closedAt } = oldest!;
  // Its beginning may have left the window, and the budget spent until then with it.
  const kept: Incident = {
    ...found,
    id: incident.id,
    openedAt: Math.min(incident.openedAt, found.openedAt) as Milliseconds,
    severity: known.some((entry) => entry.incident.severity === 'critical') ? 'critical' : found.severity,
    budgetSpent: Math.max(incident.budgetSpent, found.budgetSpent),
  };
  const still = closing(kept, now, calm).closedAt === undefined ? {} : { closedAt: closedAt ?? now };
  const parts = [...absorbed, ...others.flatMap((entry) => [absorbedFrom(entry), ...entry.absorbed])];
  return {
    incident: kept,
    seenAt: now,
    absorbed: parts.map((one) => ({ ...one, ...resolutionOf(one, kept) })),
    ...still,
  };
}

const objectiveOf = ({ application, slo }: Incident['impacts'][number]): string => `${application} ${slo}`;

const absorbedFrom = ({ incident }: BookEntry): AbsorbedIncident => ({
  id: incident.id,
  openedAt: incident.openedAt,
  objectives: incident.impacts.map(objectiveOf),
});

/** A part may be over before the whole is. What no look finds any more ended with what took its place, at the latest. */
function resolutionOf(
  { resolvedAt, objectives }: AbsorbedIncident,
  { impacts, resolvedAt: ended }: Incident,
): Pick<AbsorbedIncident, 'resolvedAt'> {
  const own = impacts.filter((one) => objectives.includes(objectiveOf(one)));
  if (own.length === 0) {
    const last = resolvedAt ?? ended;
    return last === undefined ? {} : { resolvedAt: last };
  }
  if (own.some((one) => one.resolvedAt === undefined)) return {};
  return { resolvedAt: Math.max(...own.map((one) => one.resolvedAt!)) as Milliseconds };
}

function eventsOf(known: readonly BookEntry[], next: BookEntry): readonly IncidentEvent[] {
  const { incident, closedAt } = next;
  const open = closedAt === undefined;
  if (known.length === 0) return open ? [{ kind: 'opened', incident }] : [];
  const wasOpen = known.some((entry) => entry.closedAt === undefined);
  const merged = known.filter((entry) => entry.incident.id !== incident.id).map((entry) => entry.incident.id);
  return [
    ...(merged.length > 0 ? [{ kind: 'merged', incident, absorbed: merged } as const] : []),
    ...(open && !wasOpen ? [{ kind: 'reopened', incident } as const] : []),
    ...(!open && wasOpen ? [{ kind: 'resolved', incident } as const] : []),
    ...(open && wasOpen && changed(known, incident) ? [{ kind: 'updated', incident } as const] : []),
  ];
}

/** Another application or objective is hit, or it became critical: worth telling. Figures alone are not. */
function changed(known: readonly BookEntry[], incident: Incident): boolean {
  const before = new Set(known.flatMap((entry) => entry.incident.impacts.map(objectiveOf)));
  return (
    incident.impacts.some((one) => !before.has(objectiveOf(one))) ||
    known.every((entry) => entry.incident.severity !== incident.severity)
  );
}

/**
 * Whether an open incident goes on although nothing stands out any more: what has lasted for all of the window
 * looks usual. Told by a memory that a single look does not have.
 */
function persists({ incident, closedAt }: BookEntry, { world, byId }: InspectedWorld, calm: number): boolean {
  if (closedAt !== undefined) return false;
  const { hi } = world.window;
  const lo = Math.max(0, hi - Math.max(4, Math.round(calm / world.grid.step)));
  return incident.impacts.some(({ application, slo: kind, impact }) => {
    const slo = byId.get(application)?.serviceLevel.slos.find((one) => one.kind === kind);
    return slo !== undefined && slo.budget.badShare(lo, hi) > Math.max(1 - slo.objective, impact / 2);
  });
}

function forget(entry: BookEntry, now: Milliseconds): BookEntry | undefined {
  const { incident, seenAt, closedAt } = entry;
  if (closedAt !== undefined) return now - closedAt <= REMEMBERED ? entry : undefined;
  if (now - seenAt < VANISHED) return entry;
  const resolvedAt = incident.resolvedAt ?? seenAt;
  return {
    ...entry,
    closedAt: now,
    incident: { ...incident, resolvedAt },
    absorbed: entry.absorbed.map((one) => ({ ...one, resolvedAt: one.resolvedAt ?? resolvedAt })),
  };
}
