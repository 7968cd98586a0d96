import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { Report } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';
import { htmlText } from './html.ts';
import { markdownText } from './markdown.ts';
import { reportDocument } from './report-document.ts';

const at = (minute: number) => milliseconds(Date.UTC(2026, 0, 1, 10, minute));
const id = 'default:Deployment:or<d>ers' as ApplicationId;
const report: Report = {
  schema: 'gumshoe.report/1',
  window: { from: at(0), to: at(30) },
  impacted: [
    {
      application: id,
      slo: 'latency',
      since: at(10),
      impact: 0.25,
      severity: 'critical',
      message: 'slow | and *late*',
    },
  ],
  causes: [
    {
      rank: 1,
      application: id,
      kind: 'cpu-hog',
      title: 'orders <script>burns</script> CPU',
      signal: 'cpu',
      score: 0.9,
      onset: at(9),
      path: [id],
      evidence: [
        {
          kind: 'promql',
          query: 'sum(`a`) > 1',
          from: at(0),
          to: at(30),
          summary: 'CPU went from 1 to 2 cores.',
        },
      ],
      remediation: 'Roll back.',
      confidence: 0.8,
      falsifier: { statement: 'CPU falls and latency stays', checked: true, held: true },
    },
  ],
  cleared: [],
  notExamined: [{ subject: 'logs', reason: 'no store' }],
  summary: 'orders is slow.',
};

test('Markdown escapes what it would read as markup and keeps every part', () => {
  const text = markdownText(reportDocument(report));
  assert.match(text, /^# Incident report\n/);
  assert.match(
    text,
    /\| or\\<d\\>ers \| latency \| critical \| 2026-01-01 10:10:00 UTC \| not yet \| 25 % \| slow \\\| and \\\*late\\\* \|/,
  );
  assert.match(text, /promql, 10:00:00Z – 10:30:00Z: ``sum\(`a`\) > 1``/);
  assert.match(text, /withstands/);
  assert.match(text, /## Not examined\n\n- logs: no store/);
  assert.doesNotMatch(text, /cleared/);
});

test('HTML holds no markup of the data and loads nothing', () => {
  const text = htmlText('Incident report', reportDocument(report));
  assert.doesNotMatch(text, /<script|src=|href=/);
  assert.match(text, /orders &lt;script&gt;burns&lt;\/script&gt; CPU/);
  assert.match(text, /default-src 'none'/);
});
