import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { createEmptyEngine, createFailingEngine, createHugeEngine } from './testdata/engines.ts';
import { applicationId, createShopEngine } from './testdata/shop.ts';

/** What every view must do, whoever wrote it: say that it loads, that there is nothing, that it failed; bear a lot. */
type Kit = typeof import('./kit/render-view.tsx');

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-view-kit-'));
let kit: Kit;

/** Subjects that make a view show something rather than ask to choose. */
const SUBJECTS: Readonly<Record<string, string>> = { application: applicationId('api'), traces: 't0' };
const KIT_WINDOW: TimeRange = { from: milliseconds(0), to: milliseconds(60_000) };
const subjectOf = (id: string) => (SUBJECTS[id] ? { subject: SUBJECTS[id] } : {});

before(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    root: resolve(import.meta.dirname, 'kit'),
    plugins: [react()],
    resolve: { dedupe: ['react', 'react-dom'] },
    ssr: { noExternal: true, external: ['react', 'react-dom'] },
    build: {
      ssr: resolve(import.meta.dirname, 'kit/render-view.tsx'),
      outDir: join(folder, 'kit'),
      minify: false,
      // Charts and editors are drawn by effects, which do not run here.
      rollupOptions: { external: [/echarts/, /monaco-editor/, /elkjs/] },
    },
  });
  // The bundle leaves React outside: the desktop's own, wherever the bundle lies.
  symlinkSync(resolve(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  kit = (await import(pathToFileURL(join(folder, 'kit', 'render-view.js')).href)) as Kit;
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Views that ask nothing before their user does. */
const ASKS_NOTHING = new Set(['explore']);

test('every view says that it is loading before an answer has come', async () => {
  for (const id of kit.VIEW_IDS.filter((view) => !ASKS_NOTHING.has(view))) {
    const html = await kit.renderView(id, createShopEngine(), { ...subjectOf(id), loading: true });
    assert.match(html, /data-testid="state-loading"/, id);
  }
});

test('every view says what is missing when there is nothing', async () => {
  for (const id of kit.VIEW_IDS) {
    const html = await kit.renderView(id, createEmptyEngine(), subjectOf(id));
    assert.match(html, /state-empty|No |no |Nothing/, id);
    assert.doesNotMatch(html, /NaN|undefined|\[object/, id);
  }
});

test('every view shows reason and remedy when its source refuses', async () => {
  for (const id of kit.VIEW_IDS.filter((view) => !ASKS_NOTHING.has(view))) {
    const html = await kit.renderView(id, createFailingEngine('connection refused by test'), subjectOf(id));
    assert.match(html, /state-failed/, id);
    assert.match(html, /connection refused by test/, id);
    assert.match(html, /Start it\./, id);
    assert.match(html, /Try again/, id);
  }
});

test('every view shows the shop, without a bare NaN or undefined', async () => {
  for (const id of kit.VIEW_IDS) {
    const html = await kit.renderView(id, createShopEngine(), subjectOf(id));
    assert.match(html, new RegExp(`data-testid="view-${id}"`), id);
    assert.doesNotMatch(html, />NaN|undefined|\[object/, id);
  }
});

test('a huge answer does not make a huge document', async () => {
  const engine = createHugeEngine({ applications: 2000, rows: 50_000 });
  for (const id of kit.VIEW_IDS) {
    const html = await kit.renderView(id, engine, subjectOf(id));
    const elements = html.split('<').length;
    assert.ok(elements < 30_000, `${id} has ${elements} tags`);
  }
});

test('the first incident and its cause are on the overview, the evidence in the investigation', async () => {
  const overview = await kit.renderView('overview', createShopEngine());
  assert.match(overview, /data-testid="incident"[^>]*data-application="_:SystemdUnit:frontend"/);
  assert.match(overview, /Sessions on postgres wait for a lock/);
  const rca = await kit.renderView('rca', createShopEngine());
  assert.match(rca, /data-testid="cause-1"[^>]*data-kind="postgres-lock"/);
  assert.match(rca, /data-testid="evidence-4"/);
  assert.match(rca, /pg_terminate_backend/);
});

test('an incident is over only where something was seen since', async () => {
  const shop = createShopEngine();
  const ended = (silent: boolean) => {
    const end = (range: TimeRange) => ({
      resolvedAt: milliseconds(range.to - 120_000),
      ...(silent ? { silent: true as const } : {}),
    });
    return kit.renderView('overview', {
      ...shop,
      overview: async (range) => {
        const overview = await shop.overview(range);
        const [one] = overview.incidents;
        const again = { ...one!, id: 'again' };
        return { ...overview, incidents: [one!, again].map((each) => ({ ...each, ...end(range) })) };
      },
    });
  };
  const recovered = await ended(false);
  assert.equal(recovered.split('data-testid="recovered"').length - 1, 2);
  assert.equal(recovered.split('data-resolved="true"').length - 1, 2);
  const silent = await ended(true);
  assert.match(silent, /nothing was seen after .* nobody knows whether it goes on/);
  assert.doesNotMatch(silent, /data-testid="recovered"|data-resolved="true"/);
});

test('nothing seen is not called well', async () => {
  const nothing = await kit.renderView('rca', createEmptyEngine());
  assert.doesNotMatch(nothing, /data-health="ok"|nothing is broken|Everything that can be examined/);
  const shop = createShopEngine();
  const idle = await kit.renderView('overview', {
    ...shop,
    overview: async (range) => {
      const overview = await shop.overview(range);
      const applications = overview.applications.map((row) => ({ ...row, slos: [] }));
      return { ...overview, incidents: [], applications };
    },
  });
  assert.match(idle, /No objective was judged/);
  assert.doesNotMatch(idle, /No incident/);
});

test('budgets tell what is left, how it went there and when it is gone', async () => {
  const html = await kit.renderView('application', createShopEngine(), { subject: SUBJECTS['application']! });
  assert.match(html, /data-testid="budget-availability"/);
  assert.match(html, /role="img" aria-label="Course of the error budget of 30 d/);
  assert.match(html, /45 % left.*gone at \d{4}-\d\d-\d\d/);
});

test('every sentence of the answer shows what it rests on', async () => {
  const shop = createShopEngine();
  const html = await kit.renderView('rca', {
    ...shop,
    investigate: async (range) => {
      const report = await shop.investigate(range);
      const evidence = report.causes[0]!.evidence;
      return { ...report, claims: [{ statement: 'It is the lock.', basis: 'concluded', evidence }] };
    },
  });
  assert.match(html, /role="button"[^>]*data-testid="claim-1"[^>]*>It is the lock\./);
});

test('risks and deployments open what they rest on', async () => {
  const risks = await kit.renderView('risks', createShopEngine());
  assert.match(
    risks,
    /class="link-button claim" title="count by \(machine_id[^>]*>postgres \(postgres\) runs as one/,
  );
  assert.match(risks, /data-testid="risk-evidence"/);
  const deployments = await kit.renderView('deployments', createShopEngine());
  for (const claim of [
    'CPU per request: 2.1 ms',
    'memory per instance: 74.4 MiB',
    'new in the logs',
    'registry.example',
  ])
    assert.match(deployments, new RegExp(`class="link-button claim"[^>]*>${claim}`), claim);
});

test('costs tell what pods request, what of it is never used, and who says what a node costs', async () => {
  const html = await kit.renderView('costs', createShopEngine());
  assert.match(html, /data-testid="allocated"[^>]*>13\.01 USD/);
  assert.match(html, /data-testid="over-provisioned"[^>]*>8\.70 USD/);
  assert.match(html, /data-source="parts">by core and GiB/);
  assert.match(html, /data-source="list">list of aws, 0\.096 USD an hour; us-east-1/);
  const { nodes, prices } = await createShopEngine().costs(KIT_WINDOW);
  const unasked = await kit.renderView('costs', {
    ...createShopEngine(),
    costs: async () => ({ applications: [], nodes, prices }),
  });
  assert.doesNotMatch(unasked, /Requested/);
});

test('health is said in words wherever it is shown', async () => {
  const overview = await kit.renderView('overview', createShopEngine());
  for (const word of ['Critical', 'Warning', 'OK'])
    assert.match(overview, new RegExp(`>${word}<|title="${word}"`));
});

test('inferred spans are marked in the waterfall', async () => {
  const html = await kit.renderView('traces', createShopEngine(), { subject: 't0' });
  assert.match(html, /data-testid="waterfall" data-spans="9"/);
  assert.equal(html.split('class="tag inferred"').length - 1, 4);
});
