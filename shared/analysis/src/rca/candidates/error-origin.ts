import { formatValue } from '@gumshoe/base/units';
import { ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, OperationColumns } from '@gumshoe/model/world';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, promqlEvidence, rateWindow, selectApplication } from '../../evidence.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const SIGNAL = TRACE_METRICS.failures.name;
const MOST = 0.8;

/** The service whose spans fail while nothing they called failed: where the errors come from. */
export const errorOrigin = defineCandidate({
  kind: 'error-origin',
  title: 'Errors begin here',
  examine: ({ application, frame }) => {
    if (application.operations.length === 0) return undefined;
    const judged = application.operations
      .map((operation) => judge(operation, frame))
      .sort((a, b) => b.rise - a.rise || (a.operation.name < b.operation.name ? -1 : 1));
    const worst = judged[0]!;
    if (!(worst.rise > 0.002)) return clear(SIGNAL, 'no more of its spans failed by themselves than before');
    const { operation, shift, share } = worst;
    const query = `sum(rate(${selectApplication(application, SIGNAL, matchLabel('span_name', [operation.name]))}${rateWindow(frame.world)}))`;
    const summary = `${operation.name} of ${application.name} fails without a failed call below it in ${formatValue(shift.during, 'ratio')} of its spans, ${formatValue(shift.before || 0, 'ratio')} before; that is ${formatValue(share, 'ratio')} of the errors that begin anywhere.`;
    return suspect({
      title: `${application.name} fails by itself in ${operation.name}`,
      signal: SIGNAL,
      magnitude: MOST * ramp(worst.rise, 0.002, 0.05) * ramp(share, 0.05, 0.5),
      onset: shift.onset,
      column: operation.failedHere.map((value) => (value === value ? value : 0)),
      evidence: [promqlEvidence(query, frame.world.range, summary)],
      remediation: `Open a failed trace of ${operation.name}, read what ${application.name} logged then, and look at its last change and at what it calls without a span.`,
    });
  },
});

function judge(operation: OperationColumns, frame: Frame) {
  const shift = shiftOf(ratioColumn(operation.failedHere, operation.rate), frame);
  const rise = shift.during - (shift.before || 0);
  return { operation, shift, rise, share: shareOf(operation, frame) };
}

/** Of the errors that begin anywhere during the incident. */
function shareOf(operation: OperationColumns, frame: Frame): number {
  const { lo, hi } = frame.incident;
  const sum = (column: Float64Array): number => {
    let total = 0;
    for (let i = lo; i < hi; i++) total += column[i] || 0;
    return total;
  };
  const all = (one: Application): Float64Array =>
    sumColumns(
      one.operations.map(({ failedHere }) => failedHere),
      frame.world.grid.points,
    );
  const total = frame.world.applications.reduce((before, one) => before + sum(all(one)), 0);
  return total > 0 ? sum(operation.failedHere) / total : 0;
}
