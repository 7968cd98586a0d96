import { connect } from 'node:net';
import { ContainerRuntimes } from '../identity/runtimes/registry.ts';
import type { Finding } from './machine.ts';

/** ms */
const PATIENCE = 2_000;
const COSTS = 'names, images, labels and log files of its containers as it tells them';
const ALLOW = 'a group that owns the socket lets it in (systemd: SupplementaryGroups=)';

/** Each container runtime of the machine, asked once. `hostRoot`: where the machine's root file system is seen. */
export async function runtimeFindings(hostRoot: string): Promise<readonly Finding[]> {
  const runtimes = new ContainerRuntimes(hostRoot);
  try {
    await runtimes.refresh();
    return await Promise.all(
      runtimes.status().map(async ({ runtime, socket, containers, problem: said }): Promise<Finding> => {
        const subject = `runtime ${runtime}`;
        const problem = said || (await refusal(socket));
        if (problem === '')
          return { subject, state: 'ok', seen: `${socket}: ${containers} containers listed`, costs: '' };
        const costs = /EACCES|EPERM/.test(problem) ? `${COSTS}; ${ALLOW}` : COSTS;
        return {
          subject,
          state: 'lost',
          seen: problem.includes(socket) ? problem : `${socket}: ${problem}`,
          costs,
        };
      }),
    );
  } finally {
    runtimes.stop();
  }
}

/** Why it may not be connected to: those that cannot list have not been asked for anything. '' where it may. */
function refusal(socket: string): Promise<string> {
  if (!socket.endsWith('.sock')) return Promise.resolve('');
  return new Promise((resolve) => {
    const connection = connect(socket);
    const end = (problem: string): void => {
      connection.destroy();
      resolve(problem);
    };
    connection.on('connect', () => end(''));
    connection.on('error', (error) => end(error.message));
    connection.setTimeout(PATIENCE, () => end(`no answer in ${PATIENCE} ms`));
  });
}
