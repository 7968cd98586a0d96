import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Spool } from './spool.ts';

const root = mkdtempSync(join(tmpdir(), 'gumshoe-spool-'));
after(() => rmSync(root, { recursive: true, force: true }));

const entry = (text: string, items = 1) => ({ kind: 'metrics', items, body: Buffer.from(text) });
const texts = (spool: Spool): string[] => {
  const out: string[] = [];
  for (let one = spool.peek(); one; one = spool.peek()) {
    out.push(Buffer.from(one.body).toString());
    spool.remove(one.id);
  }
  return out;
};

test('entries come back in order, also to the next process, which goes on counting', () => {
  const folder = join(root, 'order');
  const first = new Spool(folder, 1000);
  first.push(entry('a'));
  first.push(entry('b', 7));
  writeFileSync(join(folder, '000000000009-metrics-1.spool.part'), 'half');
  const second = new Spool(folder, 1000);
  assert.equal(second.length, 2);
  assert.equal(second.items, 8);
  second.push(entry('c'));
  assert.deepEqual(texts(second), ['a', 'b', 'c']);
  assert.equal(second.bytes, 0);
  assert.deepEqual(readdirSync(folder), []);
});

test('a full folder gives up the oldest, and counts its items', () => {
  const spool = new Spool(join(root, 'full'), 10);
  spool.push(entry('aaaa', 5));
  spool.push(entry('bbbb', 6));
  spool.push(entry('cccc', 7));
  assert.equal(spool.dropped, 5);
  spool.push(entry('x'.repeat(11), 100));
  assert.equal(spool.dropped, 5 + 6 + 7 + 100);
  assert.deepEqual(texts(spool), []);
});

test('a disk that refuses costs the entry and says why', () => {
  const blocked = join(root, 'file');
  writeFileSync(blocked, '');
  const spool = new Spool(join(blocked, 'spool'), 1000);
  spool.push(entry('a', 3));
  assert.equal(spool.length, 0);
  assert.equal(spool.dropped, 3);
  assert.match(spool.problem, /ENOTDIR/);
});

test('an entry that vanished is passed over', () => {
  const folder = join(root, 'vanished');
  const spool = new Spool(folder, 1000);
  spool.push(entry('a', 2));
  spool.push(entry('b'));
  rmSync(join(folder, readdirSync(folder).sort()[0] ?? ''));
  assert.deepEqual(texts(spool), ['b']);
  assert.equal(spool.dropped, 2);
});

test('an entry that was given up while it was being sent is not removed twice', () => {
  const spool = new Spool(join(root, 'race'), 10);
  spool.push(entry('aaaaaa'));
  const sending = spool.peek();
  spool.push(entry('bbbbbb'));
  spool.remove(sending?.id ?? '');
  assert.deepEqual(texts(spool), ['bbbbbb']);
});
