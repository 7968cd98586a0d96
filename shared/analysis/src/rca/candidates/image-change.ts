import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { selectApplication } from '../../evidence.ts';
import { clock } from '../../inspections/slo-verdict.ts';
import { measured } from '../claim.ts';
import { clear, defineCandidate, suspect } from './define.ts';

/** A change further back than this is an old one, ms. */
const LEAD = 15 * 60_000;
const LAG = 30_000;
const MAGNITUDE = 0.8;

export const imageChange = defineCandidate({
  kind: 'image-change',
  title: 'New version',
  examine: ({ application, frame }) => {
    const changes = application.instances.flatMap((instance) => instance.images);
    if (changes.length === 0) return undefined;
    const first = new Set(changes.filter((change) => change.at < frame.onset - LEAD).map((one) => one.image));
    const known = first.size > 0 ? first : new Set([[...changes].sort((a, b) => a.at - b.at)[0]!.image]);
    const fresh = changes
      .filter((one) => !known.has(one.image) && one.at >= frame.onset - LEAD && one.at <= frame.onset + LAG)
      .sort((a, b) => a.at - b.at || (a.image < b.image ? -1 : 1));
    // of several the one right before the trouble, since its first replica
    const latest = fresh.at(-1)?.image;
    const change = fresh.find(({ image }) => image === latest);
    const signal = CONTAINER_METRICS.info.name;
    if (!change) return clear(signal, 'no new version before the onset');
    const previous = fresh.findLast(({ image }) => image !== latest)?.image ?? [...known].join(', ');
    const summary = `${application.name} runs ${change.image} since ${clock(change.at)} UTC, ${previous} before.`;
    return suspect({
      title: `${application.name} was changed to ${change.image} shortly before`,
      signal,
      magnitude: MAGNITUDE,
      onset: change.at,
      evidence: [
        measured(frame, selectApplication(application, signal), summary, {
          value: fresh.length,
          before: 0,
          unit: 'count',
          onset: change.at,
        }),
      ],
      remediation: `Roll ${application.name} back to ${previous} and compare.`,
    });
  },
});
