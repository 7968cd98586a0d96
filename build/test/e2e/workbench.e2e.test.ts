import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sleep, until } from '../../demo/command.ts';
import { dbLock } from '../../demo/faults/db-lock.ts';
import { gumshoe, type DemoReport } from '../../demo/report.ts';
import { workbenchArguments } from '../../demo/window.ts';
import { WorkbenchDriver } from '../../demo/workbench-driver.ts';
import { seriousBarriers } from './accessibility.ts';
import { electron, Lab, labProblem, ROOT } from './lab.ts';

const runtime = electron();
const problem = labProblem() ?? (runtime ? undefined : 'no Electron runtime');
/** What the cluster agent posts. */
interface Notification {
  readonly event: string;
  readonly incident: { readonly name: string };
  readonly causes: readonly { readonly kind: string }[];
}

/** Views, and what is on screen once they are drawn. */
const AUDITED = [
  ['overview', 'top-cause-1'],
  ['map', 'map-node-postgres'],
  ['rca', 'cause-1'],
  ['traces', 'trace-row'],
  ['inspections', 'finding-line'],
  ['risks', 'risk-line'],
  ['costs', 'prices'],
] as const;
const SHOTS = join(ROOT, '.cache', 'e2e-screenshots');

describe('the workbench on the default fault, live and from a snapshot', { skip: problem ?? false }, () => {
  let lab: Lab;
  let live: DemoReport;
  let driver: WorkbenchDriver | undefined;
  const told: Notification[] = [];
  const listener = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk));
    request.on('end', () => {
      told.push(JSON.parse(body) as Notification);
      response.end();
    });
  });
  const snapshot = () => join(lab.workDir, 'incident.gumshoe');
  const shot = (name: string) => driver?.page.screenshot({ path: join(SHOTS, `${name}.png`) });

  before(
    async () => {
      mkdirSync(SHOTS, { recursive: true });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      lab = new Lab('w', 40, 0, [`http://127.0.0.1:${(listener.address() as AddressInfo).port}/incidents`]);
      await lab.start();
      await sleep(45_000);
      await dbLock.inject(lab.shop);
      live = await lab.reportUntil(
        (report) => report.causes[0]?.kind === 'postgres-lock' && report.impacted.length > 1,
        180_000,
      );
    },
    { timeout: 480_000 },
  );

  after(async () => {
    await driver?.stop();
    await lab?.stop();
    listener.close();
  });

  test('the analysis names the locked table’s blocker first', () => {
    assert.equal(live.causes[0]?.kind, 'postgres-lock');
    assert.match(live.causes[0]?.application ?? '', /:postgres$/);
  });

  test('map, causes, application and traces show it', { timeout: 600_000 }, async () => {
    driver = await WorkbenchDriver.start(runtime!, workbenchArguments(lab.stack, lab.workDir));
    const { page } = driver;
    await driver.see('view-overview');
    await driver.see('incident');
    await shot('overview');
    await driver.open('map');
    for (const name of ['frontend', 'orders', 'postgres'])
      await driver.seeAs(`map-node-${name}`, 'data-health', 'critical');
    await shot('map');
    assert.notEqual(await page.getByTestId('map-node-redis').getAttribute('data-health'), 'critical');
    await driver.open('rca');
    await driver.seeAs('cause-1', 'data-kind', 'postgres-lock');
    await shot('causes');
    await driver.open('overview');
    await driver.click('app-row-orders');
    await driver.see('application-name');
    await driver.see('chart');
    await shot('application');
    await driver.open('traces');
    await driver.see('trace-row');
    await driver.click('trace-row');
    await driver.see('waterfall');
    await driver.see('span-row');
    await shot('waterfall');
    await driver.open('explore');
    await driver.click('language-sql');
    await driver.click('run-query');
    await driver.see('table-result');
    await shot('explore-sql');
    await driver.stop();
    driver = undefined;
  });

  test('the cluster agent posts the incident with its cause, and its end', { timeout: 600_000 }, async () => {
    const blamed = () => told.filter((one) => one.event === 'opened').map((one) => one.causes[0]?.kind);
    await until('the notification', () => blamed().length > 0, 180_000, 500);
    await until('the lock to be named', () => blamed().includes('postgres-lock'), 60_000, 500).catch(() =>
      assert.fail(`told of ${blamed().join(', ')}`),
    );
    await dbLock.recover(lab.shop);
    const names = () => new Set(told.filter((one) => one.event === 'opened').map((one) => one.incident.name));
    const resolved = (name: string) =>
      told.some((one) => one.event === 'resolved' && one.incident.name === name);
    await until('every incident to be told as resolved', () => [...names()].every(resolved), 300_000, 1000);
  });

  test(
    'a snapshot gives the same report with everything stopped, in the window too',
    { timeout: 600_000 },
    async () => {
      const window = [
        '--from',
        new Date(live.window.from).toISOString(),
        '--to',
        new Date(live.window.to).toISOString(),
      ];
      const exported = await gumshoe(['export', snapshot(), ...lab.stack.connectionFlags(), ...window]);
      assert.equal(exported.code, 0, exported.stderr);
      const again = await gumshoe(['report', '--json', ...lab.stack.connectionFlags(), ...window]);
      await lab.stopStack();
      const offline = await gumshoe(['report', '--json', '--snapshot', snapshot(), ...window]);
      assert.equal(offline.code, 1, offline.stderr);
      assert.equal(offline.stdout, again.stdout);
      driver = await WorkbenchDriver.start(runtime!, [
        join(ROOT, 'desktop'),
        '--no-sandbox',
        ...['--user-data', join(lab.workDir, 'offline'), '--snapshot', snapshot()],
      ]);
      await driver.see('view-overview');
      await driver.open('map');
      await driver.seeAs('map-node-postgres', 'data-health', 'critical');
      await driver.open('rca');
      await driver.seeAs('cause-1', 'data-kind', 'postgres-lock');
      await shot('snapshot-causes');
      await driver.open('explore');
      await driver.click('language-sql');
      await driver.click('run-query');
      await driver.see('table-result');
      await shot('snapshot-sql');
    },
  );

  test(
    'the views of an incident can be used without a mouse and without colours',
    { timeout: 600_000 },
    async () => {
      for (const theme of ['one', 'other']) {
        for (const [view, mark] of AUDITED) {
          await driver!.open(view);
          await driver!.see(mark);
          assert.deepEqual(await seriousBarriers(driver!.page), [], `${view}, ${theme} theme`);
        }
        await driver!.click('toggle-theme');
      }
      const { page } = driver!;
      await driver!.open('overview');
      await page.getByRole('listbox', { name: 'Applications' }).focus();
      const chosen = page.getByRole('option', { selected: true });
      // Which line it is on depends on what else is not well.
      const down = async (): Promise<boolean> => {
        await page.keyboard.press('ArrowDown');
        return (await chosen.getByTestId('app-row-orders').count()) > 0;
      };
      await until('the line of orders to be chosen by arrows', down, 30_000);
      await page.keyboard.press('Enter');
      await driver!.see('application-name');
      assert.equal(await page.getByTestId('application-name').innerText(), 'orders');
      await driver!.see('budget-latency');
      assert.match(
        await page.getByTestId('budget-summary').first().innerText(),
        /^Error budget of 30 d: .* left/,
      );
      await page.keyboard.press('9');
      await driver!.see('risk-line');
    },
  );
});
