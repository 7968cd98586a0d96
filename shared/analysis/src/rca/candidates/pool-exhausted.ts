import { formatValue } from '@gumshoe/base/units';
import type { Application } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { measured } from '../claim.ts';
import { messagesQuery, risingErrors } from '../log-changes.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

/** What drivers and pools say when nobody gives a connection back: the pool is the program's own. */
const POOL =
  /\b(pool (is )?(exhausted|full|depleted)|(exhausted|empty|full) (connection )?pool|connection pool.{0,40}(timed? ?out|limit|exhaust)|connection is not available, request timed out|queuepool limit|unable to (acquire|obtain|get) (a |jdbc )?connection|timed? ?out (while )?(waiting for|acquiring|obtaining|getting) (a |an idle )?(database |db )?connection|waiting for (a )?(free |idle )?connection|too many open files|cannot assign requested address)\b/i;
/** What a server says that has given out all it has. */
const SERVER =
  /\b(too many (clients|connections)|remaining connection slots|sorry, too many|max(imum)?[ _](number of )?(clients|connections)( reached)?|connection limit exceeded)\b/i;

const MOST = 0.8;

/** Connections that run out, as those say that wait for one. */
export const poolExhausted = defineCandidate({
  kind: 'pool-exhausted',
  title: 'No connection is left in a pool',
  examine: ({ application, frame }) => {
    if (application.logs.length === 0) return undefined;
    const signal = CONTAINER_METRICS.logMessages.name;
    const found = risingErrors(application, frame).find(({ text }) => POOL.test(text) || SERVER.test(text));
    if (!found) return clear(signal, 'it did not complain about connections that ran out');
    const { text, shift, column, pattern, mentions } = found;
    const query = messagesQuery(application, pattern, frame);
    const summary = `${formatValue(shift.during, 'per-second')} messages like "${text}", ${formatValue(shift.before || 0, 'per-second')} before.`;
    const byServer = SERVER.test(text);
    return suspect({
      title: byServer
        ? `${application.name} says that connections are used up: ${text}`
        : `The connection pool of ${application.name} is exhausted: ${text}`,
      signal: query.signal,
      magnitude: MOST * ramp(shift.during, 0.02, 0.3),
      onset: shift.onset,
      column,
      mentions,
      evidence: [
        measured(frame, query.query, summary, {
          value: shift.during,
          before: shift.before || 0,
          unit: 'per-second',
          onset: shift.onset,
        }),
      ],
      remediation: byServer
        ? `Count who holds connections to what ${application.name} talks of, end idle ones, bound the pools of all its clients together below its limit, or put a pooler before it.`
        : `${slowOrLeaked(application)} Only then make the pool larger.`,
    });
  },
});

const slowOrLeaked = ({ name }: Application): string =>
  `See what holds the connections of ${name}: statements that take long, transactions left open, or a path that never gives its connection back.`;
