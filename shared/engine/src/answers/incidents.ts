import { updateIncidents, type IncidentBook } from '@gumshoe/analysis/incidents/book';
import { groupIncidents, type Incident as Grouped } from '@gumshoe/analysis/incidents/group';
import { findIncidents, type OpenedIncident } from '@gumshoe/analysis/incidents';
import type { InspectedWorld } from '@gumshoe/analysis/inspect';
import type { Incident, IncidentImpact, IncidentNews } from '../api.ts';

/** Incidents of one look, oldest first. */
export const incidentsOf = (inspected: InspectedWorld): readonly Incident[] =>
  groupIncidents(inspected.world, findIncidents(inspected)).map(incidentOf);

/** What changed since the last look, and what to remember for the next. */
export function incidentNews(book: IncidentBook, inspected: InspectedWorld, calm?: number): IncidentNews {
  const next = updateIncidents(book, inspected, calm);
  return {
    book: next.book,
    open: next.book.entries
      .filter(({ closedAt }) => closedAt === undefined)
      .map(({ incident }) => incidentOf(incident)),
    events: next.events.map(({ kind, incident }) => ({ kind, incident: incidentOf(incident) })),
  };
}

function incidentOf(incident: Grouped): Incident {
  const { id, openedAt, resolvedAt, silent, severity, impacts, impact, budgetSpent, summary } = incident;
  const { application, name, slo } = impacts[0]!;
  return {
    id,
    application,
    name,
    slo,
    severity,
    openedAt,
    ...(resolvedAt === undefined ? {} : { resolvedAt }),
    ...(silent ? { silent } : {}),
    impact,
    budgetSpent,
    summary,
    impacts: impacts.map(impactOf),
  };
}

const impactOf = (one: OpenedIncident): IncidentImpact => ({
  application: one.application,
  name: one.name,
  slo: one.slo,
  severity: one.severity,
  openedAt: one.openedAt,
  ...(one.resolvedAt === undefined ? {} : { resolvedAt: one.resolvedAt }),
  ...(one.silent ? { silent: one.silent } : {}),
  impact: one.impact,
  budgetSpent: one.budgetSpent,
  summary: one.summary,
});
