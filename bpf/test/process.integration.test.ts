import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { text } from './decode.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed, Target } from './observed.ts';
import { isDirectory } from './servers/start.ts';

const NAMES = new Map<unknown, string>([
  [constants.GS_EVENT_PROCESS_START, 'start'],
  [constants.GS_EVENT_PROCESS_EXEC, 'exec'],
  [constants.GS_EVENT_PROCESS_EXIT, 'exit'],
  [constants.GS_EVENT_OOM_KILL, 'oom'],
]);

interface ProcessEvent {
  readonly what: string | undefined;
  readonly tgid: unknown;
  readonly comm: string;
  readonly code: unknown;
}

function brief(event: Struct): ProcessEvent {
  const header = event['header'] as Struct;
  return {
    what: NAMES.get(header['type']),
    tgid: header['tgid'],
    comm: text(event['comm'] as Uint8Array),
    code: event['exit_code'],
  };
}

async function watch(
  target: Target,
  work: (observed: Observed) => Promise<void>,
): Promise<readonly Struct[]> {
  const observed = observe('process', target);
  try {
    await work(observed);
    await observed.settle();
    return observed.events;
  } finally {
    observed.close();
  }
}

describe('process', { skip: skipReason() }, () => {
  let namespace: NetworkNamespace;
  before(() => {
    namespace = new NetworkNamespace();
  });
  after(() => namespace.close());

  const inNamespace = (): Target => ({ netns: [namespace.inode] });

  test('a whole exit event', async () => {
    const begin = process.hrtime.bigint();
    let pid = 0;
    const events = await watch(inNamespace(), async () => {
      const child = namespace.start(['sh', '-c', 'exit 3']);
      pid = child.pid ?? 0;
      await new Promise((resolve) => child.once('close', resolve));
    });
    const end = process.hrtime.bigint();
    const exit = events.find((event) => brief(event).what === 'exit');
    assert.ok(exit);
    const { header, comm, ...rest } = exit as unknown as { header: Struct; comm: Uint8Array };
    const { time_ns: time, cgroup_id: cgroup, ...ids } = header;
    assert.deepEqual(rest, { parent_tgid: process.pid, exit_code: 3 << 8 });
    assert.deepEqual(ids, { type: constants.GS_EVENT_PROCESS_EXIT, size: 56, tgid: pid, tid: pid });
    assert.equal(text(comm), 'sh');
    assert.equal(cgroup, ownCgroupId());
    assert.ok((time as bigint) > begin && (time as bigint) < end);
  });

  test('children start, exec and exit in order; threads are not processes', async () => {
    const script =
      'import os,threading\n' +
      'for _ in range(3):\n t=threading.Thread(target=lambda: None); t.start(); t.join()\n' +
      'p=os.spawnlp(os.P_WAIT, "true", "true")\n' +
      'os.kill(os.getpid(), 9)';
    let pid = 0;
    const events = await watch(inNamespace(), async () => {
      const child = namespace.start(['/usr/bin/python3', '-S', '-c', script]);
      pid = child.pid ?? 0;
      await new Promise((resolve) => child.once('close', resolve));
    });
    const ours = events.map(brief).filter((event) => event.tgid === pid);
    assert.deepEqual(
      ours.map(({ what, code }) => [what, code]),
      [
        ['exec', 0],
        ['exit', 9],
      ],
    );
    const child = events.filter((event) => event['parent_tgid'] === pid).map(brief);
    assert.deepEqual(
      child.map(({ what, comm, code }) => [what, comm, code]),
      [
        ['start', 'python3', 0],
        ['exec', 'true', 0],
        ['exit', 'true', 0],
      ],
    );
  });

  test('a pid target is inherited, and nothing else is seen', async () => {
    const child = namespace.start(['sh', '-c', 'read go; (sh -c "exit 5"); exit 6'], { input: true });
    const stranger = namespace.start(['sleep', '0.1']);
    const pid = child.pid ?? 0;
    const events = await watch({ pids: [pid] }, async () => {
      child.stdin?.end('go\n');
      await new Promise((resolve) => child.once('close', resolve));
      if (stranger.exitCode === null) await new Promise((resolve) => stranger.once('close', resolve));
    });
    const exits = events.map(brief).filter(({ what }) => what === 'exit');
    assert.ok(exits.some(({ tgid, code }) => tgid !== pid && code === 5 << 8));
    assert.deepEqual(exits.at(-1), { what: 'exit', tgid: pid, comm: 'sh', code: 6 << 8 });
    assert.ok(!exits.some(({ tgid }) => tgid === stranger.pid));
  });

  const unified = cgroup2Root();
  test(
    'a cgroup target covers its subtree only',
    { skip: unified ? false : 'no cgroup v2 mount' },
    async () => {
      const root = join(unified ?? '', `gumshoe-bpf-${process.pid}`);
      const inner = join(root, 'inner');
      mkdirSync(inner, { recursive: true });
      try {
        const events = await watch({ cgroups: [statSync(root, { bigint: true }).ino] }, async () => {
          await namespace.run(['sh', '-c', `echo $$ > ${inner}/cgroup.procs; exec true`]);
          await namespace.run(['false'], { mayFail: true });
        });
        assert.deepEqual(
          events.map(brief).map(({ what, comm }) => [what, comm]),
          [
            ['exec', 'true'],
            ['exit', 'true'],
          ],
        );
        const header = events[0]?.['header'] as Struct;
        assert.equal(header['cgroup_id'], statSync(inner, { bigint: true }).ino);
      } finally {
        rmdirSync(inner);
        rmdirSync(root);
      }
    },
  );

  test(
    'the path of a cgroup stays known when it is gone; those beside the target are not kept',
    { skip: unified ? false : 'no cgroup v2 mount' },
    async () => {
      const name = `gumshoe-bpf-${process.pid}-paths`;
      const root = join(unified ?? '', name);
      const stranger = `${root}-beside`;
      mkdirSync(root);
      try {
        const observed = observe('process', { cgroups: [inodeOf(root)] });
        try {
          mkdirSync(stranger);
          const short = join(root, 'short');
          mkdirSync(join(short, 'inner'), { recursive: true });
          const ids = [short, join(short, 'inner')].map(inodeOf);
          rmdirSync(join(short, 'inner'));
          rmdirSync(short);
          assert.deepEqual(
            ids.map((id) => observed.cgroupPath(id)),
            [`/${name}/short`, `/${name}/short/inner`],
          );
          assert.equal(observed.cgroupPath(inodeOf(stranger)), undefined);
        } finally {
          observed.close();
        }
      } finally {
        for (const folder of [root, stranger]) if (existsSync(folder)) rmdirSync(folder);
      }
    },
  );

  const memory = memoryCgroup();
  test('a process killed for memory', { skip: memory ? false : 'no memory cgroup to limit' }, async () => {
    const group = memory ?? { path: '', limit: '' };
    mkdirSync(group.path);
    try {
      writeFileSync(join(group.path, group.limit), String(24 << 20));
      const hog = 'x=[bytearray(b"x"*(1<<20)) for _ in range(512)]';
      const procs = join(group.path, 'cgroup.procs');
      const events = await watch(inNamespace(), async () => {
        await namespace.run(['sh', '-c', `echo $$ > ${procs}; exec /usr/bin/python3 -S -c '${hog}'`], {
          mayFail: true,
        });
      });
      assert.deepEqual(
        events.map(brief).slice(-2),
        ['oom', 'exit'].map((what) => ({
          what,
          tgid: brief(events[0] as Struct).tgid,
          comm: 'python3',
          code: 9,
        })),
      );
    } finally {
      rmdirSync(group.path);
    }
  });
});

function cgroup2Root(): string | undefined {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) =>
    existsSync(join(path, 'cgroup.controllers')),
  );
}

const inodeOf = (path: string): bigint => statSync(path, { bigint: true }).ino;

function ownCgroupId(): bigint {
  const root = cgroup2Root();
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  return root && path ? inodeOf(join(root, path)) : 0n;
}

function memoryCgroup(): { path: string; limit: string } | undefined {
  const name = `gumshoe-bpf-${process.pid}-memory`;
  if (isDirectory('/sys/fs/cgroup/memory')) {
    return { path: join('/sys/fs/cgroup/memory', name), limit: 'memory.limit_in_bytes' };
  }
  const controllers = '/sys/fs/cgroup/cgroup.subtree_control';
  try {
    appendFileSync(controllers, '+memory');
    return { path: join('/sys/fs/cgroup', name), limit: 'memory.max' };
  } catch {
    return undefined;
  }
}
