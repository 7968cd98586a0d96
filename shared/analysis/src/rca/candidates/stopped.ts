import { formatValue } from '@gumshoe/base/units';
import { meanOf, ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Application, Column } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, rateWindow, selectApplication, selectDependency } from '../../evidence.ts';
import { measured, type Figures } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect, type Suspicion } from './define.ts';

const MOST = 0.6;
/** What happened less often than this before proves nothing by its absence, times in the calm stretch. */
const LEAST_SEEN = 30;
/** What is left of it, at most. */
const GONE = 0.25;

/**
 * What no longer happens although the requests that used to bring it about still come: calls to a dependency, spans of
 * one name, a log message. Early returns and swallowed exceptions show on no resource chart.
 */
export const stopped = defineCandidate({
  kind: 'stopped',
  title: 'Something no longer happens',
  examine: ({ application, frame, inspected }) => {
    const served = sumColumns(
      application.inbound.map((one) => one.rate),
      frame.world.grid.points,
    );
    if (!(meanOf(served, frame.incident) > 0) || !(meanOf(served, frame.baseline) > 0)) return undefined;
    const nameOf = (id: Application['id']): string => inspected.world.byId.get(id)?.name ?? id;
    const found = [
      ...callsOf(application, served, frame, nameOf),
      ...operationsOf(application, served, frame),
      ...messagesOf(application, served, frame),
    ].sort((a, b) => b.magnitude - a.magnitude || (a.title < b.title ? -1 : 1));
    const [worst] = found;
    return worst ? suspect(worst) : clear('absence', 'it still calls, does and logs what it did before');
  },
});

interface Ceased {
  readonly left: number;
  readonly column: Column;
  readonly onset: Suspicion['onset'];
  readonly rates: string;
  readonly figures: Figures;
}

/** undefined while it goes on, as often for each request as before. */
function ceased(rate: Column, served: Column, frame: Frame): Ceased | undefined {
  const seconds = frame.world.grid.step / 1000;
  if (!(sumOf(rate, frame.baseline) * seconds >= LEAST_SEEN)) return undefined;
  const per = ratioColumn(rate, served);
  const before = meanOf(per, frame.baseline);
  const during = meanOf(per, frame.incident) || 0;
  if (!(before > 0) || during > GONE * before) return undefined;
  const missing = per.map((value) => (value === value ? Math.max(0, before - value) : NaN));
  const { onset } = shiftOf(missing, frame);
  return {
    left: during / before,
    column: missing,
    onset,
    rates: `${before.toFixed(2)} → ${during.toFixed(2)} for each request it serves`,
    figures: { value: during, before, unit: 'ratio', onset },
  };
}

function suspicionOf(
  { left, column, onset }: Ceased,
  weight: number,
  parts: Pick<Suspicion, 'title' | 'signal' | 'evidence' | 'remediation'>,
): Suspicion {
  return {
    ...parts,
    magnitude: weight * MOST * ramp(1 - left, 1 - GONE, 1),
    column,
    ...(onset === undefined ? {} : { onset }),
  };
}

function callsOf(
  application: Application,
  served: Column,
  frame: Frame,
  nameOf: (id: Application['id']) => string,
): readonly Suspicion[] {
  return application.upstreams.flatMap((dependency) => {
    const rate = sumColumns(
      dependency.requests.map((one) => one.rate),
      frame.world.grid.points,
    );
    const found = ceased(rate, served, frame);
    const source = dependency.requests[0]?.protocol;
    if (!found || !source) return [];
    const server = nameOf(dependency.server);
    const signal = requestMetrics(source).count.name;
    const query = `sum(rate(${selectDependency(dependency, signal)}${rateWindow(frame.world)}))`;
    const summary = `Calls of ${application.name} to ${server}: ${found.rates}.`;
    return [
      suspicionOf(found, 1, {
        title: `${application.name} no longer calls ${server}`,
        signal,
        evidence: [measured(frame, query, summary, found.figures)],
        remediation: `Look for an early return or a swallowed error before the call to ${server} in ${application.name}; compare a trace of now with one of before.`,
      }),
    ];
  });
}

function operationsOf(application: Application, served: Column, frame: Frame): readonly Suspicion[] {
  return application.operations.flatMap((operation) => {
    const found = ceased(operation.rate, served, frame);
    if (!found) return [];
    const signal = TRACE_METRICS.spans.name;
    const query = `sum(rate(${selectApplication(application, signal, matchLabel('span_name', [operation.name]))}${rateWindow(frame.world)}))`;
    const summary = `Spans ${operation.name} of ${application.name}: ${found.rates}.`;
    return [
      suspicionOf(found, 0.9, {
        title: `${application.name} no longer does ${operation.name}`,
        signal,
        evidence: [measured(frame, query, summary, found.figures)],
        remediation: `Compare a trace through ${application.name} of now with one of before: which step is missing, and which condition skips it?`,
      }),
    ];
  });
}

function messagesOf(application: Application, served: Column, frame: Frame): readonly Suspicion[] {
  return application.logs.flatMap((pattern) => {
    const rate = pattern.rate.map((value) => (value === value ? value : 0));
    const found = ceased(rate, served, frame);
    if (!found) return [];
    const text = pattern.sample || pattern.pattern;
    const bySpans = application.instances.length === 0;
    const signal = bySpans ? TRACE_METRICS.logMessages.name : CONTAINER_METRICS.logMessages.name;
    const query = `sum(rate(${selectApplication(application, signal, matchLabel('pattern_hash', [pattern.pattern]))}${rateWindow(frame.world)}))`;
    const summary = `Messages like "${text}" of ${application.name}: ${found.rates}; ${formatValue(meanOf(rate, frame.incident), 'per-second')} now.`;
    return [
      suspicionOf(found, 0.6, {
        title: `${application.name} no longer logs "${text}"`,
        signal,
        evidence: [measured(frame, query, summary, found.figures)],
        remediation: `Find what ${application.name} does where it logged this, and why it no longer gets there.`,
      }),
    ];
  });
}
