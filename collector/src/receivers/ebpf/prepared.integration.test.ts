import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { startMariadb } from './testdata/databases.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, Sandbox } from './testdata/sandbox.ts';

function skipReason(): string | undefined {
  const reason = cannotObserve() ?? unsupported()[0];
  return reason ?? (spawnSync('mariadbd', ['--version']).status === 0 ? undefined : 'no mariadb-server');
}

const skip = skipReason() ?? false;

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];

before(() => {
  if (skip) return;
  sandbox = new Sandbox('prepared');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }, { spansPerSecond: 0 }));
  receiver.start();
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

test('a statement is known although the span of its preparation was sampled out', { skip }, async () => {
  const port = await startMariadb(sandbox, 'mariadb');
  const script = fileURLToPath(new URL('./testdata/workload/prepared.mjs', import.meta.url));
  await once(sandbox.start('client', [process.execPath, script, String(port)]), 'exit');
  await settled(receiver);
  const [failed, ...others] = spans.filter(
    ({ ServiceName, SpanAttributes }) =>
      ServiceName === 'client' && SpanAttributes['gumshoe.kept'] === 'failed',
  );
  assert.deepEqual([failed?.SpanName, others.length], ['INSERT shop.orders', 0]);
  assert.equal(failed?.SpanAttributes['db.query.text'], 'INSERT INTO shop.orders VALUES (?)');
  assert.ok(!spans.some(({ SpanName }) => SpanName.startsWith('PREPARE')));
});
