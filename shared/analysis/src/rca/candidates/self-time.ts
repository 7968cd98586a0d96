import { formatValue } from '@gumshoe/base/units';
import type { Application } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, rateWindow, selectApplication, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import {
  hasSelfTime,
  latencyOfOwn,
  isUnconnected,
  latencyRise,
  ownTime,
  ownTrouble,
  perRootRequest,
  risePerRootRequest,
  timesPeers,
} from '../own-trouble.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

/** A place is not yet a reason: what saturates or breaks there says more. */
const MOST = 0.75;
/** Share of the impact below which a service is not where the time goes. */
const LEAST_SHARE = 0.08;
/** By counters alone, calls made at the same time cannot be told from calls one after the other. */
const BY_COUNTERS = 0.85;
/** What is left where it takes no longer than others do. */
const AS_ITS_PEERS = 0.3;

/**
 * The service in which the additional time is spent: its own, without what it waits for, for each request that enters
 * at the impacted application. Had it stayed as before, that much of the impact would be gone (the counterfactual).
 */
export const selfTime = defineCandidate({
  kind: 'self-time',
  title: 'Slower in itself',
  examine: ({ application, frame }) => {
    const { latency: share } = ownTrouble(application, frame);
    if (share !== share || !(latencyRise(frame) > 0)) return undefined;
    const own = ownTime(application, frame);
    const column = perRootRequest(frame, own);
    const unconnected = isUnconnected(frame);
    const { before, during } = unconnected
      ? latencyOfOwn(application, frame)
      : risePerRootRequest(own, frame);
    const times = `${formatValue(before, 'seconds')} → ${formatValue(during, 'seconds')}`;
    const { signal, query, operation } = lookAt(application, frame);
    if (!(share >= LEAST_SHARE))
      return clear(signal, `its own time per request of ${frame.root.name} did not rise: ${times}`);
    const summary = unconnected
      ? `Requests to ${application.name} take ${times}; nobody says who calls whom, nor whether they wait for it, for its network or for others.`
      : `${application.name} itself takes ${times} for each request of ${frame.root.name}; had it stayed as before, ${formatValue(share, 'ratio')} of the additional latency would be gone.`;
    const { onset } = shiftOf(column, frame);
    const outside = application.kind === 'ExternalService';
    return suspect({
      title: unconnected
        ? `${application.name} became slower, by the most times or nearly so`
        : `${application.name}${outside ? ', which runs elsewhere,' : ''} is slower in itself${operation ? `, most of all in ${operation}` : ''}`,
      signal,
      magnitude:
        MOST *
        (unconnected ? share : ramp(share, LEAST_SHARE, 0.6)) *
        (operation ? 1 : BY_COUNTERS) *
        amongPeers(application, frame),
      onset,
      column,
      evidence: [measured(frame, query, summary, { value: during, before, unit: 'seconds', onset })],
      remediation: outside
        ? `Ask whoever runs ${application.name}, and bound how long callers wait for it.`
        : `Look into ${operation ? `${operation} of ` : ''}${application.name}: a profile (on and off CPU), its locks, what it calls unobserved,${unconnected ? ' its network,' : ''} and its last change.`,
    });
  },
});

/** Without a time before, who takes longest may always have: less so the further it is from its peers. */
function amongPeers(application: Application, frame: Frame): number {
  if (frame.hasBaseline) return 1;
  return AS_ITS_PEERS + (1 - AS_ITS_PEERS) * ramp(Math.log2(timesPeers(application, frame)), 1, 4.5);
}

interface Look {
  readonly signal: string;
  readonly query: string;
  /** '' without spans */
  readonly operation: string;
}

function lookAt(application: Application, frame: Frame): Look {
  const window = rateWindow(frame.world);
  if (hasSelfTime(application, frame)) {
    const operation = slowestOperation(application, frame);
    const signal = TRACE_METRICS.selfTime.name;
    const matcher = matchLabel('span_name', [operation]);
    return {
      signal,
      operation,
      query: `sum(rate(${selectApplication(application, signal, matcher)}${window}))`,
    };
  }
  const source = application.inbound[0]?.protocol;
  const client = application.downstreams[0];
  const metric = source
    ? `${requestMetrics(source).inboundDuration.name}_sum`
    : `${requestMetrics(client?.requests[0]?.protocol ?? 'http').duration.name}_sum`;
  const select = (name: string): string =>
    source || !client ? selectApplication(application, name) : selectDependency(client, name);
  const served = select(metric);
  if (isUnconnected(frame)) {
    const counted = select(metric.replace(/_sum$/, '_count'));
    return {
      signal: metric,
      operation: '',
      query: `sum(rate(${served}${window})) / sum(rate(${counted}${window}))`,
    };
  }
  const waited = application.upstreams.flatMap((one) =>
    one.requests.map(
      ({ protocol }) =>
        `(sum(rate(${selectDependency(one, `${requestMetrics(protocol).duration.name}_sum`)}${window})) or vector(0))`,
    ),
  );
  return { signal: metric, operation: '', query: [`sum(rate(${served}${window}))`, ...waited].join(' - ') };
}

function slowestOperation(application: Application, frame: Frame): string {
  const ranked = application.operations
    .map((one) => ({ name: one.name, by: risePerRootRequest(one.selfTime, frame).by || 0 }))
    .sort((a, b) => b.by - a.by || (a.name < b.name ? -1 : 1));
  return ranked[0]?.name ?? '';
}
