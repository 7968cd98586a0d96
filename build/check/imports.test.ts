import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './imports.ts';

test('an upward import is refused with the reason', () => {
  assert.match(
    judge('shared/base/src/time.ts', '@gumshoe/model/entities', false) ?? '',
    /shared\/base .* may import only nothing/,
  );
  assert.match(judge('collector/src/main.ts', '@gumshoe/engine/api', true) ?? '', /may import only/);
});

test('a downward import is allowed', () => {
  assert.equal(judge('shared/model/src/world.ts', '@gumshoe/base/series', false), undefined);
  assert.equal(judge('shared/model/src/world.ts', './entities.ts', false), undefined);
});

test('Node modules stay out of pure rooms and of the renderer', () => {
  assert.match(judge('shared/promql/src/x.ts', 'node:fs', false) ?? '', /pure/);
  assert.match(judge('desktop/src/renderer/app/x.tsx', 'node:fs', false) ?? '', /dom/);
  assert.equal(judge('shared/reader/src/x.ts', 'node:fs', false), undefined);
  assert.equal(judge('shared/promql/src/x.test.ts', 'node:fs', false), undefined);
});

test('a vendor is imported through its door only', () => {
  assert.equal(judge('shared/reader/src/ssh/tunnel.ts', 'ssh2', false), undefined);
  assert.match(judge('desktop/src/engine/tunnel.ts', 'ssh2', false) ?? '', /one door/);
});

test('a view never imports another view', () => {
  const file = 'desktop/src/renderer/views/traces/list.tsx';
  assert.match(judge(file, '../overview/table.tsx', false) ?? '', /never imports another view/);
  assert.equal(judge(file, './waterfall.tsx', false), undefined);
});
