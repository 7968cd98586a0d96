import type { Incident } from '@gumshoe/engine/api';

export interface Transition {
  readonly event: 'opened' | 'resolved';
  readonly incident: Incident;
}

/**
 * What changed between two looks. An incident opens once; it closes when a look finds it resolved, or no
 * longer finds it at all in `looksToClose` looks in a row (its window has moved on).
 */
export class IncidentLedger {
  private readonly looksToClose: number;
  private readonly open = new Map<string, { incident: Incident; missing: number }>();

  constructor(looksToClose = 2) {
    this.looksToClose = looksToClose;
  }

  /** Incidents now open, oldest first. */
  incidents(): Incident[] {
    return [...this.open.values()].map((entry) => entry.incident);
  }

  /** Takes back a transition that could not be told, so that the next look finds it again. */
  untell({ event, incident }: Transition): void {
    const key = keyOf(incident);
    if (event === 'opened') this.open.delete(key);
    else this.open.set(key, { incident, missing: this.looksToClose - 1 });
  }

  look(found: readonly Incident[]): Transition[] {
    const transitions: Transition[] = [];
    for (const incident of found) {
      const key = keyOf(incident);
      const known = this.open.get(key);
      if (incident.resolvedAt !== undefined) {
        if (known) transitions.push({ event: 'resolved', incident });
        this.open.delete(key);
      } else if (known) {
        this.open.set(key, {
          incident: { ...incident, id: known.incident.id, openedAt: known.incident.openedAt },
          missing: 0,
        });
      } else {
        this.open.set(key, { incident, missing: 0 });
        transitions.push({ event: 'opened', incident });
      }
    }
    const seen = new Set(found.map(keyOf));
    for (const [key, entry] of this.open) {
      if (seen.has(key)) continue;
      entry.missing++;
      if (entry.missing < this.looksToClose) continue;
      this.open.delete(key);
      transitions.push({ event: 'resolved', incident: entry.incident });
    }
    return transitions;
  }
}

/** Onsets shift by a step as data arrives; an application's objective has one open incident at a time. */
const keyOf = (incident: Incident): string => `${incident.application} ${incident.slo}`;
