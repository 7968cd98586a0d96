import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { abandonedSlices, Slice } from './cgroups.ts';
import { attempt } from './command.ts';
import { removeNetwork } from './network.ts';

export const WORK_PREFIX = 'gumshoe-demo-';

/** Removes what demos that were killed (-9) left: processes, cgroups, namespaces, folders. Returns their ids. */
export function sweepLeftovers(): readonly string[] {
  const ids = abandonedSlices();
  for (const id of ids) {
    const slice = new Slice(id);
    for (const pid of slice.processes()) attempt('kill', ['-KILL', String(pid)]);
    removeNetwork(id);
    slice.remove();
  }
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(WORK_PREFIX)) continue;
    const pid = parseInt(name.slice(WORK_PREFIX.length), 36);
    if (!existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return ids;
}
