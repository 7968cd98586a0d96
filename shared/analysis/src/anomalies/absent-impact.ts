import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import type { InspectedWorld } from '../inspect.ts';
import { promqlEvidence } from '../evidence.ts';
import { absenceOf } from './absence.ts';
import { absenceSignal } from './absence-evidence.ts';
import { gathered, incidentOver, stretchOf, type Unusual, type UnusualImpact } from './unusual.ts';

/** Applications of which nothing runs for a while, or not what was wanted, whoever notices. */
export function absentImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  return gathered(
    inspected.applications
      .filter((one) => application === undefined || one.application.id === application)
      .flatMap((one) => impactOf(inspected.world, one.application)),
  );
}

function impactOf(world: World, application: Application): readonly Unusual[] {
  const absence = absenceOf(world, application);
  if (!absence) return [];
  const { cells, share, missing } = absence;
  const what = share >= 1 ? 'nothing of it runs' : 'fewer of it run than are wanted';
  const incident = incidentOver(world, application, {
    key: 'absent',
    slo: 'availability',
    cells,
    impact: 0,
    weight: share * (cells.hi - cells.lo),
    says: (when) => `${application.name}: ${what} ${when} UTC.`,
  });
  const { query, value, before, unit } = absenceSignal(world, application, absence);
  const evidence = {
    ...promqlEvidence(query, world.range, incident.summary),
    ...stretchOf(incident, world),
    value,
    baselineValue: before,
    unit,
  };
  return [{ incident, column: missing, evidence: [evidence] }];
}
