import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { HOUR, MINUTE, milliseconds } from '@gumshoe/base/time';
import { comparable, CountingSource, rangeOf } from '../testdata/counting-source.ts';
import { CachedReader } from './reader.ts';

const START = Date.UTC(2026, 2, 1, 22, 0);
const METRICS = ['container_a_total', 'container_b'];
const root = mkdtempSync(join(tmpdir(), 'gumshoe-cache-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** A source, a cache over it and a clock to move. */
function setup(name: string, more: { maxBytes?: number; series?: number; sourceKey?: string } = {}) {
  const directory = join(root, name);
  const state = { now: START };
  const source = new CountingSource({ series: more.series ?? 4, step: 15_000, now: () => state.now });
  const clock = { now: () => milliseconds(state.now) };
  const open = (): CachedReader =>
    new CachedReader(source.reader(), {
      directory,
      sourceKey: more.sourceKey ?? 'one',
      clock,
      ...(more.maxBytes === undefined ? {} : { maxBytes: more.maxBytes }),
    });
  const check = async (reader: CachedReader, from: number, to: number): Promise<void> => {
    const series = await reader.series(METRICS, rangeOf(from, to));
    assert.deepEqual(comparable(series), comparable(source.truth(METRICS, { from, to })));
  };
  return { directory, state, source, open, check };
}

test('an old window is asked for once, also by the next process; the answers are the source’s', async () => {
  const { state, source, open, check } = setup('old');
  state.now = START + 8 * HOUR;
  const reader = open();
  const [from, to] = [START + 17 * MINUTE + 123, START + 3 * HOUR + 41_000];
  await check(reader, from, to);
  assert.ok(source.takeAsked() >= 2 * (to - from));
  await check(reader, from, to);
  await check(reader, from + 5 * MINUTE + 7, to - 20 * MINUTE);
  await reader.close();
  const next = open();
  await check(next, from, to);
  assert.equal(source.takeAsked(), 0);
  const { queries, failures, bytes } = next.stats();
  assert.deepEqual(
    [failures, queries.map(({ metric, hits, misses }) => [metric, hits, misses])],
    [0, METRICS.map((metric) => [metric, 1, 0])],
  );
  assert.ok(bytes > 0);
  await next.close();
});

test('only gaps are asked for, whatever the order of the windows', async () => {
  const { state, source, open, check } = setup('gaps');
  state.now = START + 12 * HOUR;
  const reader = open();
  await check(reader, START + 2 * HOUR, START + 3 * HOUR);
  await check(reader, START + 5 * HOUR, START + 6 * HOUR);
  source.takeAsked();
  await check(reader, START + HOUR, START + 7 * HOUR);
  assert.equal(source.takeAsked(), 2 * 4 * HOUR);
  await check(reader, START + HOUR, START + 7 * HOUR);
  assert.equal(source.takeAsked(), 0);
  await reader.close();
});

test('a live window that moves on asks for its end only', async () => {
  const { state, source, open, check } = setup('live');
  const reader = open();
  const window = HOUR;
  state.now = START + 2 * HOUR;
  await check(reader, state.now - window, state.now);
  let asked = source.takeAsked();
  for (let i = 0; i < 240; i++) {
    state.now += 30_000;
    await check(reader, state.now - window, state.now);
  }
  asked = source.takeAsked();
  // the end since the last settled minute, and each five minutes once more for what came late
  assert.ok(asked < 240 * METRICS.length * 4 * MINUTE, String(asked / MINUTE));
  await check(reader, START + HOUR, state.now);
  await reader.close();
});

test('samples that come some minutes late are taken up', async () => {
  const { state, source, open, check } = setup('late');
  const reader = open();
  state.now = START + 2 * HOUR;
  source.late = { from: state.now - 7 * MINUTE, to: state.now };
  await check(reader, state.now - HOUR, state.now);
  source.late = undefined;
  state.now += 20 * MINUTE;
  await check(reader, state.now - HOUR, state.now);
  await reader.close();
});

test('sources do not see each other’s samples', async () => {
  const one = setup('shared-directory');
  const two = setup('shared-directory', { sourceKey: 'two', series: 2 });
  one.state.now = two.state.now = START + 5 * HOUR;
  const [a, b] = [one.open(), two.open()];
  await one.check(a, START, START + HOUR);
  await two.check(b, START, START + HOUR);
  await one.check(a, START, START + HOUR);
  await Promise.all([a.close(), b.close()]);
});

test('the file stays under its cap, the oldest goes first, and answers stay whole', async () => {
  const cap = 160_000;
  const { state, source, open, check, directory } = setup('cap', { maxBytes: cap, series: 40 });
  state.now = START + 60 * HOUR;
  const reader = open();
  for (let hour = 0; hour < 24; hour += 2) {
    state.now += 15 * MINUTE;
    await check(reader, START + hour * HOUR, START + (hour + 2) * HOUR);
    assert.ok(reader.stats().bytes <= cap, `${reader.stats().bytes}`);
  }
  assert.ok(reader.stats().evicted > 0);
  source.takeAsked();
  await check(reader, START + 22 * HOUR, START + 24 * HOUR);
  assert.equal(source.takeAsked(), 0, 'the newest is held');
  await check(reader, START, START + 2 * HOUR);
  assert.ok(source.takeAsked() > 0, 'the oldest is gone');
  await reader.close();
  const [file] = readdirSync(directory).filter((name) => name.endsWith('.cache'));
  assert.ok(statSync(join(directory, file!)).size <= cap * 1.2);
});

test('a damaged file is put aside with a note, and the answer is right all the same', async () => {
  for (const [name, damage] of [
    ['header', (bytes: Buffer) => void bytes.fill(0x55, 0, 100)],
    ['middle', (bytes: Buffer) => void bytes.fill(0xaa, bytes.length / 4, (bytes.length * 3) / 4)],
    ['everywhere', (bytes: Buffer) => bytes.forEach((_, i) => i % 977 === 400 && (bytes[i]! ^= 1))],
  ] as const) {
    const { state, open, check, directory } = setup(`damaged-${name}`, { series: 30 });
    state.now = START + 8 * HOUR;
    const before = open();
    await check(before, START, START + 2 * HOUR);
    await before.close();
    const path = join(directory, 'metrics-1.cache');
    const bytes = readFileSync(path);
    damage(bytes);
    writeFileSync(path, bytes);
    const reader = open();
    await check(reader, START, START + 2 * HOUR);
    await check(reader, START, START + 2 * HOUR);
    const { parts } = await reader.status();
    const notes = parts.find((part) => part.name === 'metric cache')?.notes.join('\n') ?? '';
    assert.match(
      notes,
      /metrics-1\.cache was damaged \(.+\); it was put aside and the cache begun anew/,
      name,
    );
    assert.equal(reader.stats().path, join(directory, 'metrics-2.cache'));
    await reader.close();
    const last = open();
    await check(last, START, START + 2 * HOUR);
    assert.equal(last.stats().queries[0]?.hits, 1, 'the new file holds what was read');
    await last.close();
  }
});

test('a directory that cannot be made costs the cache, not the answer', async () => {
  writeFileSync(join(root, 'in-the-way'), 'a file');
  const { state, open, check } = setup(join('in-the-way', 'cache'));
  state.now = START + 8 * HOUR;
  const reader = open();
  await check(reader, START, START + HOUR);
  const part = (await reader.status()).parts.at(-1);
  assert.equal(part?.state, 'failed');
  assert.match(part?.failure?.reason ?? '', /EEXIST|ENOTDIR/);
  await reader.close();
});

test('a question that the source refuses is counted, and nothing is kept of it', async () => {
  const { state, source, open, check } = setup('refused');
  state.now = START + 8 * HOUR;
  const reader = open();
  source.failure = new FailureError({ code: 'timeout', tried: 'a', target: 'b', reason: 'it took too long' });
  await assert.rejects(reader.series(METRICS, rangeOf(START, START + HOUR)), FailureError);
  const [query] = reader.stats().queries;
  assert.deepEqual([query?.errors, query?.lastError], [1, 'it took too long']);
  source.failure = undefined;
  await check(reader, START, START + HOUR);
  await reader.close();
});
