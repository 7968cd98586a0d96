import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { WorkbenchDriver } from '../../demo/workbench-driver.ts';
import { electron, ROOT } from './lab.ts';
import { SSHD, Stores, TOKEN } from './stores.ts';

const runtime = electron();
const problem = !runtime
  ? 'no Electron runtime'
  : !existsSync(SSHD)
    ? `${SSHD} is not installed`
    : process.getuid?.() !== 0
      ? 'sshd needs root to open sessions'
      : false;
const SHOTS = join(ROOT, '.cache', 'e2e-screenshots');

describe('every way in, through the window', { skip: problem }, () => {
  const stores = new Stores();
  let driver: WorkbenchDriver;
  const snapshot = stores.file('window.gumshoe');
  const args = (...more: readonly string[]) => [
    join(ROOT, 'desktop'),
    ...['--no-sandbox', '--user-data', stores.file('workbench'), ...more],
  ];
  const shot = (name: string) => driver.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  const fill = async (fields: Readonly<Record<string, string>>) => {
    for (const [label, text] of Object.entries(fields)) {
      const input = driver.page.getByTestId('connection-form').getByLabel(label, { exact: true });
      await input.fill(text);
      await input.blur();
    }
  };
  /** The line of the saved connection of that very name. */
  const saved = (name: string) =>
    driver.page.getByTestId('saved-connection').filter({ has: driver.page.getByText(name, { exact: true }) });
  const openSaved = (name: string) => saved(name).getByRole('button', { name: 'Open', exact: true }).click();
  /** Saves what the form holds and opens it. */
  const saveAndOpen = async (name: string) => {
    await driver.page.getByRole('button', { name: 'Save', exact: true }).click();
    // The form goes once it is saved; the line may be of an earlier version until then.
    await driver.page.getByTestId('connection-form').waitFor({ state: 'hidden' });
    await openSaved(name);
  };
  /** What is said of why it did not open, once it speaks of `of`. */
  const refusalOf = async (of: RegExp): Promise<string> => {
    const refusal = driver.page.getByTestId('open-failure').filter({ hasText: of });
    await refusal.waitFor();
    return refusal.innerText();
  };
  const seeParts = async (...names: readonly string[]) => {
    for (const name of names)
      await driver.page
        .getByTestId('status-bar')
        .locator('[data-state="ok"]', { hasText: name })
        .first()
        .waitFor();
  };
  const addAnother = async (kind: string) => {
    await driver.click('connection-name');
    await driver.page.getByRole('button', { name: 'Add', exact: true }).click();
    await driver.page.getByLabel('Kind').selectOption(kind);
  };

  before(
    async () => {
      mkdirSync(SHOTS, { recursive: true });
      await stores.start();
      driver = await WorkbenchDriver.start(runtime!, args());
    },
    { timeout: 360_000 },
  );
  after(async () => {
    await driver?.stop();
    await stores.stop();
    stores.remove();
  });

  afterEach(() => shot('ways-end-of-test'));

  test('by URL, tested part by part before it is saved', { timeout: 600_000 }, async () => {
    await driver.see('view-connections');
    await shot('ways-welcome');
    await driver.click('first-direct');
    const { clickhouse, prometheus } = stores.store;
    await fill({ Name: 'by url', 'ClickHouse URL': clickhouse, 'Prometheus URL': prometheus });
    await driver.page.getByRole('button', { name: 'Test', exact: true }).click();
    await driver.see('source-parts');
    assert.deepStrictEqual(
      await driver.page
        .getByTestId('source-parts')
        .locator('[data-state]')
        .evaluateAll((parts) => parts.slice(0, 2).map((part) => part.getAttribute('data-state'))),
      ['ok', 'ok'],
    );
    await shot('ways-form');
    await saveAndOpen('by url');
    await seeParts('ClickHouse', 'Prometheus');
  });

  test('queries: lines and rows, nothing written, a long one cancelled, names offered', async () => {
    const { page } = driver;
    await driver.open('explore');
    const write = async (text: string) => {
      await page.getByTestId('query-editor').locator('.view-lines').click();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.insertText(text);
      await page.keyboard.press('Escape');
    };
    await write('vector(1) + 0 * time()');
    await page.keyboard.press('ControlOrMeta+Enter');
    await driver.see('chart');
    await driver.click('shape-table');
    await driver.see('matrix-table');
    await page.getByTestId('query-editor').locator('.view-lines').click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.type('container_htt', { delay: 30 });
    await page.locator('.suggest-widget [aria-label^="container_http_requests_total"]').first().waitFor();
    await page.keyboard.press('Escape');
    await driver.click('language-sql');
    await write('SELECT toStartOfMinute(now()) - number * 60 AS minute, number AS n FROM numbers(9)');
    await driver.click('run-query');
    await driver.see('table-result');
    await driver.click('shape-chart');
    await driver.see('chart');
    await shot('ways-sql-chart');
    await write('CREATE TABLE default.written (a Int8) ENGINE = Memory');
    await driver.click('run-query');
    await page
      .getByTestId('state-failed')
      .filter({ hasText: /read.?only/i })
      .waitFor();
    await shot('ways-read-only');
    await write('SELECT count() FROM system.numbers');
    await driver.click('run-query');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('heading', { name: 'Cancelled', exact: true }).waitFor();
    await write('SELECT 6 * 7 AS answer');
    await driver.click('run-query');
    await page.locator('[data-testid="table-result"] .result-cell').first().waitFor();
    assert.deepStrictEqual(await page.locator('.result-cell').allInnerTexts(), ['42']);
  });

  test('by the gateway, with TLS and a token', { timeout: 600_000 }, async () => {
    await addAnother('grpc');
    await fill({
      Name: 'gateway',
      Gateway: stores.gateway,
      Token: 'another',
      'Certificate authority': stores.file('gateway.crt'),
    });
    await saveAndOpen('gateway');
    assert.match(await refusalOf(/gateway did not open/), /token/i);
    await saved('gateway').getByTitle('Edit').click();
    await fill({ Token: TOKEN });
    await saveAndOpen('gateway');
    await seeParts('gateway', 'ClickHouse', 'Prometheus');
  });

  test(
    'through SSH: an unknown host is a question, a changed key a refusal',
    { timeout: 600_000 },
    async () => {
      const { page } = driver;
      await addAnother('ssh');
      await page.getByLabel('Sign in with').selectOption('key');
      await fill({
        Name: 'bastion',
        Host: '127.0.0.1',
        Port: String(stores.sshPort),
        User: userInfo().username,
        'Private key': stores.file('user'),
        'Known hosts': stores.file('known_hosts'),
        'ClickHouse URL': stores.store.clickhouse,
        'Prometheus URL': stores.store.prometheus,
      });
      await saveAndOpen('bastion');
      await driver.see('host-key-prompt');
      assert.match(await page.getByTestId('host-key-fingerprint').innerText(), /^SHA256:\S{43}$/);
      await shot('ways-host-key');
      await page.getByRole('button', { name: 'It is; remember and connect' }).click();
      await seeParts('ssh', 'ClickHouse', 'Prometheus');
      assert.match(readFileSync(stores.file('known_hosts'), 'utf8'), /ssh-ed25519/);
      stores.know('other-host');
      await driver.click('connection-name');
      await openSaved('bastion');
      const refusal = await refusalOf(/bastion did not open/);
      await shot('ways-changed-key');
      assert.match(refusal, /key/);
      assert.doesNotMatch(refusal, /Try again|remember and connect/);
      await page.keyboard.press('Escape');
    },
  );

  test(
    'from a file that the window exported, with everything else stopped',
    { timeout: 600_000 },
    async () => {
      await driver.answerFileDialogs(snapshot);
      await driver.click('export-snapshot');
      await driver.see('export-dialog');
      // By its label, as a user would: Blueprint's own box lies over the input.
      await driver.page.getByText('Replace literals, ids, addresses and secrets').click();
      assert.ok(await driver.page.getByTestId('export-obfuscate').isChecked());
      await driver.click('export-start');
      await driver.page.getByText(`to ${snapshot}`).first().waitFor();
      await driver.stop();
      await stores.stop();
      driver = await WorkbenchDriver.start(runtime!, args('--snapshot', snapshot));
      await driver.see('view-overview');
      await seeParts('snapshot');
      assert.match(await driver.page.getByTestId('connection-name').innerText(), /window\.gumshoe/);
    },
  );
});
