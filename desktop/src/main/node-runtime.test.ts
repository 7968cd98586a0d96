import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveNode } from './node-runtime.ts';

test('the Node pinned beside the application comes first, from any folder above it', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-node-'));
  context.after(() => rmSync(root, { recursive: true }));
  const pinned = join(
    root,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  mkdirSync(join(pinned, '..'), { recursive: true });
  writeFileSync(pinned, '');
  const app = join(root, 'apps', 'desktop');
  assert.deepStrictEqual(resolveNode(app, join(root, 'resources')), { executable: pinned, env: {} });
});

test('without one, this very runtime is used when it is new enough, and told to be Node', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-node-'));
  context.after(() => rmSync(root, { recursive: true }));
  assert.deepStrictEqual(resolveNode(root, root), {
    executable: process.execPath,
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
});
