import { gridTime, milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { InspectedWorld } from '../inspect.ts';
import { impactsOf } from './impacts.ts';
import { investigate, type InvestigateOptions } from './investigate.ts';

/** A look at traces, logs or a profile that would back up a suspicion. */
export interface EvidenceRequest {
  readonly application: ApplicationId;
  readonly signal: 'profile' | 'traces' | 'logs' | 'attributes' | 'failures';
  readonly range: TimeRange;
  /** Calm time to compare with. */
  readonly baseline: TimeRange;
  readonly errorsOnly: boolean;
}

const SUSPECTS = 3;
/** Kinds that a CPU profile can explain. */
const PROFILED: ReadonlySet<string> = new Set([
  'cpu-change',
  'cpu-hog',
  'cpu-throttled',
  'event-loop',
  'image-change',
  'interpreter-lock',
  'memory-leak',
  'redis-slow',
  'self-time',
  'service-slow',
]);

/** What a first pass over the metrics would like to see of its best suspects; empty when nothing is wrong. */
export function wantedEvidence(
  inspected: InspectedWorld,
  options: InvestigateOptions = {},
): readonly EvidenceRequest[] {
  const { incidents, points } = impactsOf(inspected, options.application);
  const [started] = points;
  if (!started) return [];
  const { frame, root } = started;
  const { grid } = inspected.world;
  const range = { from: frame.onset, to: frame.until };
  const baseline = {
    from: gridTime(grid, frame.baseline.lo),
    to: milliseconds(Math.max(gridTime(grid, frame.baseline.lo), gridTime(grid, frame.baseline.hi - 1))),
  };
  const errorsOnly = incidents.some((one) => one.application === root.id && one.slo === 'availability');
  const request = (application: ApplicationId, signal: EvidenceRequest['signal']): EvidenceRequest => ({
    application,
    signal,
    range,
    baseline,
    errorsOnly,
  });
  const suspects = investigate(inspected, options).causes.slice(0, SUSPECTS);
  const profiled = suspects.filter((cause) => PROFILED.has(cause.kind)).map((cause) => cause.application);
  const failing = suspects.filter(({ kind }) => kind === 'error-origin').map((cause) => cause.application);
  const logged = suspects.slice(0, 1).map((cause) => cause.application);
  return [
    request(root.id, 'traces'),
    ...[...new Set(profiled)].map((id) => request(id, 'profile')),
    ...logged.map((id) => request(id, 'logs')),
    ...logged.map((id) => request(id, 'attributes')),
    ...failing.map((id) => request(id, 'failures')),
  ];
}
