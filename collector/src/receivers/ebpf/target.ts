import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@gumshoe/base/failure';
import { fileExists } from '../../file-exists.ts';
import { constants } from './layout.generated.ts';

/** What the collector may look at; nothing set means the whole machine. Only one kind may be set. */
export interface TargetSelection {
  /** cgroup paths (`/system.slice/nginx.service`) or folders under the cgroup mount; subtrees count. */
  readonly cgroups: readonly string[];
  /** Processes; their descendants count. */
  readonly pids: readonly number[];
  /** Inode numbers, names made by `ip netns`, or paths such as /proc/1/ns/net. */
  readonly netns: readonly string[];
}

/** The same in the kernel's terms: map keys for one enum gs_target_mode. */
export interface KernelTarget {
  readonly mode: number;
  readonly cgroupIds: readonly bigint[];
  readonly pids: readonly number[];
  readonly netns: readonly number[];
}

export interface TargetRoots {
  readonly cgroup: string;
  readonly proc: string;
}

export const HOST_ROOTS: TargetRoots = { cgroup: '/sys/fs/cgroup', proc: '/proc' };

const NOTHING = { cgroupIds: [], pids: [], netns: [] } as const;

function invalid(target: string, reason: string): FailureError {
  return new FailureError({ code: 'invalid-input', tried: 'restrict the collector', target, reason });
}

/**
 * Resolves a selection on this machine. A cgroup that only exists in cgroup v1 has no id that the kernel
 * programs could compare: its processes of the moment are watched instead, with their descendants.
 * @throws FailureError `invalid-input` for what does not exist, or when kinds are mixed.
 */
export function resolveTarget(selection: TargetSelection, roots: TargetRoots = HOST_ROOTS): KernelTarget {
  const { cgroups, pids, netns } = selection;
  const kinds = [cgroups, pids, netns].filter((values) => values.length > 0).length;
  if (kinds > 1) throw invalid('target', 'give cgroups, processes or network namespaces, not several kinds');
  if (cgroups.length > 0) return cgroupTarget(cgroups, roots);
  if (pids.length > 0) return pidTarget(pids, roots);
  if (netns.length > 0) {
    return {
      ...NOTHING,
      mode: constants.GS_TARGET_NETNS,
      netns: netns.map((name) => netnsInode(name, roots)),
    };
  }
  return { ...NOTHING, mode: constants.GS_TARGET_ALL };
}

function cgroupTarget(paths: readonly string[], roots: TargetRoots): KernelTarget {
  const folders = paths.map((path) => cgroupFolders(path, roots.cgroup));
  const unified = folders.map(({ v2 }) => v2).filter((folder) => folder !== undefined);
  if (unified.length === folders.length) {
    const cgroupIds = unified.map((folder) => statSync(folder, { bigint: true }).ino);
    return { ...NOTHING, mode: constants.GS_TARGET_CGROUP, cgroupIds };
  }
  const pids = folders.flatMap(({ v1, v2 }) => processesUnder(v1 ?? v2 ?? ''));
  return pidTarget(pids, roots);
}

/** Folder of a cgroup in the v2 hierarchy and in one of v1, where it exists. */
function cgroupFolders(path: string, root: string): { v2: string | undefined; v1: string | undefined } {
  const inside = path.startsWith(`${root}/`) ? path.slice(root.length) : path;
  const hierarchies = fileExists(join(root, 'cgroup.controllers')) ? [root] : hierarchiesOf(root);
  // A folder given in full names its hierarchy first: /sys/fs/cgroup/memory/x.
  const named = hierarchies.find(
    (folder) => inside.startsWith(`${folder.slice(root.length)}/`) && folder !== root,
  );
  const cgroup = named ? inside.slice(named.length - root.length) : inside;
  const present = hierarchies
    .map((folder) => ({ folder, path: join(folder, cgroup) }))
    .filter((candidate) => fileExists(candidate.path));
  if (present.length === 0) throw invalid(path, 'no such cgroup');
  const isV2 = ({ folder }: { folder: string }): boolean => fileExists(join(folder, 'cgroup.controllers'));
  return { v2: present.find(isV2)?.path, v1: present.find((candidate) => !isV2(candidate))?.path };
}

function hierarchiesOf(root: string): readonly string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, name));
}

function processesUnder(folder: string): readonly number[] {
  const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...children.flatMap(({ name }) => processesUnder(join(folder, name)))];
}

function pidTarget(roots: readonly number[], { proc }: TargetRoots): KernelTarget {
  const missing = roots.find((pid) => !fileExists(join(proc, String(pid))));
  if (missing !== undefined) throw invalid(String(missing), 'no such process');
  return { ...NOTHING, mode: constants.GS_TARGET_PID, pids: withDescendants(roots, proc) };
}

function parentOf(pid: string, proc: string): number {
  try {
    // The name in parentheses may hold anything, parentheses too.
    const stat = readFileSync(join(proc, pid, 'stat'), 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0; // exited meanwhile
  }
}

function withDescendants(roots: readonly number[], proc: string): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name, proc);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = new Set<number>();
  const queue = [...roots];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return [...found];
}

function netnsInode(name: string, { proc }: TargetRoots): number {
  if (/^\d+$/.test(name)) return Number(name);
  const candidates = name.startsWith('/') ? [name] : [`/run/netns/${name}`, join(proc, name)];
  const found = candidates.find((path) => fileExists(path));
  if (!found) throw invalid(name, 'no such network namespace');
  return statSync(found).ino;
}
