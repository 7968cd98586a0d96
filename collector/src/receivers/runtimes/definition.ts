import type { Container } from '../../identity/container.ts';
import type { ReceiverDefinition } from '../define.ts';

/** What language runtimes tell of themselves. */
export const RUNTIMES: ReceiverDefinition = {
  name: 'runtimes',
  gives: 'heap, garbage collection, locks and event loops of JVM, .NET, Python, Node.js and Go',
  async open({ config, processes }) {
    const { openRuntimeReceiver } = await import('./open.ts');
    const receiver = openRuntimeReceiver({
      procfs: config.procfs,
      processes: () => processesOf(processes.all()),
    });
    return {
      collect: (sink) => receiver.collect(sink),
      status: () => receiver.status(),
      stop: () => receiver.stop(),
    };
  },
};

function* processesOf(containers: Iterable<Container>): Generator<readonly [number, Container]> {
  for (const container of containers) for (const pid of container.pids) yield [pid, container];
}
