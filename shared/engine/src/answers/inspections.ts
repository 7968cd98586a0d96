import { compareHealth } from '@gumshoe/analysis/finding';
import type { InspectedWorld } from '@gumshoe/analysis/inspect';
import type { ApplicationFindings } from '../api.ts';
import { findingOf } from './application-page.ts';
import { applicationRow } from './overview.ts';

/** Every application with its findings, worst first. */
export function inspectionsOf({ world, applications }: InspectedWorld): readonly ApplicationFindings[] {
  return applications
    .map((one) => ({
      row: applicationRow(world, one),
      findings: one.findings.map(findingOf).sort((a, b) => compareHealth(a.health, b.health)),
    }))
    .sort((a, b) => compareHealth(a.row.health, b.row.health));
}
