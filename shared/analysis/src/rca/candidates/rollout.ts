import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { deploymentsOf } from '../../deployments/find-deployments.ts';
import { selectApplication } from '../../evidence.ts';
import { clock } from '../../inspections/slo-verdict.ts';
import { measured } from '../claim.ts';
import { clear, defineCandidate, suspect } from './define.ts';

/** A rollout further back than this is an old one, ms. */
const LEAD = 15 * 60_000;
const LAG = 30_000;
/** A new image says more. */
const MAGNITUDE = 0.7;

/** Instances replaced by ones with the same image: what changed is the configuration, the environment or the secrets. */
export const rollout = defineCandidate({
  kind: 'rollout',
  title: 'Rolled out anew',
  examine: ({ application, frame }) => {
    if (application.kind !== 'Deployment') return undefined;
    const recent = deploymentsOf(frame.world, application).filter(
      (one) => one.startedAt >= frame.onset - LEAD && one.startedAt <= frame.onset + LAG,
    );
    const signal = CONTAINER_METRICS.info.name;
    const last = recent.at(-1);
    if (!last) return clear(signal, 'it was not rolled out before the onset');
    const isNew = last.images.some((image) => !last.previousImages.includes(image));
    if (isNew) return undefined;
    const summary = `${application.name} runs as ${last.version} since ${clock(last.startedAt)} UTC, as ${last.previousVersion} before, with the same image.`;
    return suspect({
      title: `${application.name} was rolled out anew shortly before, with the same image`,
      signal,
      magnitude: MAGNITUDE,
      onset: last.startedAt,
      changed: last.instances,
      evidence: [
        measured(frame, selectApplication(application, signal), summary, {
          value: last.instances.length,
          before: 0,
          unit: 'count',
          onset: last.startedAt,
        }),
      ],
      remediation: `Compare the configuration, environment and secrets of ${application.name} with those of ${last.previousVersion}, or roll it back.`,
    });
  },
});
