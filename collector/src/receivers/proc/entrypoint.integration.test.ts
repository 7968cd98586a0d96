import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { ProcessTable } from '../../identity/processes.ts';
import { ContainerSource } from './containers.ts';

const skip = spawnSync('python3', ['--version']).error ? 'no python3' : false;

test('a script that prepares and then becomes its server is known by the server', { skip }, async (t) => {
  const script = 'echo ready; read _; exec python3 -c "print(1, flush=True); import time; time.sleep(100)"';
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid!;
  const processes = new ProcessTable({
    procfs: '/proc',
    cgroupfs: '/sys/fs/cgroup',
    filter: { accepts: (one) => one === pid, processes: () => [pid] },
    hostName: 'h',
    hostId: 'i',
    keepExitedFor: 60_000,
  });
  const source = new ContainerSource('/proc', '/sys/fs/cgroup', processes);
  const types = (now: number): readonly (string | undefined)[] => {
    processes.scan(now);
    const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, now);
    Array.from(source.collect(sink, now));
    return sink.samples
      .filter(({ metric }) => metric.name === 'container_application_type')
      .map(({ labels }) => labels['application_type']);
  };
  assert.deepEqual(types(1000), []);
  child.stdin.write('\n');
  await once(child.stdout, 'data');
  assert.deepEqual(types(2000), ['python']);
});
