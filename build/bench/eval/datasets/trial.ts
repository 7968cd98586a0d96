import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '@gumshoe/engine/engine';
import type { Report } from '@gumshoe/engine/api';
import { importSnapshot } from '@gumshoe/reader/import/snapshot';
import { openSnapshot } from '@gumshoe/reader/snapshot/reader';
import type { Quiet, Trial } from '../rca/evaluate.ts';
import type { Fault } from './injections.ts';
import { makeTestBed, type TestBed } from './test-bed.ts';
import type { Shape } from './shapes.ts';
import { logsOf } from './write-logs.ts';
import { metricsOf } from './write-metrics.ts';
import { Requests } from './write-traces.ts';

/** Files of a recording, in a folder. */
export function writeFiles(bed: TestBed, folder: string): readonly string[] {
  const paths: string[] = [];
  const write = (name: string, text: string | undefined): void => {
    if (text === undefined) return;
    const path = join(folder, name);
    writeFileSync(path, text);
    paths.push(path);
  };
  write('metrics.txt', metricsOf(bed));
  const { traces, logs } = bed.shape;
  if (!traces && !logs) return paths;
  const requests = new Requests(bed);
  if (traces) write('traces.jsonl', requests.text);
  if (logs) write('logs.jsonl', logsOf(bed, requests.lines));
  return paths;
}

interface Looked {
  readonly report: Report;
  readonly series: number;
  readonly ms: number;
}

/** As `gumshoe snapshot import` and `gumshoe rca` do it, in this process. */
async function look(bed: TestBed): Promise<Looked> {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-datasets-'));
  try {
    const snapshot = join(folder, 'case.gumshoe');
    const { series } = await importSnapshot(writeFiles(bed, folder), snapshot);
    const reader = openSnapshot(snapshot);
    const engine = createEngine({ reader });
    const extent = await reader.extent();
    const before = performance.now();
    const report = await engine.investigate(extent!);
    const ms = performance.now() - before;
    await reader.close();
    return { report, series, ms };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const nameOf = (id: string): string => id.split(':').at(-1)!.replaceAll('_', '-');

export async function tryInjection(fault: Fault, shape: Shape, seed: number): Promise<Trial | undefined> {
  const bed = makeTestBed(shape, fault, seed);
  if (!bed) return undefined;
  const { report, series, ms } = await look(bed);
  const isTarget = (id: string): boolean => nameOf(id) === bed.target.name;
  const ranked = [...new Set(report.causes.map(({ application }) => application))];
  const [top] = report.causes;
  const there = report.causes.find(({ application }) => isTarget(application));
  return {
    fault: fault.name,
    mode: shape.name,
    seed,
    depth: 0,
    rank: ranked.findIndex(isTarget) + 1,
    confidence: top?.confidence ?? 0,
    cause: `${bed.target.name} of ${bed.system.name}${there ? ` (${there.kind} ${there.score})` : ''}`,
    found: top
      ? `${nameOf(top.application)} ${top.kind} ${top.score}`
      : report.impacted.length > 0
        ? 'no cause'
        : 'no impact',
    named: there !== undefined && fault.why.includes(there.kind),
    series,
    ms,
  };
}

/** A recording in which nothing is wrong; in some, something is deployed. */
export async function tryCalm(shape: Shape, seed: number): Promise<Quiet> {
  const bed = makeTestBed(shape, undefined, seed)!;
  const { report } = await look(bed);
  return {
    false: report.impacted.length > 0 ? 1 : 0,
    what: report.impacted.map(({ message }) => message).join(' '),
    hours: (bed.to - bed.from) / 3_600_000,
  };
}
