import { formatValue } from '@gumshoe/base/units';
import type { Milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { InspectedApplication, InspectedWorld } from './inspect.ts';
import { clock } from './inspections/slo-verdict.ts';
import type { AlarmedBreach, Breach } from './slo/breaches.ts';
import { errorBudget } from './slo/error-budget.ts';
import type { SloResult } from './slo/evaluate.ts';

/** A missed objective with a beginning and perhaps an end. */
export interface OpenedIncident {
  readonly id: string;
  readonly application: ApplicationId;
  readonly name: string;
  /** Of the burn rate rules that fired in it, the worst. */
  readonly severity: 'warning' | 'critical';
  readonly openedAt: Milliseconds;
  readonly resolvedAt?: Milliseconds;
  /** Nothing was seen after `resolvedAt`: nobody knows whether it recovered. */
  readonly silent?: true;
  readonly slo: 'availability' | 'latency';
  /** Share of requests affected since it opened, 0..1. */
  readonly impact: number;
  /** Part of the error budget of the whole period that it used up so far; more than 1 is more than there is. */
  readonly budgetSpent: number;
  readonly summary: string;
  readonly breach: Breach;
}

/** Incidents of all applications, open ones first, then by time and name. */
export function findIncidents(inspected: InspectedWorld): readonly OpenedIncident[] {
  const incidents = inspected.applications.flatMap((one) =>
    one.serviceLevel.slos.flatMap((slo) => slo.breaches.map((breach) => openIncident(one, slo, breach))),
  );
  return incidents.sort(
    (a, b) =>
      Number(a.resolvedAt !== undefined) - Number(b.resolvedAt !== undefined) ||
      a.openedAt - b.openedAt ||
      b.impact - a.impact ||
      (a.id < b.id ? -1 : 1),
  );
}

function openIncident(one: InspectedApplication, slo: SloResult, breach: AlarmedBreach): OpenedIncident {
  const { id, name } = one.application;
  return {
    id: incidentId(`${id}/${slo.kind}/${Math.round(breach.onset / 1000)}`),
    application: id,
    name,
    severity: breach.severity,
    openedAt: breach.onset,
    ...(breach.recovered === undefined ? {} : { resolvedAt: breach.recovered }),
    ...(breach.silent ? { silent: breach.silent } : {}),
    slo: slo.kind,
    impact: breach.impact,
    budgetSpent: budgetSpent(slo, breach),
    summary: summarize(name, slo, breach),
    breach,
  };
}

/** Of the whole period: with little history its traffic is taken to be that of what was seen. */
function budgetSpent({ budget, objective, period }: SloResult, { bad }: Breach): number {
  const { allowed } = errorBudget(budget, objective, { period });
  return allowed > 0 ? bad / allowed : 0;
}

function summarize(name: string, slo: SloResult, breach: Breach): string {
  const what =
    slo.kind === 'availability'
      ? 'failed'
      : `took longer than ${formatValue(slo.threshold ?? 0, 'seconds')} or hung`;
  const share = `${formatValue(breach.impact, 'ratio')} of requests to ${name} ${what}`;
  return `${share} ${whenText(breach.onset, breach.recovered, breach.silent)}.`;
}

/** `since 10:00:00 UTC`, `from … to … UTC`; without an end that anybody saw, the last that was seen. */
export function whenText(from: Milliseconds, to: Milliseconds | undefined, silent = false): string {
  if (to === undefined) return `since ${clock(from)} UTC`;
  const range = `from ${clock(from)} to ${clock(to)} UTC`;
  return silent ? `${range}, when the last was seen of it` : range;
}

/** Eight hex digits (FNV-1a 32): the same for the same application, objective and onset. */
export function incidentId(key: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
