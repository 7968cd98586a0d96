import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { LogsReceiver } from './receiver.ts';
import { programLine } from './runtime-lines.ts';
import { Tail } from './tail.ts';

const dir = mkdtempSync(join(tmpdir(), 'gumshoe-logs-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const textsOf = (tail: Tail): string[] => tail.read().map(({ text }) => text);

test('a tail follows growth, rotation and truncation, and keeps a half line for later', () => {
  const path = join(dir, 'a.log');
  writeFileSync(path, 'old\n');
  const tail = new Tail(path);
  appendFileSync(path, 'one\ntw');
  assert.deepEqual(textsOf(tail), ['one']);
  appendFileSync(path, 'o\n');
  assert.deepEqual(textsOf(tail), ['two']);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'three\n');
  assert.deepEqual(textsOf(tail), []);
  assert.deepEqual(textsOf(tail), ['three']);
  truncateSync(path);
  appendFileSync(path, 'x\n');
  assert.deepEqual(textsOf(tail), ['x']);
  truncateSync(path);
  appendFileSync(path, 'y is longer than what was there\n');
  assert.deepEqual(textsOf(tail), ['y is longer than what was there']);
  tail.close();
});

test('messages become rows with severity, service and pattern; beyond the rate they are only counted', () => {
  const path = join(dir, 'b.log');
  writeFileSync(path, '');
  const rows: LogRow[] = [];
  const receiver = new LogsReceiver({
    files: [{ containerId: '/shop.slice/api@1.service', path }],
    hostName: 'h',
    messagesPerSecond: 3,
    onRows: (more) => rows.push(...more),
  });
  for (let i = 0; i < 5; i++) appendFileSync(path, `05:00:0${i} ERROR checkout failed: timeout ${i}\n`);
  receiver.poll(1_000_000);
  receiver.poll(1_000_000 + 1500);
  assert.equal(rows.length, 4);
  assert.equal(receiver.dropped, 1);
  assert.equal(rows[0]?.ServiceName, 'api');
  assert.equal(rows[0]?.SeverityText, 'ERROR');
  assert.equal(new Set(rows.map((row) => row.LogAttributes['pattern.hash'])).size, 1);
  receiver.stop();
});

test('a file that appears later is read from its start', () => {
  const path = join(dir, 'late.log');
  const tail = new Tail(path);
  assert.deepEqual(textsOf(tail), []);
  assert.equal(tail.problem, 'ENOENT');
  writeFileSync(path, 'first\n');
  assert.deepEqual(textsOf(tail), ['first']);
  tail.close();
});

test('a character that two reads share, and a rotation behind unread lines, lose nothing', () => {
  const path = join(dir, 'long.log');
  writeFileSync(path, '');
  const tail = new Tail(path);
  const line = `${'é'.repeat(999)}x`; // an odd number of bytes: chunks of 256 KiB cut a character in two
  writeFileSync(path, `${line}\n`.repeat(1000));
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'new\n');
  const read: string[] = [];
  for (let i = 0; i < 20; i++) read.push(...tail.read(1).map(({ text }) => text));
  assert.equal(read.length, 1001);
  assert.ok(read.slice(0, 1000).every((one) => one === line));
  assert.equal(read[1000], 'new');
  tail.close();
});

test("a runtime's wrapping is taken off", () => {
  const cri = programLine('2026-11-21T05:00:00.1Z stdout F ready');
  assert.deepEqual([cri.text, cri.stream, cri.whole], ['ready', 'stdout', true]);
  assert.equal(programLine('2026-11-21T05:00:00.1Z stderr P half a ').whole, false);
  const docker = programLine('{"log":"from docker\\n","stream":"stdout","time":"2026-11-21T05:00:00Z"}');
  assert.deepEqual([docker.text, docker.at], ['from docker', Date.parse('2026-11-21T05:00:00Z')]);
  assert.equal(programLine('{"log":"two ","stream":"stdout","time":"x"}').whole, false);
  for (const own of ['plain', '{"log": "mine"}', '{"log":broken', '2026-11-21T05:00:00Z ERROR x'])
    assert.equal(programLine(own).text, own);
});

test('parts of a line are joined, each output by itself; one that never ends is handed over', () => {
  const path = join(dir, 'parts.log');
  writeFileSync(path, '');
  const bodies: string[] = [];
  const receiver = new LogsReceiver({
    files: [{ containerId: '/docker/api', path }],
    hostName: 'h',
    messagesPerSecond: 10,
    onRows: (more) => bodies.push(...more.map((row) => row.Body)),
  });
  const add = (...lines: string[]): void =>
    appendFileSync(path, lines.map((line) => `2026-11-21T05:00:00.1Z ${line}\n`).join(''));
  add('stdout P one ', 'stderr F Traceback (most recent call last):', 'stdout P two ');
  add('stderr F   File "a.py", line 1', 'stdout F three', 'stderr F KeyError: 1', 'stderr P unfinished');
  receiver.poll(1000);
  receiver.poll(2500);
  assert.deepEqual(bodies.toSorted(), [
    'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1',
    'one two three',
  ]);
  const before = receiver.positions().get(path)!.offset;
  receiver.poll(7000);
  assert.equal(bodies.at(-1), 'unfinished');
  assert.ok(receiver.positions().get(path)!.offset > before, 'it is not read again');
  receiver.stop();
});

