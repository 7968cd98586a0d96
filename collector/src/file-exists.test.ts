import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileExists } from './file-exists.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root to give privileges up';

test('what is there and what is not', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-exists-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), '');
  assert.equal(fileExists(join(folder, 'file')), true);
  assert.equal(fileExists(join(folder, 'other')), false);
  assert.equal(fileExists(join(folder, 'file', 'below')), false);
});

test('a capability counts below folders of root', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-exists-'));
  t.after(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'closed'), { mode: 0o700 });
  writeFileSync(join(folder, 'closed', 'file'), '');
  const script = `import { fileExists } from ${JSON.stringify(join(import.meta.dirname, 'file-exists.ts'))};
    console.log(fileExists(${JSON.stringify(join(folder, 'closed', 'file'))}))`;
  const seen = (capabilities: string): string =>
    spawnSync('setpriv', [
      ...['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'],
      ...[`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`],
      ...[process.execPath, '--input-type=module', '--eval', script],
    ])
      .stdout.toString()
      .trim();
  assert.deepEqual([seen('-all'), seen('+dac_read_search')], ['false', 'true']);
});
