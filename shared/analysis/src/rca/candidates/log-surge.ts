import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { rateWindow, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf } from '../frame.ts';
import { MORE_WORK, surgeFrom, surging, surgingBelow } from '../log-surges.ts';
import { onlyLogs, ORDINARY, workOf } from '../log-work.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.75;
/** Who asks is known only from whom it complains about. */
const BY_COMPLAINTS = 0.9;
/** Times as much work that is beyond doubt. */
const SURE_GROWTH = 3.5;
/** What is left where it reaches next to none of those whose work grew. */
const FEW = 0.6;
/** What is left where another may be behind it: complaints that name nobody tell little. */
const PERHAPS = 0.75;

/** By logs alone: many times the usual work, and where it comes from. */
export const logSurge = defineCandidate({
  kind: 'log-surge',
  title: 'More work than usual, by its logs',
  examine: ({ application, frame }) => {
    if (!frame.hasBaseline || !onlyLogs(frame)) return undefined;
    const { growth, of, isVague } = surgeFrom(application, frame);
    if (growth !== growth) return undefined;
    const signal =
      application.instances.length === 0
        ? TRACE_METRICS.logMessages.name
        : CONTAINER_METRICS.logMessages.name;
    if (!(growth > MORE_WORK) || of.length === 0)
      return clear(signal, 'ordinary messages tell of no more work that would begin there');
    const [first] = of;
    const asks = first !== application;
    const column = workOf(first!, frame);
    const { before, during, onset } = shiftOf(column, frame);
    const rates = `${formatValue(before, 'per-second')} → ${formatValue(during, 'per-second')}`;
    const reached = surgingBelow(of, frame);
    const part = reached.length / Math.max(1, surging(frame.root, frame).length);
    const query = `sum(rate(${selectApplication(first!, signal, ORDINARY)}${rateWindow(frame.world)}))`;
    return suspect({
      title: asks
        ? `${application.name} gives ${first!.name} ${growth.toFixed(1)} times its usual work`
        : `${application.name} has ${growth.toFixed(1)} times its usual work`,
      signal,
      magnitude:
        MOST *
        (asks ? BY_COMPLAINTS : 1) *
        (isVague ? PERHAPS : 1) *
        ramp(growth, MORE_WORK, SURE_GROWTH) *
        (FEW + (1 - FEW) * part),
      onset,
      column,
      floods: reached.map(({ id }) => id),
      surge: growth,
      evidence: [
        measured(
          frame,
          query,
          `Ordinary messages of ${first!.name}: ${rates}${asks ? `; nobody who is known to ask it has more to do, and complaints of ${application.name} about ${isVague ? 'calls' : 'it'} grew most` : ''}.`,
          { value: during, before, unit: 'per-second', onset },
        ),
      ],
      remediation: asks
        ? `Look for retries without back-off, a loop, or a cache that no longer helps in ${application.name}; limit its rate at ${first!.name} until then.`
        : `Find out who sends it so much, limit the rate at the edge, or add replicas on the path.`,
    });
  },
});
