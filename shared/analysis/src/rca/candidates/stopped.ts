import { formatValue } from '@gumshoe/base/units';
import { meanOf, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, rateWindow, selectApplication, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import type { Frame } from '../frame.ts';
import { messagesQuery } from '../log-changes.ts';
import { requestsTo } from '../own-trouble.ts';
import { absence, ceasedAlone, ceasedPerRequest, type Ceased } from './ceased.ts';
import { clear, defineCandidate, suspect, type CandidateSubject, type Suspicion } from './define.ts';
import { missedRuns } from './missed-runs.ts';
import { staleSeries } from './stale-series.ts';

/**
 * What no longer happens, learnt from the calm stretch: calls to a dependency, bytes on a connection, spans of one
 * name, a log message, runs of a job, samples of a series. Where the application serves requests it counts what happens
 * for each of them, else only what went on regularly. Early returns and swallowed exceptions show on no resource chart.
 */
export const stopped = defineCandidate({
  kind: 'stopped',
  title: 'Something no longer happens',
  examine: (subject) => {
    const { application, frame } = subject;
    if (!frame.hasBaseline) return undefined;
    const served = sumColumns(
      requestsTo(application).map((one) => one.rate),
      frame.world.grid.points,
    );
    const before = meanOf(served, frame.baseline);
    const isServer = before > 0;
    // who gets no requests any more has no reason to do anything
    if (isServer && !(meanOf(served, frame.incident) > 0)) return undefined;
    const fell = (rate: Column): Ceased | undefined =>
      isServer ? ceasedPerRequest(rate, served, frame) : ceasedAlone(rate, frame);
    const found = [
      ...callsOf(subject, fell),
      ...operationsOf(application, fell, frame),
      ...messagesOf(application, fell, frame),
      ...missedRuns(application, frame),
      ...staleSeries(application, frame),
    ].sort((a, b) => b.magnitude - a.magnitude || (a.title < b.title ? -1 : 1));
    const [worst] = found;
    return worst ? suspect(worst) : clear('absence', 'it still calls, does and logs what it did before');
  },
});

type Fall = (rate: Column) => Ceased | undefined;

function callsOf({ application, frame, inspected }: CandidateSubject, fell: Fall): readonly Suspicion[] {
  return application.upstreams.flatMap((dependency) => {
    const { rate, signal, what } = talkOf(dependency, frame);
    const found = fell(rate);
    if (!found) return [];
    const server = inspected.world.byId.get(dependency.server)?.name ?? dependency.server;
    const query = `sum(rate(${selectDependency(dependency, signal)}${rateWindow(frame.world)}))`;
    const summary = `${what} of ${application.name} to ${server}: ${found.rates}.`;
    return [
      absence(found, 1, {
        title: `${application.name} no longer calls ${server}`,
        signal,
        evidence: [measured(frame, query, summary, found.figures)],
        remediation: `Look for an early return or a swallowed error before the call to ${server} in ${application.name}; compare a trace of now with one of before.`,
      }),
    ];
  });
}

/** Requests, or bytes where no requests are recognised. */
function talkOf({ requests, tcp }: Dependency, frame: Frame) {
  const protocol = requests[0]?.protocol;
  if (protocol === undefined)
    return { rate: tcp.bytesSent, signal: CONTAINER_METRICS.tcpBytesSent.name, what: 'Bytes' };
  const rate = sumColumns(
    requests.map((one) => one.rate),
    frame.world.grid.points,
  );
  return { rate, signal: requestMetrics(protocol).count.name, what: 'Calls' };
}

function operationsOf(application: Application, fell: Fall, frame: Frame): readonly Suspicion[] {
  return application.operations.flatMap((operation) => {
    const found = fell(operation.rate);
    if (!found) return [];
    const signal = TRACE_METRICS.spans.name;
    const query = `sum(rate(${selectApplication(application, signal, matchLabel('span_name', [operation.name]))}${rateWindow(frame.world)}))`;
    const summary = `Spans ${operation.name} of ${application.name}: ${found.rates}.`;
    return [
      absence(found, 0.9, {
        title: `${application.name} no longer does ${operation.name}`,
        signal,
        evidence: [measured(frame, query, summary, found.figures)],
        remediation: `Compare a trace through ${application.name} of now with one of before: which step is missing, and which condition skips it?`,
      }),
    ];
  });
}

function messagesOf(application: Application, fell: Fall, frame: Frame): readonly Suspicion[] {
  return application.logs.flatMap((pattern) => {
    const rate = pattern.rate.map((value) => (value === value ? value : 0));
    const found = fell(rate);
    if (!found) return [];
    const text = pattern.sample || pattern.pattern;
    const { signal, query } = messagesQuery(application, pattern, frame);
    const summary = `Messages like "${text}" of ${application.name}: ${found.rates}; ${formatValue(meanOf(rate, frame.incident), 'per-second')} now.`;
    return [
      absence(found, 0.6, {
        title: `${application.name} no longer logs "${text}"`,
        signal,
        evidence: [measured(frame, query, summary, found.figures)],
        remediation: `Find what ${application.name} does where it logged this, and why it no longer gets there.`,
      }),
    ];
  });
}
