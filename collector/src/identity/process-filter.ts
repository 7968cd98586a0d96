import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';
import type { TargetSelection } from '../receivers/ebpf/target.ts';
import { parseCgroupFile } from './cgroup.ts';
import { allProcesses } from './processes.ts';

/** The target of the collector as user space applies it: same meaning as in the kernel. */
export interface ProcessFilter {
  /** Live processes of the target. */
  processes(): number[];
  accepts(pid: number): boolean;
}

/** Filter for a selection; nothing selected is the whole machine, without kernel threads. */
export function processFilter(selection: TargetSelection, procfs: string, cgroupfs: string): ProcessFilter {
  const inside = insideTest(selection, procfs, cgroupfs);
  return { accepts: inside, processes: () => allProcesses(procfs).filter(inside) };
}

function insideTest(selection: TargetSelection, procfs: string, cgroupfs: string): (pid: number) => boolean {
  if (selection.cgroups.length > 0) {
    const roots = selection.cgroups.map((path) => cgroupPath(path, cgroupfs));
    return (pid) =>
      cgroupsOf(procfs, pid).some((path) =>
        roots.some((root) => path === root || path.startsWith(`${root}/`)),
      );
  }
  if (selection.pids.length > 0) return (pid) => descends(procfs, pid, new Set(selection.pids));
  if (selection.netns.length > 0) {
    const wanted = new Set(
      selection.netns.map((name) =>
        /^\d+$/.test(name) ? Number(name) : inode(name.includes('/') ? name : join('/run/netns', name)),
      ),
    );
    return (pid) => wanted.has(inode(join(procfs, String(pid), 'ns/net')));
  }
  return (pid) => !isKernelThread(procfs, pid);
}

/** `/sys/fs/cgroup/unified/a.slice` → `/a.slice`; a path inside the hierarchy stays. */
function cgroupPath(path: string, cgroupfs: string): string {
  if (!path.startsWith(`${cgroupfs}/`)) return path.replace(/\/$/, '');
  let rest = path.slice(cgroupfs.length).replace(/\/$/, '');
  if (!fileExists(join(cgroupfs, 'cgroup.controllers'))) {
    const hierarchy = readdirSync(cgroupfs, { withFileTypes: true }).find(
      (entry) => entry.isDirectory() && rest.startsWith(`/${entry.name}/`),
    );
    if (hierarchy) rest = rest.slice(hierarchy.name.length + 1);
  }
  return rest;
}

function cgroupsOf(procfs: string, pid: number): string[] {
  try {
    const { unified, controllers } = parseCgroupFile(
      readFileSync(join(procfs, String(pid), 'cgroup'), 'utf8'),
    );
    return [unified, ...Object.values(controllers)];
  } catch {
    return [];
  }
}

function descends(procfs: string, pid: number, roots: ReadonlySet<number>): boolean {
  let current = pid;
  for (let depth = 0; depth < 100 && current > 0; depth++) {
    if (roots.has(current)) return true;
    current = parentOf(procfs, current);
  }
  return false;
}

function parentOf(procfs: string, pid: number): number {
  try {
    const stat = readFileSync(join(procfs, String(pid), 'stat'), 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

function inode(path: string): number {
  try {
    return statSync(path).ino;
  } catch {
    return -1;
  }
}

/** Kernel threads have no command line; a zombie has none either, and nothing left to observe. */
function isKernelThread(procfs: string, pid: number): boolean {
  try {
    return readFileSync(join(procfs, String(pid), 'cmdline'), 'utf8') === '';
  } catch {
    return true;
  }
}
