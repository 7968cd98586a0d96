import { spawn } from 'node:child_process';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '..', '..', 'shared/cli/src/main.ts');

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command `gumshoe` as a user would and returns what it printed. */
export function gumshoe(args: readonly string[], limit = 180_000): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(() => {
      stderr += `no answer within ${limit / 1000} s`;
      child.kill('SIGKILL');
    }, limit);
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 70, stdout, stderr });
    });
  });
}

/** The fields of `gumshoe.report/1` that the demo looks at. */
export interface DemoReport {
  readonly schema: string;
  readonly window: { readonly from: number; readonly to: number };
  readonly impacted: readonly {
    readonly application: string;
    readonly slo: string;
    readonly since: number;
    readonly until?: number;
  }[];
  readonly causes: readonly {
    readonly rank: number;
    readonly application: string;
    readonly kind: string;
    readonly score: number;
  }[];
}

/** Exit codes of `gumshoe report`: 0 healthy, 1 something is wrong; the rest is a failure of the command. */
export async function report(flags: readonly string[], from: number, to: number): Promise<DemoReport> {
  const outcome = await gumshoe([
    'report',
    '--json',
    ...flags,
    '--from',
    new Date(from).toISOString(),
    '--to',
    new Date(to).toISOString(),
  ]);
  if (outcome.code > 1)
    throw new Error(`gumshoe report ended with exit code ${outcome.code}: ${outcome.stderr.trim()}`);
  return JSON.parse(outcome.stdout);
}
