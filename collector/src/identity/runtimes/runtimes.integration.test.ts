import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test, type TestContext } from 'node:test';
import { identifyCgroup, parseCgroupFile } from '../cgroup.ts';
import { processFilter } from '../process-filter.ts';
import { ProcessTable } from '../processes.ts';
import { ContainerRuntimes, type RuntimePlace } from './registry.ts';
import type { ContainerRuntime } from './runtime.ts';
import { Sandbox, skipReason } from './testdata/sandbox.ts';

const UNIQUE = `gs${process.pid}`;

/** Waits for a condition; a slow machine only waits longer. */
async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1200; tries++) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`${what} did not come`);
}

function runtimesAt(sandbox: Sandbox, path: string, open: RuntimePlace['open']): ContainerRuntimes {
  return new ContainerRuntimes(sandbox.folder, [{ path, open }]);
}

/** Container id of a process as the collector tells it. */
function containerIdOf(pid: number, runtimes: ContainerRuntimes): string | undefined {
  const processes = new ProcessTable({
    procfs: '/proc',
    cgroupfs: '/sys/fs/cgroup',
    filter: processFilter({ cgroups: [], pids: [pid], netns: [] }, '/proc', '/sys/fs/cgroup'),
    hostName: 'h',
    hostId: 'i',
    keepExitedFor: 60_000,
    runtimeContainer: runtimes.containerOf,
  });
  processes.scan(Date.now());
  return processes.containerOf(pid)?.containerId;
}

const identityOf = (pid: number) =>
  identifyCgroup(parseCgroupFile(readFileSync(`/proc/${pid}/cgroup`, 'utf8')));

describe('Podman over its socket', { skip: skipReason('/usr/bin/podman', '/usr/sbin/runc') }, () => {
  const sandbox = new Sandbox();
  const podman = [
    ...['--root', sandbox.path('root'), '--runroot', sandbox.path('run'), '--tmpdir', sandbox.path('tmp')],
    ...[
      '--storage-driver',
      'vfs',
      '--cgroup-manager',
      'cgroupfs',
      '--events-backend',
      'file',
      '--runtime',
      '/usr/sbin/runc',
    ],
  ];
  const name = `${UNIQUE}web`;
  let problem: string | undefined;
  before(async () => {
    await sandbox.run('podman', ...podman, 'import', sandbox.image, 'localhost/shop:1');
    const socket = sandbox.path('podman.sock');
    problem = await sandbox.daemon(
      ['podman', ...podman, 'system', 'service', '--time', '0', `unix://${socket}`],
      socket,
    );
  });
  after(() => sandbox.close());

  const start = async (container: string, ...options: readonly string[]): Promise<number> => {
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--network', 'none'];
    await sandbox.run(
      'podman',
      ...podman,
      ...['run', '--detach', '--name', container, ...limits, ...options],
      ...['localhost/shop:1', '/bin/sleep', '50'],
    );
    sandbox.atEnd(() => sandbox.run('podman', ...podman, 'rm', '--force', '--time', '0', container));
    return Number(await sandbox.run('podman', ...podman, 'inspect', '--format', '{{.State.Pid}}', container));
  };

  test('a container is known by name, image, labels, volumes; one that starts later is announced', async (t: TestContext) => {
    if (problem) return t.skip(problem);
    sandbox.removesCgroup('libpod_parent');
    const pid = await start(name, '--label', 'gumshoe.io/logs=disabled', '--volume', `${UNIQUE}data:/data`);
    const runtimes = runtimesAt(sandbox, 'podman.sock', async (socket) => {
      const { DockerRuntime } = await import('./docker.ts');
      return new DockerRuntime(socket, 'podman');
    });
    t.after(() => runtimes.stop());
    await runtimes.refresh();
    const identity = identityOf(pid);
    assert.equal(identity?.kind, 'podman');
    const found = runtimes.containerOf(identity?.id ?? '');
    assert.equal(found?.name, name);
    assert.equal(found?.image, 'localhost/shop:1');
    assert.deepEqual(found?.optOuts, { logs: true, traces: false, profiles: false });
    assert.ok(Object.keys(found?.volumes ?? {}).includes('/data'));
    assert.match(found?.logPath ?? '', /ctr\.log$/);
    assert.ok(existsSync(found?.logPath ?? ''));
    assert.equal(containerIdOf(pid, runtimes), `/podman/${name}`);

    // the same from what it keeps on disk, for machines where no socket is served
    const files = runtimesAt(sandbox, 'root/vfs-containers/containers.json', async (file) => {
      const { ContainersStorage } = await import('./containers-storage.ts');
      return new ContainersStorage(file);
    });
    t.after(() => files.stop());
    await files.refresh();
    const kept = files.containerOf(identity?.id ?? '');
    assert.deepEqual([kept?.name, kept?.image, kept?.logPath], [name, 'localhost/shop:1', found?.logPath]);
    assert.deepEqual(kept?.volumes, { '/data': `${UNIQUE}data` });

    const later = await start(`${name}2`);
    await until('the second container', () =>
      runtimes.containerOf(identityOf(later)?.id ?? '')?.name === `${name}2` ? true : undefined,
    );
    assert.deepEqual(
      runtimes.status().map(({ runtime, containers, problem: why }) => [runtime, containers, why]),
      [['podman', 2, '']],
    );
  });
});

