import { meanOf } from '@gumshoe/model/columns';
import type { Application } from '@gumshoe/model/world';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, rateWindow, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { failsText, failuresSummary, whereItFails } from '../failures-evidence.ts';
import { shiftOf, type Frame } from '../frame.ts';
import {
  errorRise,
  hasSelfTime,
  isUnconnected,
  ownFailures,
  ownTrouble,
  perRootRequest,
  risePerRootRequest,
  unansweredCalls,
} from '../own-trouble.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.75;
const LEAST_RISE = 0.002;
/** What is left of failures that are next to nothing beside what is slow. */
const MINOR = 0.5;

/** The service that fails while nothing it called failed: where the errors come from. */
export const errorOrigin = defineCandidate({
  kind: 'error-origin',
  title: 'Errors begin here',
  examine: ({ application, frame }) => {
    const { errors: share } = ownTrouble(application, frame);
    if (share !== share) return undefined;
    const own = ownFailures(application, frame);
    const column = perRootRequest(frame, own);
    const { before, during, by } = risePerRootRequest(own, frame);
    const silent = isSilent(application, frame, by);
    const { signal, query, operation } = silent
      ? lookAtCalls(application, frame)
      : whereItFails(application, frame);
    if (!(by > LEAST_RISE) || !(share > 0))
      return clear(signal, 'it failed no more often by itself than before');
    const { onset } = shiftOf(column, frame);
    const fails = silent
      ? `${during.toFixed(3)} calls to ${application.name} fail without its knowing, ${before.toFixed(3)} before`
      : failsText(application, { before, during });
    const summary = failuresSummary(fails, share, frame);
    return suspect({
      title: silent
        ? `${application.name} does not answer`
        : `${application.name} fails by itself${operation ? ` in ${operation}` : ''}`,
      signal,
      magnitude:
        MOST *
        ramp(by, LEAST_RISE, 0.03) *
        (isUnconnected(frame) ? share : ramp(share, 0.05, 0.5)) *
        partOfTrouble(frame),
      onset,
      column,
      evidence: [measured(frame, query, summary, { value: during, before, unit: 'ratio', onset })],
      remediation: silent
        ? `Look whether ${application.name} runs and can be reached: its replicas, restarts and readiness, and the network between it and its callers.`
        : `Open a failed trace through ${application.name}, read what it logged then, and look at its last change and at what it calls unobserved.`,
    });
  },
});

/** Whether most of the additional failures are calls that never arrived, or whose answer did not. */
const isSilent = (application: Application, frame: Frame, by: number): boolean =>
  hasSelfTime(application, frame) &&
  risePerRootRequest(unansweredCalls(application, frame), frame).by > by / 2;

function lookAtCalls(application: Application, frame: Frame) {
  const signal = TRACE_METRICS.requests.name;
  const select = selectApplication(application, signal, matchLabel('status', ['failed']));
  const query = `sum by (client_service_name) (rate(${select}${rateWindow(frame.world)}))`;
  return { signal, operation: '', query };
}

/** What few requests suffer says little about what most do, where failures come along with slowness. */
function partOfTrouble(frame: Frame): number {
  const bad = meanOf(frame.badShare, frame.incident);
  if (!frame.slos.has('latency') || !(bad > 0)) return 1;
  return MINOR + (1 - MINOR) * ramp(errorRise(frame) / bad, 0.02, 0.25);
}
