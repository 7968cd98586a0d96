import { Command } from 'commander';
import { createEngine } from '@gumshoe/engine/engine';
import { reportText } from '../format/report.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { findApplication } from './application.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly json?: boolean;
  readonly application?: string;
}

export const reportCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('report')
        .alias('rca')
        .description('what broke, since when and why; exit code 1 when something is wrong')
        .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
    )
      .option('--app, --application <name>', 'start from this application instead of whatever is wrong')
      .option('--json', 'print gumshoe.report/1'),
    async (reader, flags) => {
      const engine = createEngine({ reader });
      const range = await timeRange(flags, reader);
      const application =
        flags.application === undefined ? undefined : await findApplication(engine, flags.application, range);
      const report = await engine.investigate(range, application);
      print(flags.json ? jsonText(report) : reportText(report));
      return report.impacted.some((impact) => impact.until === undefined) || report.causes.length > 0
        ? EXIT.wrong
        : EXIT.healthy;
    },
  );
