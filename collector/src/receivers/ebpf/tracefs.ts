import { spawnSync } from 'node:child_process';
import { fileExists } from '../../file-exists.ts';

const MOUNT = '/sys/kernel/tracing';

/** Tracepoints are attached through tracefs; some machines boot without it. Returns why it is not there, or ''. */
export function ensureTracefs(): string {
  if (fileExists(`${MOUNT}/events`) || fileExists('/sys/kernel/debug/tracing/events')) return '';
  const done = spawnSync('mount', ['-t', 'tracefs', 'tracefs', MOUNT], { encoding: 'utf8' });
  if (done.status === 0) return '';
  return `tracefs is not mounted on ${MOUNT} and cannot be: ${(done.stderr || done.error?.message || '').trim()}`;
}
