import { CANDIDATES } from './candidates/index.ts';
import { counterfactual } from './counterfactual.ts';
import type { Suspect } from './describe-cause.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { falsifierOf } from './falsifier.ts';
import type { StartingPoint } from './impacts.ts';
import type { InspectedWorld } from '../inspect.ts';
import { placeboOf } from './placebo.ts';
import type { ClearedSuspect } from './report.ts';
import { weigh, type Weighed } from './score.ts';

export interface Found {
  readonly suspects: readonly Suspect[];
  readonly cleared: readonly ClearedSuspect[];
  /** Kinds of causes times applications in which they were looked for and there was data. */
  readonly looked: number;
}

/** A suspicion below this is not put to further tests. */
const WORTH_TESTING = 0.05;
/** What is left of a suspicion that its own falsifier speaks against. */
const DISPROVED = 0.6;

/** All that can be wrong with those from whom requests come is that they are too many. */
const SURGES = CANDIDATES.filter(({ kind }) => kind === 'traffic-surge' || kind === 'client-surge');

/** Lets every candidate look at every application on the way, and puts what they suspect to the tests. */
export function searchCauses(
  inspected: InspectedWorld,
  { frame, propagation }: StartingPoint,
  extra: EvidenceStore,
): Found {
  const weighed: Weighed[] = [];
  const cleared: ClearedSuspect[] = [];
  let looked = 0;
  for (const reached of propagation.reached) {
    const { application } = reached;
    const candidates = reached.direction === 'origin' ? SURGES : CANDIDATES;
    for (const candidate of candidates) {
      const examination = candidate.examine({ application, inspected, frame, extra });
      if (!examination) continue;
      looked++;
      for (const one of examination.suspicions) weighed.push(weigh(candidate.kind, one, reached, frame));
      if (reached.direction !== 'server') continue;
      for (const one of examination.cleared) cleared.push({ application: application.id, ...one });
    }
  }
  const tested = weighed
    .filter(({ score }) => score >= WORTH_TESTING)
    .map((one): Suspect => {
      const placebo = placeboOf(one, frame, propagation);
      const falsifier = falsifierOf(one, frame);
      // what a surge brings is spread over all it reaches, what a wrong answer does over whom it is given
      const isElsewhere = one.suspicion.floods !== undefined || one.suspicion.inAnswers === true;
      const apart = isElsewhere ? undefined : counterfactual(one.reached, frame, propagation);
      const left = (placebo?.factor ?? 1) * (falsifier.held === false ? DISPROVED : 1);
      return {
        ...one,
        score: one.score * left,
        falsifier,
        ...(placebo ? { placebo } : {}),
        ...(apart ? { counterfactual: apart } : {}),
        frame,
        propagation,
      };
    });
  return { suspects: tested, cleared, looked };
}
