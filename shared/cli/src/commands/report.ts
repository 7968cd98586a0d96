import { Command } from 'commander';
import { createEngine } from '@gumshoe/engine/engine';
import { FailureError } from '@gumshoe/base/failure';
import type { ApplicationId } from '@gumshoe/model/entities';
import { reportText } from '../format/report.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly json?: boolean;
  readonly application?: string;
}

export const reportCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('report').description(
        'what broke, since when and why; exit code 1 when something is wrong',
      ),
    )
      .option('--application <name>', 'start from this application instead of whatever is wrong')
      .option('--json', 'print gumshoe.report/1'),
    async (reader, flags) => {
      const engine = createEngine({ reader });
      const range = await timeRange(flags, reader);
      let application: ApplicationId | undefined;
      if (flags.application !== undefined) {
        const { applications } = await engine.overview(range);
        application = applications.find(
          (row) => row.name === flags.application || row.id === flags.application,
        )?.id;
        if (application === undefined)
          throw new FailureError({
            code: 'not-found',
            tried: 'investigate an application',
            target: flags.application,
            reason: `there is none of this name in the window; known: ${applications.map((row) => row.name).join(', ')}`,
          });
      }
      const report = await engine.investigate(range, application);
      print(flags.json ? jsonText(report) : reportText(report));
      return report.impacted.some((impact) => impact.until === undefined) || report.causes.length > 0
        ? EXIT.wrong
        : EXIT.healthy;
    },
  );
