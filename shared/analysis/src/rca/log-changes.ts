import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Column, LogPatternColumns, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
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

/** What programs say when somebody else did not answer. */
const OF_CALLS =
  /\b(upstream|downstream|dependency|connect(ion)?|dial|time[ds]?[ -]?out|unavailable|refused|unreachable|no route|reset by peer|broken pipe|bad gateway)\b/i;

/** Messages per second below which nothing rises. */
const LEAST_RATE = 0.02;
const LEAST_GROWTH = 2;
/** Names shorter than this are words of any text. */
const LEAST_NAME = 3;
const WORD = /[A-Za-z0-9][A-Za-z0-9_.-]*/g;

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
        const mentions = mentioned(one.text, application, frame.world);
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

function mentioned(text: string, speaker: Application, world: World): readonly ApplicationId[] {
  const names = namesIn(world);
  const found = new Set<ApplicationId>();
  for (const [word] of text.matchAll(WORD)) {
    // hosts are named with their domain, or with a full stop at the end
    for (const name of [word, word.split('.')[0]!, word.replace(/\.+$/, '')]) {
      const id = names.get(name.toLowerCase());
      if (id !== undefined && id !== speaker.id) found.add(id);
    }
  }
  return [...found].sort();
}

const known = new WeakMap<World, ReadonlyMap<string, ApplicationId>>();

function namesIn(world: World): ReadonlyMap<string, ApplicationId> {
  const cached = known.get(world);
  if (cached) return cached;
  const names = new Map<string, ApplicationId>();
  for (const { id, name } of world.applications)
    if (name.length >= LEAST_NAME) names.set(name.toLowerCase(), id);
  known.set(world, names);
  return names;
}
