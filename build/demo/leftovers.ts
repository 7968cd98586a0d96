import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Slice } from './cgroups.ts';
import { attempt } from './command.ts';
import { removeNetwork } from './network.ts';

export const WORK_PREFIX = 'gumshoe-demo-';
const OWNER = 'owner';

/** Notes in the work folder which process owns it, so that a later run can tell what was abandoned. */
export function claim(workDir: string): void {
  writeFileSync(join(workDir, OWNER), String(process.pid));
}

/** Removes what demos that were killed (-9) left: processes, cgroups, namespaces, folders. Returns their ids. */
export function sweepLeftovers(): readonly string[] {
  const swept: string[] = [];
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(WORK_PREFIX) || !existsSync(join(folder, OWNER))) continue;
    if (existsSync(`/proc/${readFileSync(join(folder, OWNER), 'utf8').trim()}`)) continue;
    const id = name.slice(WORK_PREFIX.length);
    const slice = new Slice(id);
    for (const pid of slice.processes()) attempt('kill', ['-KILL', String(pid)]);
    removeNetwork(id);
    slice.remove();
    rmSync(folder, { recursive: true, force: true });
    swept.push(id);
  }
  return swept;
}
