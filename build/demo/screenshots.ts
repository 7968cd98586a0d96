import { join } from 'node:path';
import { WorkbenchDriver } from './workbench-driver.ts';

/** For charts, layouts and lazily loaded parts to be drawn. */
const DRAWING_MS = 1200;

/** Walks through the views as a user would and saves a picture of each. */
class Tour {
  readonly saved: string[] = [];
  private readonly driver: WorkbenchDriver;
  private readonly folder: string;

  constructor(driver: WorkbenchDriver, folder: string) {
    this.driver = driver;
    this.folder = folder;
  }

  async save(name: string): Promise<void> {
    await this.driver.page.waitForTimeout(DRAWING_MS);
    const file = `${String(this.saved.length + 1).padStart(2, '0')}-${name}.png`;
    await this.driver.page.screenshot({ path: join(this.folder, file) });
    this.saved.push(file);
  }

  async refresh(): Promise<void> {
    await this.driver.open('overview');
    await this.driver.page.keyboard.press('r');
    await this.driver.page.waitForTimeout(DRAWING_MS);
    await this.driver.page.locator('.busy-line').waitFor({ state: 'hidden' });
  }

  async overview(name: string): Promise<void> {
    const { page } = this.driver;
    await this.driver.open('overview');
    await page.locator('[data-testid^="app-row-"]').first().waitFor();
    await page
      .locator('[data-testid="top-cause-1"], [data-testid="no-cause"], [data-testid="no-incidents"]')
      .first()
      .waitFor();
    await this.save(name);
  }

  async map(name: string): Promise<void> {
    await this.driver.open('map');
    await this.driver.page.locator('[data-testid^="map-node-"]').first().waitFor();
    await this.save(name);
  }

  /** Saves the ranked causes; answers with the application of the first, or one of the shop. */
  async causes(): Promise<string> {
    await this.driver.open('rca');
    await this.driver.see('rca-summary');
    await this.save('causes');
    const first = this.driver.page.getByTestId('cause-1');
    if ((await first.count()) === 0) return 'orders';
    return (await first.getAttribute('data-application'))?.split(':').at(-1) ?? 'orders';
  }

  async application(name: string, application: string): Promise<void> {
    await this.driver.open('overview');
    await this.driver.click(`app-row-${application}`);
    await this.driver.see('application-name');
    await this.save(name);
  }

  async flameGraph(): Promise<void> {
    const flame = this.driver.page.getByTestId('flame-graph').first();
    if (!(await flame.isVisible().catch(() => false))) return;
    await flame.scrollIntoViewIfNeeded();
    await this.save('flame-graph');
  }

  async traces(): Promise<void> {
    await this.driver.open('traces');
    await this.driver.see('trace-row');
    await this.save('traces');
    await this.driver.click('trace-row');
    await this.driver.see('waterfall');
    await this.save('waterfall');
  }

  async lists(): Promise<void> {
    await this.driver.open('logs');
    await this.save('logs');
    await this.driver.open('inspections');
    await this.driver.see('finding-line');
    await this.save('inspections');
    await this.driver.open('deployments');
    await this.save('deployments');
    await this.driver.open('risks');
    await this.save('risks');
    await this.driver.open('costs');
    await this.save('costs');
  }

  async explore(): Promise<void> {
    await this.driver.open('explore');
    await this.driver.click('run-query');
    await this.driver.see('chart');
    await this.save('explore-promql');
    await this.driver.click('language-sql');
    await this.driver.click('run-query');
    await this.driver.see('table-result');
    await this.save('explore-sql');
  }
}

/**
 * Opens the workbench, walks through its views and saves a picture of each; with `recover`, that again of the views
 * that show how the fault ends. Returns the file names.
 */
export async function saveScreenshots(
  electron: string,
  args: readonly string[],
  folder: string,
  recover?: () => Promise<void>,
): Promise<string[]> {
  const driver = await WorkbenchDriver.start(electron, args);
  const tour = new Tour(driver, folder);
  try {
    await driver.see('view-overview');
    await tour.overview('overview');
    await tour.map('map');
    const guilty = await tour.causes();
    await tour.application('application', guilty);
    await tour.flameGraph();
    await tour.traces();
    await tour.lists();
    await tour.explore();
    if (recover) {
      await recover();
      await tour.refresh();
      await tour.overview('recovered-overview');
      await tour.map('recovered-map');
      await tour.application('recovered-application', guilty);
    }
    await driver.click('toggle-theme');
    await tour.overview('overview-other-theme');
    await tour.map('map-other-theme');
  } finally {
    await driver.stop();
  }
  return tour.saved;
}
