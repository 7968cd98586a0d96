import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { Application } from '@gumshoe/model/world';
import { measured } from '../claim.ts';
import { messagesQuery, risingErrors } from '../log-changes.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

/** What a program complains about is a hint, rarely the cause. */
const MOST = 0.35;
/** Where nobody counts requests, logs are all there is. */
const MOST_ALONE = 0.7;
/** What speaks of somebody else's failure. */
const OF_OTHERS = 0.6;

export const logErrors = defineCandidate({
  kind: 'log-errors',
  title: 'New errors in logs',
  examine: ({ application, frame }) => {
    if (application.logs.length === 0) return undefined;
    const grown = risingErrors(application, frame);
    const worst = grown.find(({ isEcho }) => !isEcho) ?? grown[0];
    if (!worst) return clear(CONTAINER_METRICS.logMessages.name, 'it logged no more errors than before');
    const { pattern, column, shift, text, mentions, isEcho } = worst;
    const { signal, query } = messagesQuery(application, pattern, frame);
    const summary = `${formatValue(shift.during, 'per-second')} messages like "${text}", ${formatValue(shift.before || 0, 'per-second')} before.`;
    const most = isCounted(application) ? MOST : MOST_ALONE;
    return suspect({
      title: `${application.name} logs: ${text}`,
      signal,
      magnitude: most * ramp(shift.during, 0.02, 0.5) * (isEcho ? OF_OTHERS : 1),
      onset: shift.onset,
      column,
      mentions,
      evidence: [
        measured(frame, query, summary, {
          value: shift.during,
          before: shift.before || 0,
          unit: 'per-second',
          onset: shift.onset,
        }),
      ],
      remediation: `Read what ${application.name} says around these lines.`,
    });
  },
});

const isCounted = ({ inbound, downstreams }: Application): boolean =>
  inbound.length > 0 || downstreams.some((one) => one.requests.length > 0);
