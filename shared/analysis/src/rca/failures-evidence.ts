import { formatValue } from '@gumshoe/base/units';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, rateWindow, selectApplication, selectDependency } from '../evidence.ts';
import { measured, type Figures } from './claim.ts';
import type { Frame } from './frame.ts';
import {
  hasSelfTime,
  isUnconnected,
  ownFailures,
  ownTrouble,
  risePerRootRequest,
  type Rise,
} from './own-trouble.ts';

interface Where {
  readonly signal: string;
  /** '' without spans */
  readonly operation: string;
  readonly query: string;
}

/** What counts the failures of an application itself: of the operation in which they rose most, where spans tell. */
export function whereItFails(application: Application, frame: Frame): Where {
  const window = rateWindow(frame.world);
  if (hasSelfTime(application, frame)) {
    const ranked = application.operations
      .map((one) => ({ name: one.name, by: risePerRootRequest(one.failedHere, frame).by || 0 }))
      .sort((a, b) => b.by - a.by || (a.name < b.name ? -1 : 1));
    const operation = ranked[0]?.name ?? '';
    const signal = TRACE_METRICS.failures.name;
    const select = selectApplication(application, signal, matchLabel('span_name', [operation]));
    return { signal, operation, query: `sum(rate(${select}${window}))` };
  }
  const source = application.inbound[0]?.protocol;
  const client = application.downstreams[0];
  const metrics = requestMetrics(source ?? client?.requests[0]?.protocol ?? 'http');
  const signal = source || !client ? metrics.inbound.name : metrics.count.name;
  const select =
    source || !client ? selectApplication(application, signal) : selectDependency(client, signal);
  return { signal, operation: '', query: `sum by (status) (rate(${select}${window}))` };
}

export const failsText = (
  { name }: Application,
  { before, during }: Pick<Rise, 'before' | 'during'>,
): string =>
  `${name} fails ${during.toFixed(3)} times without a failed call below it, ${before.toFixed(3)} times before`;

export const failuresSummary = (fails: string, share: number, frame: Frame): string =>
  isUnconnected(frame)
    ? `For each request of ${frame.root.name}, ${fails}; nobody says who calls whom, nor which failures others bring about.`
    : `For each request of ${frame.root.name}, ${fails}; that accounts for ${formatValue(share, 'ratio')} of the additional errors.`;

/** That errors begin in an application, in figures. */
export function failuresEvidence(application: Application, frame: Frame): Evidence {
  const { before, during } = risePerRootRequest(ownFailures(application, frame), frame);
  const { errors } = ownTrouble(application, frame);
  const summary = failuresSummary(failsText(application, { before, during }), errors, frame);
  const { query } = whereItFails(application, frame);
  return measured(frame, query, summary, { value: during, before, unit: 'ratio' });
}

/** What failed traces of an application say. */
export function failedTraces(
  frame: Frame,
  { serviceNames }: Application,
  summary: string,
  figures: Figures,
): Evidence {
  const query = JSON.stringify({ serviceName: serviceNames[0] ?? '', errorsOnly: true });
  return { ...measured(frame, query, summary, figures), kind: 'traces' };
}
