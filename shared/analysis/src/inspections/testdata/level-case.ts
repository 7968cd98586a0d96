import type { Series } from '@gumshoe/base/series';
import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { Finding } from '../../finding.ts';
import { INSPECTIONS } from '../index.ts';
import type { Threshold } from '../thresholds.ts';
import { AREA_RANGE, changesOf, findingOf, smallWorld } from './small-world.ts';

export interface LevelCase {
  readonly inspection: string;
  /** Writes series in which the judged value follows a course, in the unit of the threshold. */
  readonly write: (writer: SeriesWriter, value: Course) => void;
  /** What the message must say when it fires. */
  readonly says: RegExp;
  /** A value this multiple of the threshold fires, one below does not; 1.08 and 0.97 without it. */
  readonly above?: number;
  readonly below?: number;
  /** The value in the calm before, for inspections that compare with it. */
  readonly usual?: number;
}

export interface LevelCheck {
  readonly name: string;
  /** What is wrong; nothing when all is well. */
  readonly complaints: () => readonly string[];
}

/** Onset of trouble in worlds that need a calm past. */
const ONSET = AREA_RANGE.from + 1_200_000;

const thresholdOf = (id: string): Threshold =>
  INSPECTIONS.find((inspection) => inspection.id === id)!.threshold;

const worldOf = ({ write, usual }: LevelCase, value: Course): readonly Series[] =>
  smallWorld((writer) => write(writer, (at) => (usual !== undefined && at < ONSET ? usual : value(at))));

/** The series of a case at a value that fires. */
export const firing = (one: LevelCase): readonly Series[] =>
  worldOf(one, () => thresholdOf(one.inspection).default * (one.above ?? 1.08));

/** Fires above the threshold, not just below, not for a short spike, not without data, and does not flap. */
export function levelChecks(one: LevelCase): readonly LevelCheck[] {
  const { inspection: id, above = 1.08, below = 0.97 } = one;
  const { default: threshold, unit } = thresholdOf(id);
  const health = (value: Course) => findingOf(id, worldOf(one, value))?.health;
  const spike: Course = (at) => (at > AREA_RANGE.to - 30_000 ? threshold * 3 : threshold / 3);
  const overridden = [{ inspection: id, application: 'app', value: threshold * above * 4 }];
  const noisy: Course = (at) => threshold * (Math.round(at / 15_000) % 2 === 0 ? 1.1 : 0.92);
  const slow: Course = (at) => threshold * (1 + 0.08 * Math.sin(at / 30_000));
  return [
    {
      name: `${id} fires above its threshold, with its numbers`,
      complaints: () => complaintsAbout(findingOf(id, firing(one)), one.says, unit),
    },
    {
      name: `${id} does not fire just below it, nor for a spike, nor without data`,
      complaints: () => [
        ...(health(() => threshold * below) === 'ok' ? [] : ['not ok below the threshold']),
        ...(health(spike) === 'warning' ? ['fires for a spike'] : []),
        ...(findingOf(id, smallWorld()) === undefined ? [] : ['speaks without data']),
      ],
    },
    {
      name: `${id} follows an override`,
      complaints: () =>
        findingOf(id, firing(one), { thresholds: overridden })?.health === 'ok' ? [] : ['not ok'],
    },
    {
      name: `${id} does not flap around its threshold`,
      complaints: () =>
        [noisy, slow]
          .map((course) => changesOf(id, worldOf(one, course)))
          .filter((changes) => changes > 1)
          .map((changes) => `changes ${changes} times`),
    },
  ];
}

function complaintsAbout(finding: Finding | undefined, says: RegExp, unit: string): readonly string[] {
  if (finding === undefined) return ['says nothing'];
  const { health, message, value, threshold } = finding;
  return [
    ...(health === 'warning' ? [] : [`is ${health}: ${message}`]),
    ...(says.test(message) && message.includes('threshold') ? [] : [`says ${message}`]),
    ...(finding.unit === unit ? [] : [`has the unit ${finding.unit}`]),
    ...(value > threshold ? [] : [`${value} is not above ${threshold}`]),
  ];
}
