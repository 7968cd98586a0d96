import { join } from 'node:path';
import { WorkbenchDriver } from './workbench-driver.ts';

/** Opens the workbench, walks through its views and saves a picture of each. Returns the file names. */
export async function saveScreenshots(
  electron: string,
  args: readonly string[],
  folder: string,
): Promise<string[]> {
  const driver = await WorkbenchDriver.start(electron, args);
  const saved: string[] = [];
  const save = async (name: string): Promise<void> => {
    await driver.page.waitForTimeout(1200);
    await driver.page.screenshot({ path: join(folder, `${name}.png`) });
    saved.push(`${name}.png`);
  };
  try {
    await driver.see('view-overview');
    await driver.page.locator('[data-testid^="app-row-"]').first().waitFor({ timeout: 30_000 });
    await save('1-overview');
    await driver.open('map');
    await driver.page.locator('[data-testid^="map-node-"]').first().waitFor({ timeout: 30_000 });
    await save('2-map');
    await driver.open('rca');
    await driver.page.waitForTimeout(2500);
    await save('3-causes');
    await driver.open('inspections');
    await driver.see('finding-line');
    await save('10-inspections');
    await driver.open('overview');
    await driver.click('app-row-orders');
    await driver.see('application-name');
    await save('4-application');
    const flame = driver.page.getByTestId('flame-graph').first();
    if (await flame.isVisible().catch(() => false)) {
      await flame.scrollIntoViewIfNeeded();
      await save('5-flame-graph');
    }
    await driver.open('traces');
    await driver.see('trace-row');
    await save('6-traces');
    await driver.click('trace-row');
    await driver.see('waterfall');
    await save('7-waterfall');
    await driver.open('logs');
    await save('8-logs');
    await driver.open('explore');
    await save('9-explore');
  } finally {
    await driver.stop();
  }
  return saved;
}
