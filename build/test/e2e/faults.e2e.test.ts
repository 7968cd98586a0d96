import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FAULTS } from '../../demo/faults/index.ts';
import type { DemoReport } from '../../demo/report.ts';
import { labProblem, ROOT } from './lab.ts';

const problem = labProblem();

/** Runs the demo as a user would, for machines: JSON on stdout and nothing else there. */
function demo(
  fault: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const args = [
      join(ROOT, 'build/demo/main.ts'),
      '--json',
      '--fault',
      fault,
      '--warm-up',
      '45',
      '--fault-time',
      '150',
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const nameOf = (id: string | undefined): string => id?.split(':').at(-1) ?? '';

describe('every fault of the demo is found by the analysis alone', { skip: problem ?? false }, () => {
  for (const fault of FAULTS)
    test(`${fault.name}: ${fault.title}`, { timeout: 600_000 }, async (t) => {
      const { code, stdout, stderr } = await demo(fault.name);
      assert.ok(code === 0 || code === 1, `exit code ${code}\n${stderr}`);
      const report = JSON.parse(stdout) as DemoReport;
      assert.equal(report.schema, 'gumshoe.report/1');
      const ranked = report.causes
        .slice(0, 3)
        .map((cause) => `${cause.kind} on ${nameOf(cause.application)} (${cause.score.toFixed(2)})`);
      t.diagnostic(`${fault.name}: ${ranked.join(', ') || 'no cause'}`);
      if (fault.expected === undefined) {
        assert.equal(code, 0, stdout.slice(0, 2000));
        assert.deepEqual(report.impacted, []);
        return;
      }
      const top = report.causes[0];
      assert.equal(code, 1);
      assert.ok(report.impacted.length > 0, 'nothing is impacted');
      assert.equal(nameOf(top?.application), fault.expected.application, ranked.join(', '));
      assert.ok(fault.expected.kinds.includes(top?.kind ?? ''), ranked.join(', '));
      if (fault.name === 'kill-api') assert.match(stderr, /recovered/);
    });
});
