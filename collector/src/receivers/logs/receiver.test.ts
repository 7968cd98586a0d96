import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { LogsReceiver } from './receiver.ts';
import { RuntimeLines } from './runtime-lines.ts';
import { Tail } from './tail.ts';

const dir = mkdtempSync(join(tmpdir(), 'gumshoe-logs-'));
after(() => rmSync(dir, { recursive: true, force: true }));

test('a tail follows growth, rotation and truncation, and keeps a half line for later', () => {
  const path = join(dir, 'a.log');
  writeFileSync(path, 'old\n');
  const tail = new Tail(path);
  appendFileSync(path, 'one\ntw');
  assert.deepEqual(tail.read(), ['one']);
  appendFileSync(path, 'o\n');
  assert.deepEqual(tail.read(), ['two']);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'three\n');
  assert.deepEqual(tail.read(), []);
  assert.deepEqual(tail.read(), ['three']);
  truncateSync(path);
  appendFileSync(path, 'x\n');
  assert.deepEqual(tail.read(), ['x']);
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
  assert.deepEqual(tail.read(), []);
  assert.equal(tail.problem, 'ENOENT');
  writeFileSync(path, 'first\n');
  assert.deepEqual(tail.read(), ['first']);
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
  for (let i = 0; i < 20; i++) read.push(...tail.read(1));
  assert.equal(read.length, 1001);
  assert.ok(read.slice(0, 1000).every((one) => one === line));
  assert.equal(read[1000], 'new');
  tail.close();
});

test("a runtime's wrapping is taken off, and parts of a line are joined", () => {
  const lines = new RuntimeLines();
  assert.equal(lines.add('2026-11-21T05:00:00.1Z stdout F ready'), 'ready');
  assert.equal(lines.add('2026-11-21T05:00:00.1Z stderr P half a '), undefined);
  assert.equal(lines.add('2026-11-21T05:00:00.1Z stderr F line'), 'half a line');
  assert.equal(
    lines.add('{"log":"from docker\\n","stream":"stdout","time":"2026-11-21T05:00:00Z"}'),
    'from docker',
  );
  assert.equal(lines.add('{"log":"two ","stream":"stdout","time":"x"}'), undefined);
  assert.equal(lines.add('{"log":"parts\\n","stream":"stdout","time":"x"}'), 'two parts');
  for (const own of ['plain', '{"log": "mine"}', '{"log":broken', '2026-11-21T05:00:00Z ERROR x'])
    assert.equal(lines.add(own), own);
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
  assert.deepEqual(
    rows.map((row) => [row.ServiceName, row.Body]),
    [['/k8s/web/api', '05:00:00 ERROR login failed password=[redacted]']],
  );
  assert.deepEqual([...receiver.followed()], []);
});
