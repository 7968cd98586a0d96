import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfigurationFile } from './configuration-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-configuration-'));
const file = join(folder, 'gumshoe.yaml');
after(() => rmSync(folder, { recursive: true, force: true }));

test('no file is no mistake', () => {
  assert.equal(readConfigurationFile(file).part, undefined);
});

test('a file in order holds', () => {
  writeFileSync(file, 'inspections: { cpu-container: 90% }\n');
  const { configuration, part } = readConfigurationFile(file);
  assert.equal(part?.state, 'ok');
  assert.deepEqual(
    configuration.thresholds.map(({ inspection, value }) => [inspection, value]),
    [['cpu-container', 90]],
  );
});

test('a wrong file changes nothing and says where it is wrong', () => {
  writeFileSync(file, 'inspections:\n  cpu-contaner: 90%\n');
  const { configuration, part } = readConfigurationFile(file);
  assert.deepEqual(configuration.thresholds, []);
  assert.equal(part?.state, 'failed');
  assert.match(part?.failure?.reason ?? '', /^2:3: .*did you mean "cpu-container"/);
});

test('a file that cannot be read is told', () => {
  const { part } = readConfigurationFile(folder);
  assert.match(part?.failure?.reason ?? '', /EISDIR/);
});
