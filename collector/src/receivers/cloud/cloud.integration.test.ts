import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { PROVIDERS } from './providers/index.ts';
import { CloudReceiver } from './receiver.ts';
import { DOCUMENTED, type Answers } from './testdata/answers.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-cloud-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A root file system whose firmware says this. */
function machine(name: string, dmi: Readonly<Record<string, string>>): string {
  const root = join(folder, name);
  const files = join(root, 'sys/class/dmi/id');
  mkdirSync(files, { recursive: true });
  for (const [file, text] of Object.entries(dmi)) writeFileSync(join(files, file), `${text}\n`);
  return root;
}

async function serve(
  listener: RequestListener,
): Promise<{ url: string; asked: () => number; stop: () => void }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const answering =
  ({ routes, needs }: Answers): RequestListener =>
  ({ method, url, headers }, response) => {
    const answer = routes[`${method} ${url}`];
    const isRefused = method === 'GET' && needs && headers[needs[0]] !== needs[1];
    response.writeHead(isRefused ? 401 : answer === undefined ? 404 : 200).end(isRefused ? '' : answer);
  };

/** Labels of node_cloud_info; undefined when there is none. Empty ones are left out. */
function labelsOf(receiver: CloudReceiver, now = 1): Readonly<Record<string, string>> | undefined {
  let seen: Readonly<Record<string, string>> | undefined;
  const none = () => undefined;
  const sink: MetricSink = {
    node: (_metric, labels) => (seen = labels),
    sample: none,
    histogram: none,
    nodeHistogram: none,
    self: none,
  };
  receiver.collect(sink, now);
  return seen && Object.fromEntries(Object.entries(seen).filter(([, value]) => value !== ''));
}

test('every provider has its documented answers', () => {
  assert.deepEqual(
    PROVIDERS.map(({ name }) => name),
    Object.keys(DOCUMENTED),
  );
});

for (const [name, answers] of Object.entries(DOCUMENTED))
  test(`${name}: documented answers of its metadata service, from a local server`, async () => {
    const server = await serve(answering(answers));
    const receiver = new CloudReceiver({ hostRoot: machine(name, answers.dmi), endpoint: server.url });
    assert.deepEqual(labelsOf(receiver), { provider: name }, 'start and interval do not wait');
    await receiver.settled();
    assert.deepEqual(labelsOf(receiver, 2), { provider: name, ...answers.expected });
    server.stop();
  });

test('a machine of nobody: nothing is asked of the network', async () => {
  const server = await serve((_request, response) => response.end());
  const receiver = new CloudReceiver({
    hostRoot: machine('own', { sys_vendor: 'QEMU', product_name: 'Standard PC' }),
    endpoint: server.url,
  });
  assert.equal(labelsOf(receiver), undefined);
  await receiver.settled();
  assert.equal(server.asked(), 0);
  assert.match(JSON.stringify(receiver.status()), /no known cloud/);
  server.stop();
});

test('a service that never answers costs its facts only; what the configuration says stands', async () => {
  const server = await serve(() => undefined);
  const overrides = { region: 'eu-1', instance_type: 'big' };
  const receiver = new CloudReceiver({
    hostRoot: machine('mute', DOCUMENTED['hetzner']!.dmi),
    endpoint: server.url,
    overrides,
  });
  labelsOf(receiver);
  await receiver.settled();
  assert.deepEqual(labelsOf(receiver), { provider: 'hetzner', ...overrides });
  assert.equal(server.asked(), 1, 'not asked again at once');
  labelsOf(receiver, 100_000);
  await receiver.settled();
  assert.equal(server.asked(), 2);
  server.stop();
});

test('garbage for an answer is no fact', async () => {
  const server = await serve((_request, response) => response.end('<html>[1,2'));
  for (const name of ['azure', 'digitalocean', 'scaleway', 'ibm', 'oracle']) {
    const receiver = new CloudReceiver({
      hostRoot: machine(`garbage-${name}`, DOCUMENTED[name]!.dmi),
      endpoint: server.url,
    });
    labelsOf(receiver);
    await receiver.settled();
    assert.deepEqual(labelsOf(receiver), { provider: name });
  }
  server.stop();
});
