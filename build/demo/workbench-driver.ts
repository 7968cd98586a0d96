import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { startXvfb, type Display } from './xvfb.ts';

/** How long anything on screen may take on a busy machine, ms. */
export const PATIENCE_MS = 120_000;

/** The workbench under a virtual screen, driven as a user would. */
export class WorkbenchDriver {
  readonly page: Page;
  private readonly application: ElectronApplication;
  private readonly display: Display | undefined;

  private constructor(application: ElectronApplication, page: Page, display: Display | undefined) {
    this.application = application;
    this.page = page;
    this.display = display;
  }

  /** Starts Electron with `args`, on a screen of its own unless there is a display. */
  static async start(executablePath: string, args: readonly string[]): Promise<WorkbenchDriver> {
    const display = process.env['DISPLAY'] ? undefined : await startXvfb();
    const environment = Object.fromEntries(
      Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    try {
      const application = await _electron.launch({
        executablePath,
        args: [...args, '--disable-gpu'],
        env: { ...environment, ...(display ? { DISPLAY: display.name } : {}) },
        timeout: PATIENCE_MS,
      });
      const page = await application.firstWindow({ timeout: PATIENCE_MS });
      page.setDefaultTimeout(PATIENCE_MS);
      return new WorkbenchDriver(application, page, display);
    } catch (error) {
      display?.stop();
      throw error;
    }
  }

  /** Waits for the mark of a view's content. */
  async see(testId: string): Promise<void> {
    await this.page.getByTestId(testId).first().waitFor({ state: 'visible' });
  }

  /** Waits until the mark stands there with that value of an attribute, as live data may get there late. */
  async seeAs(testId: string, attribute: string, value: string): Promise<void> {
    const wanted = `[data-testid="${testId}"][${attribute}="${value}"]`;
    const found = this.page.locator(wanted).first();
    await found.waitFor({ state: 'visible' }).catch(async () => {
      const seen = await this.page
        .getByTestId(testId)
        .evaluateAll((all, name) => all.map((one) => one.getAttribute(name)), attribute);
      throw new Error(`${testId} has ${attribute} ${seen.join(', ') || 'nowhere'}, not ${value}`);
    });
  }

  async click(testId: string): Promise<void> {
    await this.page.getByTestId(testId).first().click();
  }

  async open(view: string): Promise<void> {
    await this.click(`nav-${view}`);
    await this.see(`view-${view}`);
  }

  /** What the user answers to the system's next questions for a file. */
  async answerFileDialogs(path: string): Promise<void> {
    await this.application.evaluate(({ dialog }, file) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: file });
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [file] });
    }, path);
  }

  async stop(): Promise<void> {
    await this.application.close().catch(() => undefined);
    this.display?.stop();
  }
}
