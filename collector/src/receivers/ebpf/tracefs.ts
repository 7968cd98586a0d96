import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const MOUNT = '/sys/kernel/tracing';

/** Tracepoints are attached through tracefs; some machines boot without it. Returns why it is not there, or ''. */
export function ensureTracefs(): string {
  if (existsSync(`${MOUNT}/events`) || existsSync('/sys/kernel/debug/tracing/events')) return '';
  const done = spawnSync('mount', ['-t', 'tracefs', 'tracefs', MOUNT], { encoding: 'utf8' });
  if (done.status === 0) return '';
  return `tracefs is not mounted on ${MOUNT} and cannot be: ${(done.stderr || done.error?.message || '').trim()}`;
}
