import { clock } from '../inspections/slo-verdict.ts';
import type { InspectedWorld } from '../inspect.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { StartingPoint } from './impacts.ts';

export interface Unexamined {
  readonly subject: string;
  readonly reason: string;
}

/** What the investigation could not look at, so that silence is not taken for innocence. */
export function notExamined(
  inspected: InspectedWorld,
  started: Pick<StartingPoint, 'frame' | 'propagation'> | undefined,
  extra: EvidenceStore,
): readonly Unexamined[] {
  const { world } = inspected;
  const applications = started
    ? started.propagation.reached.filter((one) => one.direction === 'server').map((one) => one.application)
    : world.applications;
  const out: Unexamined[] = world.gaps.map((gap) => ({
    subject: `node ${gap.hostname}`,
    reason: `its metrics are missing from ${clock(gap.from)} UTC ${gap.to === undefined ? 'on' : `to ${clock(gap.to)} UTC`}`,
  }));
  if (started && !started.frame.hasBaseline) {
    out.push({
      subject: 'the time before',
      reason: 'the trouble began with the first samples, so there is no calm time to compare with',
    });
  }
  for (const application of applications) {
    if (application.type === 'postgres' && !application.postgres.some((one) => one.up.some((v) => v === v))) {
      out.push({
        subject: `${application.name}: locks and queries`,
        reason: 'no database probe reports on it',
      });
    }
    if (application.type === 'redis' && !application.redis.some((one) => one.up.some((v) => v === v))) {
      out.push({ subject: `${application.name}: commands`, reason: 'no database probe reports on it' });
    }
    if (application.kind === 'ExternalService') {
      out.push({ subject: application.name, reason: 'it runs outside of what the collectors see' });
    }
  }
  if (world.applications.length > 0 && world.applications.every((one) => one.logs.length === 0)) {
    out.push({ subject: 'log patterns', reason: 'no application reports log messages' });
  }
  return [...out, ...extra.missing];
}
