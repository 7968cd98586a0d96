import { formatValue } from '@gumshoe/base/units';
import { meanOf, ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column } from '@gumshoe/model/world';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, promqlEvidence, rateWindow, selectApplication } from '../../evidence.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const SIGNAL = TRACE_METRICS.selfTime.name;
/** A place is not yet a reason: what saturates or breaks there says more. */
const MOST = 0.8;
/** Share of the impact below which a service is not where the time goes. */
const LEAST_SHARE = 0.08;

/**
 * The service in which the additional time is spent: its spans' own time, for each request that enters at the impacted
 * application. Had it stayed as before, that much of the impact would be gone (the counterfactual).
 */
export const selfTime = defineCandidate({
  kind: 'self-time',
  title: 'Slower in itself',
  examine: ({ application, frame }) => {
    if (application.operations.length === 0) return undefined;
    const perRequest = perRootRequest(frame, ownTime(application, frame));
    const rise = riseOf(perRequest, frame);
    const impact = latencyRise(frame);
    if (!(impact > 0)) return undefined;
    const share = Math.min(1, rise.by / impact);
    const times = `${formatValue(rise.before, 'seconds')} → ${formatValue(rise.during, 'seconds')}`;
    if (!(share >= LEAST_SHARE))
      return clear(SIGNAL, `its own time per request of ${frame.root.name} did not rise: ${times}`);
    const operation = slowestOperation(application, frame);
    const query = `sum(rate(${selectApplication(application, SIGNAL, matchLabel('span_name', [operation]))}${rateWindow(frame.world)}))`;
    const summary = `${application.name} itself takes ${times} for each request of ${frame.root.name}; had it stayed as before, ${formatValue(share, 'ratio')} of the additional latency would be gone.`;
    return suspect({
      title: `${application.name} is slower in itself, most of all in ${operation}`,
      signal: SIGNAL,
      magnitude: MOST * ramp(share, LEAST_SHARE, 0.6),
      onset: shiftOf(perRequest, frame).onset,
      column: perRequest,
      evidence: [promqlEvidence(query, frame.world.range, summary)],
      remediation: `Look into ${operation} of ${application.name}: a profile (on and off CPU), its locks, what it calls without a span, and its last change.`,
    });
  },
});

function ownTime(application: Application, { world }: Frame): Column {
  return sumColumns(
    application.operations.map((one) => one.selfTime),
    world.grid.points,
  );
}

function rootRate({ root, world }: Frame): Column {
  return sumColumns(
    root.inbound.map((one) => one.rate),
    world.grid.points,
  );
}

const perRootRequest = (frame: Frame, own: Column): Column => ratioColumn(own, rootRate(frame));

function riseOf(column: Column, frame: Frame) {
  const before = meanOf(column, frame.baseline) || 0;
  const during = meanOf(column, frame.incident);
  return { before, during, by: during - before };
}

/** Seconds by which requests of the impacted application became slower. */
function latencyRise(frame: Frame): number {
  const sum = sumColumns(
    frame.root.inbound.map((one) => one.durationSum),
    frame.world.grid.points,
  );
  return riseOf(ratioColumn(sum, rootRate(frame)), frame).by;
}

function slowestOperation(application: Application, frame: Frame): string {
  const ranked = application.operations
    .map((one) => ({ name: one.name, by: riseOf(perRootRequest(frame, one.selfTime), frame).by || 0 }))
    .sort((a, b) => b.by - a.by || (a.name < b.name ? -1 : 1));
  return ranked[0]?.name ?? '';
}
