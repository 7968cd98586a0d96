import { MINUTE } from '@gumshoe/base/time';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { deploymentsOf, type Deployment } from '../deployments/find-deployments.ts';
import { selectApplication } from '../evidence.ts';
import { clock } from '../inspections/slo-verdict.ts';
import { measured } from './claim.ts';
import type { Frame } from './frame.ts';
import { perFrame } from './memo.ts';

/** A change that came so long before something else, ms, came with it. */
const LEAD = 2 * MINUTE;

const rolloutsOf = perFrame((application: Application, { world }) => deploymentsOf(world, application));

/** The rollout of an application that came right as something began (`onset`, ms); undefined: there was none. */
export const rolloutAt = (application: Application, onset: number, frame: Frame): Deployment | undefined =>
  rolloutsOf(application, frame).findLast(
    ({ startedAt }) =>
      startedAt >= onset - LEAD && startedAt <= onset + frame.world.grid.step + frame.world.interval,
  );

/** That it was rolled out then. */
export function changeEvidence(
  application: Application,
  { startedAt, version, previousVersion, instances }: Deployment,
  frame: Frame,
): Evidence {
  return measured(
    frame,
    selectApplication(application, CONTAINER_METRICS.info.name),
    `${application.name} runs as ${version} since ${clock(startedAt)} UTC, as ${previousVersion} before.`,
    { value: instances.length, before: 0, unit: 'count', onset: startedAt },
  );
}