test('files that were rotated away between two looks are read, the oldest first', () => {
  const path = join(dir, 'fast.log');
  writeFileSync(path, '');
  const tail = new Tail(path);
  const at = (file: string, second: number): void => utimesSync(file, second, second);
  appendFileSync(path, 'one\n');
  renameSync(path, `${path}.3`);
  at(`${path}.3`, 1000);
  writeFileSync(`${path}.2`, 'two\n');
  at(`${path}.2`, 1001);
  writeFileSync(`${path}.1`, 'three\n');
  at(`${path}.1`, 1002);
  writeFileSync(`${path}.4.gz`, 'not this\n');
  writeFileSync(`${path}.9`, 'nor what is older\n');
  at(`${path}.9`, 900);
  writeFileSync(path, 'four\n');
  const read: string[] = [];
  for (let i = 0; i < 6; i++) read.push(...textsOf(tail));
  assert.deepEqual(read, ['one', 'two', 'three', 'four']);
  tail.close();
});

test('what a container wrote before it went is read to its end', () => {
  const path = join(dir, 'gone.log');
  writeFileSync(path, '');
  let rows = 0;
  const receiver = new LogsReceiver({
    files: [{ containerId: '/docker/job', path }],
    hostName: 'h',
    messagesPerSecond: 1e6,
    onRows: (more) => (rows += more.length),
  });
  appendFileSync(path, `12:00:00 INFO ${'x'.repeat(900)}\n`.repeat(3000)); // more than one look takes
  receiver.unfollow(path);
  for (let i = 0; i < 6; i++) receiver.poll(1000);
  assert.equal(rows, 3000);
  assert.deepEqual(receiver.followed(), []);
});

test('a container that comes is followed from its first line; secrets do not reach the store', () => {
  const path = join(dir, 'new.log');
  writeFileSync(path, '2026-11-21T05:00:00Z stdout F 05:00:00 ERROR login failed password=hunter2\n');
  const rows: LogRow[] = [];
  const receiver = new LogsReceiver({
    files: [],
    hostName: 'h',
    messagesPerSecond: 10,
    onRows: (more) => rows.push(...more),
  });
  const file = { containerId: '/k8s/web/api-5d9c5b8f6d-x2x4z/app', path };
  receiver.follow(file, true);
  receiver.follow(file, true);
  receiver.poll(1000);
  receiver.unfollow(path);
  receiver.poll(1000);
  assert.deepEqual(
    rows.map((row) => [row.ServiceName, row.Body]),
    [['/k8s/web/api', '05:00:00 ERROR login failed password=[redacted]']],
  );
  assert.deepEqual(receiver.followed(), []);
});

test('JSON lines give message, level, fields and ids; the runtime says when', () => {
  const path = join(dir, 'json.log');
  writeFileSync(path, '');
  const rows: LogRow[] = [];
  const options = {
    hostName: 'h',
    messagesPerSecond: 10,
    onRows: (more: readonly LogRow[]) => rows.push(...more),
  };
  const receiver = new LogsReceiver({ ...options, files: [{ containerId: '/docker/api', path }] });
  const line = JSON.stringify({
    level: 'error',
    msg: 'no stock',
    sku: 7,
    traceId: '0af7651916cd43dd8448eb211c80319c',
  });
  appendFileSync(
    path,
    `${JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-01-02T03:04:05.5Z' })}\n`,
  );
  receiver.poll(2_000_000);
  receiver.stop();
  const [row] = rows;
  assert.deepEqual(
    [row?.Body, row?.SeverityText, row?.TraceId],
    ['no stock', 'ERROR', '0af7651916cd43dd8448eb211c80319c'],
  );
  assert.equal(row?.Timestamp, `${Date.parse('2026-01-02T03:04:05.5Z') / 1000}00000000`);
  assert.equal(row?.LogAttributes['sku'], '7');
});

test('a next process goes on where the last one was, unless the file is another one now', () => {
  const path = join(dir, 'resume.log');
  writeFileSync(path, 'one\n');
  const bodies: string[] = [];
  const run = (positions?: ReadonlyMap<string, { inode: number; offset: number }>): LogsReceiver =>
    new LogsReceiver({
      files: [{ containerId: '/docker/api', path }],
      hostName: 'h',
      messagesPerSecond: 10,
      onRows: (more) => bodies.push(...more.map((row) => row.Body)),
      ...(positions ? { positions } : {}),
    });
  const first = run();
  appendFileSync(path, 'two\nhal');
  first.poll(1000);
  first.stop();
  const positions = first.positions();
  appendFileSync(path, 'f\nthree\n');
  const second = run(positions);
  second.stop();
  assert.deepEqual(bodies, ['two', 'half', 'three']);
  const third = run(new Map([[path, { inode: 1, offset: 3 }]]));
  third.stop();
  assert.deepEqual(bodies.slice(3), ['one', 'two', 'half', 'three']);
});
