import type { Application } from '@gumshoe/model/world';
import { clarity } from './blind-spots.ts';
import type { Frame } from './frame.ts';
import type { ApplicationSight, Counterfactual, Falsifier } from './report.ts';

export interface Grounds {
  readonly score: number;
  /** Score of the best other suspect; 0 without one. */
  readonly rival: number;
  readonly frame: Frame;
  readonly sights: readonly ApplicationSight[];
  readonly falsifier: Falsifier;
  readonly counterfactual: Counterfactual | undefined;
}

const NO_BASELINE = 0.7;
const DISPROVED = 0.5;
/** Logs alone: neither calls nor requests are known. */
const NO_REQUESTS = 0.5;
const UNCHECKED = 0.92;
/** What is left when the place explains nothing of the impact. */
const UNEXPLAINING = 0.6;

/**
 * How often answers like this one are right: its score, how far it is ahead of its rivals, whether what would disprove
 * it was looked for, how much of the impact it explains, and what cannot be seen. The figures are compared with how
 * often answers were right in generated clusters (`npm run eval -- rca` prints both).
 */
export function confidenceOf(grounds: Grounds): number {
  const { score, rival, frame, falsifier, counterfactual } = grounds;
  const strength = 1 - (1 - Math.min(1, score / 0.55)) ** 1.5;
  const lead = score > 0 ? Math.max(0, 1 - rival / score) : 0;
  const ahead = 0.6 + 0.4 * Math.min(1, 2 * lead);
  const withstood = !falsifier.checked ? UNCHECKED : falsifier.held === false ? DISPROVED : 1;
  const explains =
    counterfactual === undefined
      ? 0.95
      : UNEXPLAINING + (1 - UNEXPLAINING) * Math.min(1, 2 * counterfactual.share);
  const seen = 0.4 + 0.6 * clarity(grounds.sights);
  const known = (frame.hasBaseline ? 1 : NO_BASELINE) * (isCounted(frame.root) ? 1 : NO_REQUESTS);
  const value = strength * ahead * withstood * explains * seen * known;
  return Math.round(1000 * Math.min(0.99, Math.max(0.01, value))) / 1000;
}

const isCounted = ({ inbound, downstreams }: Application): boolean =>
  inbound.length > 0 || downstreams.some((one) => one.requests.length > 0);
