import type { Series } from '@gumshoe/base/series';
import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { LevelCheck } from './level-case.ts';
import { AREA_RANGE, changesOf, findingOf, smallWorld } from './small-world.ts';

/** An inspection of something that is either well or broken. */
export interface StateCase {
  readonly inspection: string;
  /** Writes series in which something is broken while the course is 1, and well while it is 0. */
  readonly write: (writer: SeriesWriter, broken: Course) => void;
  readonly says: RegExp;
}

const ONSET = AREA_RANGE.from + 1_200_000;

const worldOf = ({ write }: StateCase, broken: Course): readonly Series[] =>
  smallWorld((writer) => write(writer, broken));

/** The series of a case in which it is broken from some time on. */
export const broken = (one: StateCase): readonly Series[] => worldOf(one, (at) => Number(at >= ONSET));

/** Fires while it is broken, not before, not for a moment, not after, and not without data. */
export function stateChecks(one: StateCase): readonly LevelCheck[] {
  const { inspection: id } = one;
  const health = (course: Course) => findingOf(id, worldOf(one, course))?.health;
  const expect = (what: string, course: Course): readonly string[] =>
    health(course) === 'ok' ? [] : [`${what}: ${health(course)}`];
  return [
    {
      name: `${id} fires while it is broken, with its reason`,
      complaints: () => {
        const finding = findingOf(id, broken(one));
        if (finding === undefined) return ['says nothing'];
        return [
          ...(finding.health === 'warning' ? [] : [`is ${finding.health}`]),
          ...(one.says.test(finding.message) ? [] : [`says ${finding.message}`]),
        ];
      },
    },
    {
      name: `${id} is well before, for a moment, after it is mended, and silent without data`,
      complaints: () => [
        ...expect('well', () => 0),
        ...expect('one sample', (at) => Number(at > AREA_RANGE.to - 15_000)),
        ...expect('mended', (at) => Number(at < ONSET)),
        ...(findingOf(id, smallWorld()) === undefined ? [] : ['speaks without data']),
      ],
    },
    {
      name: `${id} does not flap when every third sample is broken`,
      complaints: () => {
        const changes = changesOf(
          id,
          worldOf(one, (at) => Number(Math.round(at / 15_000) % 3 === 0)),
        );
        return changes > 1 ? [`changes ${changes} times`] : [];
      },
    },
  ];
}
