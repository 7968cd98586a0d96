import { spawnSync } from 'node:child_process';

/** Runs a short program and returns its stdout; throws with its own words when it fails. */
export function command(program: string, args: readonly string[], input?: string): string {
  const done = spawnSync(program, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  if (done.error) throw new Error(`${program} could not be started: ${done.error.message}`);
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${done.stderr.trim() || `exit code ${done.status}`}`);
  return done.stdout;
}

/** As `command`, for clean-up where the thing may be gone already. */
export function attempt(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls `check` every `every` ms until it is true; throws what was waited for after `limit` ms. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  limit: number,
  every = 100,
): Promise<void> {
  const end = Date.now() + limit;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`waited ${limit / 1000} s for ${what}`);
    await sleep(every);
  }
}
