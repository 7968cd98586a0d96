import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';

const FOLDER_LIMIT = 20_000;

/**
 * The cgroup of the collector as the machine names it, where /proc tells paths relative to it because the
 * collector lives in a cgroup namespace (cgroup_namespaces(7)); '' where paths are whole. Found by looking for the
 * cgroup that holds `pid`: at most 20,000 folders, once, and only in such a namespace.
 */
export function cgroupBase(procfs: string, cgroupfs: string, pid: number): string {
  try {
    if (!/:\/\.\./m.test(readFileSync(join(procfs, '1/cgroup'), 'utf8'))) return '';
  } catch {
    return '';
  }
  const hybrid = join(cgroupfs, 'unified');
  const root = fileExists(join(cgroupfs, 'cgroup.controllers')) || !fileExists(hybrid) ? cgroupfs : hybrid;
  return folderOf(root, pid);
}

function folderOf(root: string, pid: number): string {
  const queue = [''];
  for (let looked = 0; looked < FOLDER_LIMIT; looked++) {
    const path = queue.shift();
    if (path === undefined) return '';
    try {
      const folder = join(root, path);
      if (readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').includes(String(pid))) return path;
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) queue.push(`${path}/${entry.name}`);
    } catch {
      // removed meanwhile, or threaded: then its processes are told by its parent
    }
  }
  return '';
}
