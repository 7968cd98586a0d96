import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createHash } from 'node:crypto';
import { releaseFilePages } from './index.ts';

const residentOfFiles = (): number =>
  1024 * Number(/RssFile:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

test('pages of the program are given back, come again when they are touched, and nothing of ours is lost', () => {
  const kept = Array.from({ length: 1000 }, (_, i) => `row ${i}`);
  const digest = (): string => createHash('sha256').update(kept.join()).digest('hex');
  const [before, resident] = [digest(), residentOfFiles()];
  const released = releaseFilePages();
  assert.ok(released > resident / 2, `${released} of ${resident} bytes`);
  assert.ok(residentOfFiles() < resident - released / 2);
  assert.equal(digest(), before);
  for (let i = 0; i < 20; i++) {
    releaseFilePages();
    assert.equal(digest(), before);
  }
});
