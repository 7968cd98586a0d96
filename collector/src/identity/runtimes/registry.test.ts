import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { decodeContainers } from './containerd-messages.ts';
import { CrioRuntime } from './crio.ts';
import { DockerRuntime } from './docker.ts';
import { ContainerRuntimes } from './registry.ts';
import { getJson } from './unix-http.ts';

const ID = 'c0ffee'.padEnd(64, '0');
const OTHER = 'facade'.padEnd(64, '0');

async function serve(
  t: TestContext,
  path: string,
  answer: RequestListener,
): Promise<{ root: string; server: Server }> {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-runtimes-'));
  mkdirSync(dirname(join(root, path)), { recursive: true });
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(join(root, path), resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { root, server };
}

async function until(what: string, ask: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (ask()) return;
    await sleep(25);
  }
  assert.fail(`${what} did not come`);
}

test('CRI-O, in-process server speaking its inspection interface: asked when a container is first met', async (t) => {
  const asked: string[] = [];
  const { root } = await serve(t, 'run/crio/crio.sock', (request, response) => {
    asked.push(request.url ?? '');
    if (request.url !== `/containers/${ID}`) return response.writeHead(404).end();
    const labels = {
      'io.kubernetes.pod.name': 'db-0',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.container.name': 'postgres',
    };
    const annotations = { 'gumshoe.io/profiles': 'disabled' };
    response.end(
      JSON.stringify({
        name: 'k8s_postgres_db-0_shop',
        image: 'postgres:15',
        labels,
        annotations,
        log_path: '/var/log/pods/x/0.log',
      }),
    );
  });
  const runtimes = new ContainerRuntimes(root, [
    { path: 'run/crio/crio.sock', open: (socket) => Promise.resolve(new CrioRuntime(socket)) },
  ]);
  t.after(() => runtimes.stop());
  await runtimes.refresh();
  assert.equal(runtimes.containerOf(ID), undefined, 'nobody waits');
  assert.equal(runtimes.containerOf('nginx.service'), undefined);
  runtimes.containerOf(OTHER);
  await until('the answer', () => runtimes.containerOf(ID) !== undefined);
  const found = runtimes.containerOf(ID);
  assert.deepEqual(found?.names, { by: 'kubernetes', namespace: 'shop', pod: 'db-0', container: 'postgres' });
  assert.equal(found?.optOuts.profiles, true);
  assert.equal(found?.logPath, join(root, 'var/log/pods/x/0.log'));
  await until('both questions', () => asked.length === 2);
  for (let i = 0; i < 5; i++) runtimes.containerOf(OTHER);
  assert.deepEqual(
    asked.sort(),
    [`/containers/${ID}`, `/containers/${OTHER}`].sort(),
    'each is asked for once',
  );
});

test('a runtime that never answers costs nothing but its names, and says why', async (t) => {
  const { root } = await serve(t, 'run/docker.sock', () => undefined);
  await assert.rejects(
    getJson(join(root, 'run/docker.sock'), '/containers/json', 50),
    /GET \/containers\/json of .*docker\.sock: no answer within 50 ms/,
  );
});

test('a runtime that fails is left alone for a while, one that comes back is heard', async (t) => {
  let works = false;
  let lists = 0;
  const { root } = await serve(t, 'run/docker.sock', (request, response) => {
    if (request.url?.startsWith('/events')) return;
    if (request.url === '/containers/json') lists++;
    if (!works) return response.writeHead(500).end();
    response.end(
      request.url === '/containers/json'
        ? JSON.stringify([
            {
              Id: ID,
              Names: ['/web'],
              Image: 'shop:1',
              Labels: {},
              Mounts: [{ Destination: '/data', Name: 'data', Source: '/var/lib/docker/volumes/data/_data' }],
              Ports: [
                { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
                { PrivatePort: 443, Type: 'tcp' },
              ],
            },
          ])
        : '{"HostConfig":{"LogConfig":{"Type":"journald"}},"LogPath":""}',
    );
  });
  const runtimes = new ContainerRuntimes(root, [
    { path: 'run/docker.sock', open: (socket) => Promise.resolve(new DockerRuntime(socket)) },
  ]);
  t.after(() => runtimes.stop());
  await runtimes.refresh();
  await runtimes.refresh();
  assert.equal(lists, 1);
  assert.match(runtimes.status()[0]?.problem ?? '', /answers 500/);
  works = true;
  for (let tries = 0; tries < 100 && !runtimes.containerOf(ID); tries++) {
    await sleep(50);
    await runtimes.refresh();
  }
  const found = runtimes.containerOf(ID);
  assert.equal(found?.name, 'web');
  assert.deepEqual(found?.volumes, { '/data': 'data' });
  assert.deepEqual(found?.published, [
    { hostIp: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
  ]);
  assert.equal(found?.logPath, '');
  assert.equal(runtimes.status()[0]?.problem, '');
});

test('answers that are no answers do not throw out of the reader', () => {
  assert.deepEqual(decodeContainers(new Uint8Array()), []);
  assert.throws(() => decodeContainers(Uint8Array.of(0x0a, 0xff)), Error);
});

test('a machine without any runtime', async () => {
  const runtimes = new ContainerRuntimes('/nowhere');
  runtimes.start();
  await runtimes.refresh();
  assert.equal(runtimes.containerOf(ID), undefined);
  assert.deepEqual(runtimes.status(), []);
  runtimes.stop();
});
