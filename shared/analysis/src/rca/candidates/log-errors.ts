import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { matchLabel, rateWindow, selectApplication } from '../../evidence.ts';
import { ERROR_LEVELS } from '../../inspections/log-errors.ts';
import { measured } from '../claim.ts';
import { shiftOf } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

/** What a program complains about is a hint, rarely the cause. */
const MOST = 0.35;
const SIGNAL = CONTAINER_METRICS.logMessages.name;

export const logErrors = defineCandidate({
  kind: 'log-errors',
  title: 'New errors in logs',
  examine: ({ application, frame }) => {
    if (application.logs.length === 0) return undefined;
    const grown = application.logs
      .filter((pattern) => ERROR_LEVELS.has(pattern.level))
      .map((pattern) => {
        const column = pattern.rate.map((value) => (value === value ? value : 0));
        return { pattern, column, shift: shiftOf(column, frame) };
      })
      .filter(({ shift }) => shift.during > 2 * (shift.before || 0) && shift.during > 0.02)
      .sort((a, b) => b.shift.during - a.shift.during);
    const worst = grown[0];
    if (!worst) return clear(SIGNAL, 'it logged no more errors than before');
    const { pattern, column, shift } = worst;
    const text = pattern.sample || pattern.pattern;
    const matchers = [matchLabel('level', [pattern.level]), matchLabel('pattern_hash', [pattern.pattern])];
    const query = `sum(rate(${selectApplication(application, SIGNAL, ...matchers)}${rateWindow(frame.world)}))`;
    const summary = `${formatValue(shift.during, 'per-second')} messages like "${text}", ${formatValue(shift.before || 0, 'per-second')} before.`;
    return suspect({
      title: `${application.name} logs: ${text}`,
      signal: SIGNAL,
      magnitude: MOST * ramp(shift.during, 0.02, 0.5),
      onset: shift.onset,
      column,
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
