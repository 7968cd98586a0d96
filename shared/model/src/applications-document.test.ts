import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { SCOPE_LABELS, type MetricDefinition } from '@gumshoe/schema/metrics/define';
import { identifyContainer } from './build/identity.ts';
import { modelMetrics } from './read-list.ts';

const document = readFileSync(new URL('../../../docs/applications.md', import.meta.url), 'utf8');
const catalogue = new Map(METRICS.map((metric) => [metric.name, metric]));

interface Row {
  readonly cells: readonly string[];
}

/** Rows of tables, without their heads. */
const rows: readonly Row[] = document
  .split('\n')
  .filter((line, i, all) => line.startsWith('| ') && !all[i + 1]?.startsWith('| --'))
  .map((line) => ({ cells: line.split('|').slice(1, -1) }));

const codesIn = (text = ''): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
const isMetric = (code: string): boolean =>
  /^(node|container|kube|gumshoe|ip|pg|redis|mongo|mysql|aws)_\w+$/.test(code);

const knownLabels = ({ labels, scope }: MetricDefinition): ReadonlySet<string> =>
  new Set([...labels, ...SCOPE_LABELS[scope]]);

test('every metric in the tables is in the catalogue and read by the model', () => {
  const named = rows.flatMap(({ cells }) => cells.flatMap(codesIn)).filter(isMetric);
  const metrics = named.filter((name) => catalogue.has(name));
  const missing = rows
    .map(({ cells }) => codesIn(cells[0])[0] ?? '')
    .filter((name) => isMetric(name) && !catalogue.has(name));
  assert.deepEqual(missing, []);
  assert.ok(metrics.length > 80, `${metrics.length} metrics`);
  const read = new Set(modelMetrics);
  const unread = metrics.filter((name) => !read.has(name) && !read.has(`${name}_bucket`));
  assert.deepEqual(unread, []);
});

test('every label in the tables is one of its metric', () => {
  const wrong = rows.flatMap(({ cells }) => {
    const metric = catalogue.get(codesIn(cells[0])[0] ?? '');
    if (!metric) return [];
    const labels = knownLabels(metric);
    return codesIn(cells[1])
      .filter((label) => !labels.has(label) && !/^(label|annotation)_/.test(label))
      .map((label) => `${metric.name}{${label}}`);
  });
  assert.deepEqual(wrong, []);
});

test('every form of a container id makes the kind that the table says', () => {
  const forms = rows.filter(({ cells }) => /^ `\/[a-zA-Z]/.test(cells[0] ?? ''));
  assert.ok(forms.length >= 7);
  for (const { cells } of forms) {
    const kind = cells[1]!.trim();
    const id = codesIn(cells[0])[0]!;
    if (kind.startsWith('by owner')) continue;
    assert.equal(identifyContainer(id).kind, kind, id);
  }
});