describe('containerd over its socket', { skip: skipReason('/usr/bin/containerd', '/usr/sbin/runc') }, () => {
  const sandbox = new Sandbox();
  const socket = sandbox.path('containerd.sock');
  const id = UNIQUE.padEnd(64, '0').replace(/[^0-9a-f]/g, 'a');
  let problem: string | undefined;
  before(async () => {
    writeFileSync(
      sandbox.path('config.toml'),
      `version = 2\nroot = "${sandbox.path('root')}"\nstate = "${sandbox.path('state')}"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "${socket}"\n`,
    );
    problem = await sandbox.daemon(['containerd', '--config', sandbox.path('config.toml')], socket);
  });
  after(() => sandbox.close());

  test('a container of Kubernetes by its labels, of any namespace', async (t: TestContext) => {
    if (problem) return t.skip(problem);
    const ctr = (...args: readonly string[]): Promise<string> =>
      sandbox.run('ctr', '--address', socket, '--namespace', 'k8s.io', ...args);
    const labels = {
      'io.kubernetes.pod.name': 'api-7d4b9c6f5-x2x4z',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.container.name': 'api',
      'gumshoe.io/traces': 'disabled',
    };
    sandbox.removesCgroup(`${UNIQUE}-kubepods`);
    await ctr(
      'run',
      '--detach',
      '--rootfs',
      ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
      ...['--cgroup', `/${UNIQUE}-kubepods/pod1b2c3d4e-1111-2222-3333-444455556666/${id}`],
      ...[sandbox.rootfs, id, '/bin/sleep', '50'],
    );
    sandbox.atEnd(() => ctr('container', 'rm', id));
    sandbox.atEnd(() => ctr('task', 'rm', '--force', id));
    const tasks = await ctr('task', 'ls');
    const pid = Number(/\s(\d+)\s+RUNNING/.exec(tasks)?.[1]);
    const runtimes = runtimesAt(sandbox, 'containerd.sock', async (path) => {
      const { ContainerdRuntime } = await import('./containerd.ts');
      return new ContainerdRuntime(path);
    });
    t.after(() => runtimes.stop());
    await runtimes.refresh();
    assert.deepEqual(
      runtimes.status().map((one) => [one.runtime, one.containers, one.problem]),
      [['containerd', 1, '']],
    );
    assert.equal(runtimes.containerOf(id)?.optOuts.traces, true);
    assert.equal(containerIdOf(pid, runtimes), '/k8s/shop/api-7d4b9c6f5-x2x4z/api');
  });
});

describe('Docker over its socket', { skip: skipReason('/usr/sbin/dockerd', '/usr/bin/containerd') }, () => {
  const sandbox = new Sandbox();
  const socket = sandbox.path('docker.sock');
  let problem: string | undefined;
  before(async () => {
    mkdirSync(sandbox.path('data'));
    problem = await sandbox.daemon(
      [
        'dockerd',
        ...[
          '--host',
          `unix://${socket}`,
          '--data-root',
          sandbox.path('data'),
          '--exec-root',
          sandbox.path('exec'),
        ],
        ...[
          '--pidfile',
          sandbox.path('pid'),
          '--storage-driver',
          'vfs',
          '--bridge',
          'none',
          '--iptables=false',
          '--ip-forward=false',
        ],
      ],
      socket,
    );
  });
  after(() => sandbox.close());

  test('a container is known by name, image, labels and log file', async (t: TestContext) => {
    if (problem) return t.skip(problem);
    const docker = (...args: readonly string[]): Promise<string> =>
      sandbox.run('docker', '--host', `unix://${socket}`, ...args);
    sandbox.removesCgroup('docker');
    await docker('import', sandbox.image, 'shop:1');
    const id = await docker(
      ...[
        'run',
        '--detach',
        '--name',
        `${UNIQUE}db`,
        '--network',
        'none',
        '--label',
        'gumshoe.io/profiles=disabled',
      ],
      ...['shop:1', '/bin/sleep', '50'],
    );
    sandbox.atEnd(() => docker('rm', '--force', id));
    const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', id));
    const runtimes = runtimesAt(sandbox, 'docker.sock', async (path): Promise<ContainerRuntime> => {
      const { DockerRuntime } = await import('./docker.ts');
      return new DockerRuntime(path);
    });
    t.after(() => runtimes.stop());
    await runtimes.refresh();
    const found = runtimes.containerOf(id);
    assert.deepEqual([found?.name, found?.image, found?.optOuts.profiles], [`${UNIQUE}db`, 'shop:1', true]);
    assert.equal(found?.logPath, join(sandbox.path('data'), 'containers', id, `${id}-json.log`));
    assert.equal(containerIdOf(pid, runtimes), `/docker/${UNIQUE}db`);
  });
});
