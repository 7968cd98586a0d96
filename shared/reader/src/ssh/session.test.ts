import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import ssh2 from 'ssh2';
import { SshSession } from './session.ts';

const PASSWORD = 'password of this test';
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-session-'));

/** A server that takes the password by `method` only, and echoes what comes through a tunnel. */
async function startServer(method: 'password' | 'keyboard-interactive'): Promise<ssh2.Server> {
  const host = ssh2.utils.generateKeyPairSync('ed25519');
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method === 'password' && method === 'password' && context.password === PASSWORD)
        return context.accept();
      if (context.method === 'keyboard-interactive' && method === 'keyboard-interactive')
        return context.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
          answers[0] === PASSWORD ? context.accept() : context.reject(),
        );
      context.reject([method]);
    });
    client.on('ready', () =>
      client.on('tcpip', (accept, reject, { destPort }) => {
        if (destPort !== 7) return reject();
        const channel = accept();
        channel.pipe(channel);
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const servers: ssh2.Server[] = [];
before(async () => {
  servers.push(await startServer('password'), await startServer('keyboard-interactive'));
});
after(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true, force: true });
});

function session(server: ssh2.Server, passwordRef: string): SshSession {
  const { port } = server.address() as AddressInfo;
  return new SshSession(
    {
      kind: 'ssh',
      host: '127.0.0.1',
      port,
      user: 'somebody',
      auth: { method: 'password', passwordRef },
      knownHostsFile: join(directory, 'known_hosts'),
      inner: { clickhouseUrl: 'http://127.0.0.1:1', prometheusUrl: 'http://127.0.0.1:1' },
    },
    {
      secrets: {
        get: (reference) => Promise.resolve({ right: PASSWORD, wrong: 'another' }[reference]),
      },
      confirmHostKey: () => Promise.resolve(true),
    },
  );
}

for (const [index, method] of ['password', 'keyboard-interactive'].entries())
  test(`${method}: the right one opens tunnels, a wrong one is refused`, async () => {
    const server = servers[index]!;
    const good = session(server, 'right');
    try {
      const channel = await good.channel('127.0.0.1', 7);
      channel.write('ping');
      const [echoed] = (await once(channel, 'data')) as [Buffer];
      assert.equal(echoed.toString(), 'ping');
      assert.equal((await good.check()).state, 'ok');
      assert.equal(good.failure, undefined);
      await assert.rejects(good.channel('127.0.0.1', 8), FailureError);
      assert.equal((await good.check()).state, 'ok', 'a refused tunnel does not break the connection');
    } finally {
      good.close();
    }
    const bad = session(server, 'wrong');
    await assert.rejects(bad.connect(), (error) => {
      assert.ok(error instanceof FailureError);
      assert.equal(error.failure.code, 'unauthorized');
      assert.ok(!JSON.stringify(error.failure).includes('another'), 'the password stays out of the failure');
      return true;
    });
    assert.equal(bad.failure?.code, 'unauthorized');
  });

test('a password that is not in the key store is unauthorized', async () => {
  await assert.rejects(
    session(servers[0]!, 'unknown').connect(),
    (error) => error instanceof FailureError && error.failure.code === 'unauthorized',
  );
});
