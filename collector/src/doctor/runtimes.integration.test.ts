import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Finding } from './machine.ts';
import { runtimeFindings } from './runtimes.ts';

/** A machine's root with sockets of Docker, in a folder for anybody, and of Podman and CRI-O, in folders for root. */
async function machine(t: TestContext): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-doctor-'));
  chmodSync(root, 0o755);
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const path of ['run/docker.sock', 'run/podman/podman.sock', 'run/crio/crio.sock']) {
    const folder = join(root, path, '..');
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, path.startsWith('run/docker') ? 0o755 : 0o700);
    const server = createServer((_, response) => response.end('[]')).listen(join(root, path));
    await once(server, 'listening');
    chmodSync(join(root, path), 0o660);
    t.after(() => server.close().closeAllConnections());
  }
  return root;
}

const SCRIPT = `
  import { runtimeFindings } from ${JSON.stringify(import.meta.resolve('./runtimes.ts'))};
  process.stdout.write(JSON.stringify(await runtimeFindings(process.argv[1])), () => process.exit());
`;

/** What the doctor finds as another user, who may look everywhere, with these groups. */
async function findingsAs(root: string, groups: string): Promise<readonly Finding[]> {
  const capability = '+dac_read_search';
  const child = spawn(
    'setpriv',
    [
      ...['--reuid=65534', '--regid=65534', groups, '--no-new-privs'],
      ...[`--inh-caps=${capability}`, `--ambient-caps=${capability}`, `--bounding-set=-all,${capability}`],
      ...[process.execPath, '--input-type=module', '--eval', SCRIPT, root],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const text = (await child.stdout.toArray()).join('');
  return JSON.parse(text) as readonly Finding[];
}

const skip = process.getuid?.() === 0 ? false : 'needs root to give privileges up';

test(
  'the group of the sockets is what an unprivileged collector needs, and the doctor says so',
  { skip },
  async (t) => {
    const root = await machine(t);
    const without = await findingsAs(root, '--clear-groups');
    assert.deepEqual(
      without.map(({ subject, state }) => [subject, state]),
      ['docker', 'podman', 'crio'].map((name) => [`runtime ${name}`, 'lost']),
    );
    for (const { costs } of without) assert.match(costs, /SupplementaryGroups=/);
    const member = await findingsAs(root, '--groups=0');
    assert.deepEqual(
      member.map(({ state }) => state),
      ['ok', 'ok', 'ok'],
    );
  },
);

test('a runtime that is gone is told without a remedy for rights', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-doctor-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'run/docker.sock'), { recursive: true });
  const [finding] = await runtimeFindings(root);
  assert.equal(finding?.state, 'lost');
  assert.doesNotMatch(finding.costs, /SupplementaryGroups/);
});
