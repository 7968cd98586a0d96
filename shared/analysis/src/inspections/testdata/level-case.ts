import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { INSPECTIONS } from '../index.ts';
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

/** Onset of trouble in worlds that need a calm past. */
const ONSET = AREA_RANGE.from + 1_200_000;

/** Fires above the threshold, not just below, not for a short spike, not without data, and does not flap. */
export function testLevel(one: LevelCase): void {
  const { inspection: id, above = 1.08, below = 0.97, usual } = one;
  const { threshold } = INSPECTIONS.find((inspection) => inspection.id === id)!;
  const world = (value: Course) =>
    smallWorld((writer) =>
      one.write(writer, (at) => (usual !== undefined && at < ONSET ? usual : value(at))),
    );

  test(`${id} fires above its threshold, with its numbers`, () => {
    const finding = findingOf(
      id,
      world(() => threshold.default * above),
    );
    assert.equal(finding?.health, 'warning', finding?.message);
    assert.match(finding.message, one.says);
    assert.match(finding.message, /threshold/);
    assert.equal(finding.unit, threshold.unit);
    assert.ok(finding.value > finding.threshold);
  });

  test(`${id} does not fire just below it, nor for a spike, nor without data`, () => {
    assert.equal(
      findingOf(
        id,
        world(() => threshold.default * below),
      )?.health,
      'ok',
    );
    const spike = (at: number) =>
      at > AREA_RANGE.to - 30_000 ? threshold.default * 3 : threshold.default / 3;
    assert.notEqual(findingOf(id, world(spike))?.health, 'warning');
    assert.equal(findingOf(id, smallWorld()), undefined);
  });

  test(`${id} follows an override`, () => {
    const thresholds = [{ inspection: id, application: 'app', value: threshold.default * above * 4 }];
    const series = world(() => threshold.default * above);
    assert.equal(findingOf(id, series, { thresholds })?.health, 'ok');
  });

  test(`${id} does not flap around its threshold`, () => {
    const noisy: Course = (at) => threshold.default * (Math.round(at / 15_000) % 2 === 0 ? 1.1 : 0.92);
    assert.ok(changesOf(id, world(noisy)) <= 1);
    const slow: Course = (at) => threshold.default * (1 + 0.08 * Math.sin(at / 30_000));
    assert.ok(changesOf(id, world(slow)) <= 1);
  });
}

/** The series of a case at a value that fires. */
export const firing = ({ inspection: id, write, above = 1.08, usual }: LevelCase) =>
  smallWorld((writer) => {
    const { threshold } = INSPECTIONS.find((inspection) => inspection.id === id)!;
    write(writer, (at) => (usual !== undefined && at < ONSET ? usual : threshold.default * above));
  });
