import { meanOf, sumColumns } from '@gumshoe/model/columns';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, CellRange, Column } from '@gumshoe/model/world';
import { OF_CALLS } from '@gumshoe/text/named';
import { errorsMentioning } from '../anomalies/log-mentions.ts';
import { ERROR_LEVELS } from '../inspections/log-errors.ts';
import type { Frame } from './frame.ts';
import { perFrame } from './memo.ts';

/** What is no ordinary message. */
const COMPLAINTS: ReadonlySet<string> = new Set([...ERROR_LEVELS, 'warning']);
/** As a matcher of their series. */
export const ORDINARY = `level!~"${[...COMPLAINTS].join('|')}"`;

/** Neither its own program nor its clients count its requests. */
export const isUncounted = ({ inbound, downstreams, operations }: Application): boolean =>
  inbound.length === 0 && operations.length === 0 && downstreams.every((one) => one.requests.length === 0);

/** Logs are all there is: nobody counts a request anywhere. */
export const onlyLogs = ({ world }: Frame): boolean => allUncounted(world.applications);

const known = new WeakMap<readonly Application[], boolean>();

function allUncounted(applications: readonly Application[]): boolean {
  let all = known.get(applications);
  if (all === undefined) known.set(applications, (all = applications.every(isUncounted)));
  return all;
}

/**
 * Messages per second in the ordinary course of its work: no complaints, and of patterns only that were there before.
 * Most programs log something for each thing they do.
 */
export const workOf: (application: Application, frame: Frame) => Column = perFrame((application, frame) =>
  sumColumns(
    application.logs
      .filter(({ level, rate }) => !COMPLAINTS.has(level) && meanOf(rate, frame.baseline) > 0)
      .map(({ rate }) => rate),
    frame.world.grid.points,
  ),
);

/** Messages per second below which a rise is one of few. */
const LEAST_WORK = 0.05;

/** How many times as much as before it has to do, by what it logs; NaN where it logs next to nothing. */
export const workGrowth: (application: Application, frame: Frame) => number = perFrame(
  (application, frame) => {
    const before = meanOf(workOf(application, frame), frame.baseline);
    return before >= LEAST_WORK ? meanOf(workOf(application, frame), frame.incident) / before : NaN;
  },
);

/** What the error messages of a speaker about one other came to, per second. */
export interface Complaint {
  readonly speaker: Application;
  /** undefined: about calls, without a word about whom. */
  readonly of: ApplicationId | undefined;
  readonly before: number;
  readonly during: number;
}

/**
 * Who complains about whom, whether it became more or not: who complains about failed calls makes them. All that logs
 * alone tell of who calls whom.
 */
export const complaints: (root: Application, frame: Frame) => readonly Complaint[] = perFrame((_, frame) =>
  frame.world.applications.flatMap((speaker) => {
    const complaint = (of: ApplicationId | undefined, rates: readonly Column[]): Complaint => {
      const column = sumColumns(rates, frame.world.grid.points);
      const mean = (cells: CellRange): number => meanOf(column, cells) || 0;
      return { speaker, of, before: mean(frame.baseline), during: mean(frame.incident) };
    };
    const named = errorsMentioning(speaker, frame.world);
    const told = new Set([...named.values()].flat());
    const vague = speaker.logs.filter(
      ({ level, sample, pattern, rate }) =>
        ERROR_LEVELS.has(level) && !told.has(rate) && OF_CALLS.test(sample || pattern),
    );
    return [
      ...[...named].map(([of, rates]) => complaint(of, rates)),
      ...vague.map(({ rate }) => complaint(undefined, [rate])),
    ];
  }),
);
