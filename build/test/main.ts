// npm test: static checks, unit tests, integration tests on the real kernel and servers, end-to-end tests.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
const STAGES = ['static', 'unit', 'integration', 'e2e'] as const;
type Stage = (typeof STAGES)[number];

const USAGE = `npm test -- [--only ${STAGES.join('|')}] [FILE …]

Runs every check and test, or one stage, or the test files named. Prints a last line "N passed, N failed, N skipped".
`;

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  readonly reasons: string[];
  readonly failures: string[];
}

const CHECKS: readonly (readonly [string, string, readonly string[]])[] = [
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['lint', 'oxlint', ['.']],
  ['types', 'tsc', ['-b']],
  ['imports', 'node', ['build/check/imports.ts']],
  ['event layout', 'node', ['build/bpf/build.mjs', '--check']],
];

function check(name: string, program: string, args: readonly string[], totals: Totals): void {
  const before = Date.now();
  const done = spawnSync(join(ROOT, 'node_modules/.bin', program), args, { cwd: ROOT, encoding: 'utf8' });
  const seconds = ((Date.now() - before) / 1000).toFixed(1);
  const good = done.status === 0;
  console.log(`${good ? '✔' : '✖'} ${name} (${seconds} s)`);
  if (good) totals.passed++;
  else {
    totals.failed++;
    totals.failures.push(name);
    console.log(
      `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`
        .split('\n')
        .slice(0, 60)
        .join('\n'),
    );
  }
}

function testFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'out', 'dist', 'testdata', '.git', '.cache'].includes(entry.name)) return [];
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return /\.test\.(ts|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function stageOf(file: string): Stage {
  if (file.endsWith('.e2e.test.ts')) return 'e2e';
  return file.includes('.integration.test.') ? 'integration' : 'unit';
}

async function runTests(stage: Stage, files: readonly string[], totals: Totals): Promise<void> {
  if (files.length === 0) return;
  console.log(`\n── ${stage}: ${files.length} files`);
  const limit = stage === 'e2e' ? 30 * 60_000 : stage === 'integration' ? 5 * 60_000 : 2 * 60_000;
  const stream = run({
    files: [...files],
    cwd: ROOT,
    concurrency: stage === 'unit' ? 2 : 1,
    timeout: limit,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined && event.skip !== false) {
      totals.skipped++;
      totals.reasons.push(
        `${event.name}: ${typeof event.skip === 'string' ? event.skip : 'no reason given'}`,
      );
    } else totals.passed++;
  });
  stream.on('test:fail', (event) => {
    if (event.details.type === 'suite') return;
    totals.failed++;
    totals.failures.push(`${event.name} (${relative(ROOT, event.file ?? '')})`);
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) return (void process.stdout.write(USAGE), 0);
  if (values.only !== undefined && !STAGES.includes(values.only as Stage)) {
    console.error(`--only ${values.only}: one of ${STAGES.join(', ')}`);
    return 2;
  }
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, reasons: [], failures: [] };
  const wanted = (stage: Stage) => values.only === undefined || values.only === stage;
  if (wanted('static') && positionals.length === 0)
    for (const [name, program, args] of CHECKS) check(name, program, args, totals);
  const files =
    positionals.length > 0 ? positionals.map((file) => join(ROOT, relative(ROOT, file))) : testFiles(ROOT);
  for (const stage of STAGES)
    if (wanted(stage))
      await runTests(
        stage,
        files.filter((file) => stageOf(file) === stage),
        totals,
      );
  if (totals.reasons.length > 0)
    console.log(`\nskipped:\n${totals.reasons.map((line) => `  ${line}`).join('\n')}`);
  if (totals.failures.length > 0)
    console.log(`\nfailed:\n${totals.failures.map((line) => `  ${line}`).join('\n')}`);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

process.exit(await main());
