import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { CHANNEL, FrameSplitter, writeFrame } from '../contract/framing.ts';
import type { SavedConnectionId } from '../contract/ipc.ts';
import { WorkbenchClient } from '../renderer/client/workbench-client.ts';

const ENTRY = join(import.meta.dirname, '..', 'engine', 'main.ts');

/** The real engine process, with this test as its shell and page. */
function start(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-engine-'));
  const child = spawn(process.execPath, [ENTRY, '--user-data', folder], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const pipe = child.stdio[3] as Duplex;
  context.after(async () => {
    pipe.destroy();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const splitter = new FrameSplitter();
  const client = new WorkbenchClient({
    postFrame: (frame) => void pipe.write(writeFrame(CHANNEL.renderer, frame)),
    onFrame: (listener) => {
      pipe.on('data', (chunk: Buffer) => {
        for (const { channel, payload } of splitter.push(chunk))
          if (channel === CHANNEL.renderer) listener(payload);
      });
      return () => {};
    },
    onEngineState: () => () => {},
  });
  return { client, folder, pipe, exited };
}

/** A loopback port that nothing listens on. */
/** Held by a connection of ours, so that nobody else comes to listen on it meanwhile. */
async function closedPort(context: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const holder = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(holder, 'connect');
  context.after(() => {
    holder.destroy();
    server.close();
  });
  return holder.localPort!;
}

const codeOf = (code: string) => (error: unknown) =>
  error instanceof FailureError && (assert.equal(error.failure.code, code), true);

test('connections outlive the engine process, in a file for their owner only', async (context) => {
  const { client, folder } = start(context);
  const spec = { kind: 'snapshot', path: '/nowhere.gumshoe' } as const;
  const saved = { id: 'a' as SavedConnectionId, name: 'one', spec };
  assert.deepStrictEqual(await client.call('connections.save', [saved]), [saved]);
  const file = join(folder, 'connections.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), [saved]);
});

test('stores that are not there: opening fails with what refused, testing tells it part by part', async (context) => {
  const { client } = start(context);
  const url = `http://127.0.0.1:${await closedPort(context)}`;
  const request = { name: 'x', spec: { kind: 'direct', clickhouseUrl: url, prometheusUrl: url } } as const;
  await assert.rejects(client.call('connections.open', [request]), codeOf('refused'));
  const status = await client.call('connections.test', [request]);
  assert.deepStrictEqual(
    status.parts.slice(0, 2).map((part) => [part.state, part.failure?.code]),
    [
      ['failed', 'refused'],
      ['failed', 'refused'],
    ],
  );
});

test('a file that is no snapshot is refused with its path', async (context) => {
  const { client, folder } = start(context);
  const path = join(folder, 'letter.gumshoe');
  writeFileSync(path, 'Dear reader, this is not a database.'.repeat(100));
  await assert.rejects(
    client.call('connections.open', [{ name: 'x', spec: { kind: 'snapshot', path } }]),
    (error: unknown) => error instanceof FailureError && error.failure.target.includes(path),
  );
});

test('the engine ends when its shell is gone', async (context) => {
  const { client, pipe, exited } = start(context);
  await client.call('preferences.get', []);
  pipe.destroy();
  assert.equal(await exited, 0);
});
