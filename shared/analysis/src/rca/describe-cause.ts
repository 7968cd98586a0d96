import type { Evidence } from '@gumshoe/model/entities';
import { sightOf } from './blind-spots.ts';
import { framesEvidence } from './candidates/cpu-hog.ts';
import { stated, type Claim } from './claim.ts';
import { confidenceOf } from './confidence.ts';
import { edgeEvidence } from './edge-evidence.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { Frame } from './frame.ts';
import type { Propagation } from './reach.ts';
import type { ApplicationSight, RankedCause } from './report.ts';
import type { Examination } from './score.ts';

/** A suspicion with its place, the tests it was put to, and where its walk began. */
export interface Suspect extends Examination {
  readonly frame: Frame;
  readonly propagation: Propagation;
}

/** The cause as it is reported: every sentence of it rests on evidence. */
export function describeCause(
  suspect: Suspect,
  rank: number,
  rival: number,
  extra: EvidenceStore,
): RankedCause {
  const { suspicion, reached, frame, falsifier, placebo, counterfactual } = suspect;
  const sights = sightsOn(suspect, extra);
  const shown = [...suspicion.evidence, ...examplesFor(suspect, rank, extra)];
  return {
    rank,
    application: reached.application.id,
    ...(suspicion.instance === undefined ? {} : { instance: suspicion.instance }),
    kind: suspect.kind,
    title: suspicion.title,
    signal: suspicion.signal,
    score: Math.round(suspect.score * 1000) / 1000,
    ...(suspicion.onset === undefined ? {} : { onset: suspicion.onset }),
    path: reached.path,
    evidence: shown,
    remediation: suspicion.remediation,
    confidence: confidenceOf({ score: suspect.score, rival, frame, sights, falsifier, counterfactual }),
    falsifier,
    ...(placebo ? { placebo } : {}),
    ...(counterfactual ? { counterfactual } : {}),
    blindSpots: sights.filter((one) => one.blind.length > 0),
    claims: claimsOf(suspect, shown),
  };
}

/** Examples of the impact itself go with the first cause. */
function examplesFor(suspect: Suspect, rank: number, extra: EvidenceStore): readonly Evidence[] {
  const { reached } = suspect;
  const own = extra.examples.get(reached.application.id) ?? [];
  const root = reached.path[0];
  const impact =
    rank === 1 && root && root !== reached.application.id ? (extra.examples.get(root) ?? []) : [];
  return [...profileOf(suspect, extra), ...own, ...impact];
}

/** The functions that grew, unless the suspicion itself rests on them. */
function profileOf({ suspicion, reached, frame }: Suspect, extra: EvidenceStore): readonly Evidence[] {
  if (suspicion.evidence.some(({ kind }) => kind === 'profile')) return [];
  const frames = framesEvidence(reached.application, frame, extra);
  return frames ? [frames.evidence] : [];
}

function sightsOn(
  { reached, frame, propagation }: Suspect,
  extra: EvidenceStore,
): readonly ApplicationSight[] {
  return reached.path.flatMap((id) => {
    const application = frame.world.byId.get(id) ?? propagation.byId.get(id)?.application;
    return application ? [sightOf(application, frame, extra)] : [];
  });
}

/** The explanation: what it is, what shows it, how it travelled, how it was tested, what to do. */
function claimsOf(suspect: Suspect, shown: readonly Evidence[]): readonly Claim[] {
  const { suspicion, falsifier, placebo, counterfactual } = suspect;
  const base = suspicion.evidence;
  return [
    { statement: `${suspicion.title}.`, basis: 'concluded', evidence: base },
    ...shown.map(stated),
    ...travelled(suspect),
    ...(counterfactual
      ? [
          {
            statement: counterfactual.statement,
            basis: 'concluded' as const,
            evidence: counterfactual.evidence,
          },
        ]
      : []),
    ...(placebo ? [{ statement: placebo.statement, basis: 'concluded' as const, evidence: base }] : []),
    { statement: falsifier.statement, basis: 'concluded', evidence: base },
    { statement: suspicion.remediation, basis: 'advice', evidence: base },
  ];
}

/** What changed on each dependency from the impacted application to the cause. */
function travelled({ reached, frame, propagation }: Suspect): readonly Claim[] {
  if (reached.direction !== 'server') return [];
  return reached.path.slice(1).flatMap((server, i) => {
    const client = reached.path[i]!;
    const dependency = frame.world.byId.get(client)?.upstreams.find((one) => one.server === server);
    const change = dependency ? propagation.changes.get(dependency) : undefined;
    const reason = change?.reasons[0];
    return change && reason ? [stated(edgeEvidence(change, reason, frame))] : [];
  });
}
