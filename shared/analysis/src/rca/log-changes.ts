import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Column, LogPatternColumns } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { OF_CALLS } from '@gumshoe/text/named';
import { mentionedIn } from '../anomalies/log-mentions.ts';
import { matchLabel, rateWindow, selectApplication } from '../evidence.ts';
import { ERROR_LEVELS } from '../inspections/log-errors.ts';
import { shiftOf, type Frame, type Shift } from './frame.ts';
import { perFrame } from './memo.ts';

/** Error messages of one pattern that come more often than before. */
export interface RisingErrors {
  readonly pattern: LogPatternColumns;
  readonly text: string;
  readonly column: Column;
  readonly shift: Shift;
  /** Other applications that the message speaks of. */
  readonly mentions: readonly ApplicationId[];
  /** It speaks of a call that failed, so the reason is elsewhere. */
  readonly isEcho: boolean;
}

/** Messages per second below which nothing rises. */
const LEAST_RATE = 0.02;
const LEAST_GROWTH = 2;

/** Most frequent first. */
export const risingErrors: (application: Application, frame: Frame) => readonly RisingErrors[] = perFrame(
  (application, frame) =>
    application.logs
      .filter((pattern) => ERROR_LEVELS.has(pattern.level))
      .map((pattern) => {
        const column = pattern.rate.map((value) => (value === value ? value : 0));
        const text = pattern.sample || pattern.pattern;
        return { pattern, text, column, shift: shiftOf(column, frame) };
      })
      .filter(({ shift }) => shift.during > LEAST_GROWTH * (shift.before || 0) && shift.during > LEAST_RATE)
      .sort((a, b) => b.shift.during - a.shift.during || (a.text < b.text ? -1 : 1))
      .map((one) => {
        const mentions = mentionedIn(one.text, application, frame.world);
        return { ...one, mentions, isEcho: mentions.length > 0 || OF_CALLS.test(one.text) };
      }),
);

/** Where messages of a pattern are counted. */
export function messagesQuery(
  application: Application,
  { level, pattern }: LogPatternColumns,
  frame: Frame,
): { readonly signal: string; readonly query: string } {
  const recorded = application.instances.length === 0;
  const signal = recorded ? TRACE_METRICS.logMessages.name : CONTAINER_METRICS.logMessages.name;
  const matchers = [matchLabel('level', [level]), matchLabel('pattern_hash', [pattern])];
  const select = selectApplication(application, signal, ...matchers);
  return { signal, query: `sum(rate(${select}${rateWindow(frame.world)}))` };
}
