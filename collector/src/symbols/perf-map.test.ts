import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PerfMap } from './perf-map.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-perf-map-'));
after(() => rmSync(folder, { recursive: true }));

test('reads what a runtime appends; later lines win; half a line waits', () => {
  const path = join(folder, 'perf-1.map');
  const map = new PerfMap(path);
  map.refresh();
  assert.equal(map.find(0x1000), undefined);
  writeFileSync(path, '1000 20 JS:*burn file.js:1:2\nnonsense\n0x2000 0x10 LazyCompile:~x\n30');
  map.refresh();
  assert.equal(map.find(0x1000), 'JS:*burn file.js:1:2');
  assert.equal(map.find(0x101f), 'JS:*burn file.js:1:2');
  assert.equal(map.find(0x1020), undefined);
  assert.equal(map.find(0x2008), 'LazyCompile:~x');
  appendFileSync(path, '00 8 third\n1000 20 JS:+burn file.js:1:2\n');
  map.refresh();
  assert.equal(map.find(0x3000), 'third');
  assert.equal(map.find(0x1000), 'JS:+burn file.js:1:2');
});

test('does not follow a link out of the process’s root', () => {
  const target = join(folder, 'elsewhere');
  writeFileSync(target, '1000 20 secret\n');
  const link = join(folder, 'perf-2.map');
  symlinkSync(target, link);
  const map = new PerfMap(link);
  map.refresh();
  assert.equal(map.find(0x1000), undefined);
});
