import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { FailureError } from '@gumshoe/base/failure';
import type { Report } from '@gumshoe/engine/api';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { htmlText } from '../format/html.ts';
import { markdownText } from '../format/markdown.ts';
import { reportDocument } from '../format/report-document.ts';
import { reportText } from '../format/report.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { findApplication } from './application.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

const FORMATS = {
  text: reportText,
  json: jsonText,
  markdown: (report: Report) => markdownText(reportDocument(report)),
  html: (report: Report) => htmlText('Incident report', reportDocument(report)),
} as const;

interface Flags extends TimeFlags, EngineFlags {
  readonly json?: boolean;
  readonly format: keyof typeof FORMATS;
  readonly output?: string;
  readonly application?: string;
}

export const reportCommand = (): Command =>
  readingCommand<Flags>(
    withEngineFlags(
      withTimeFlags(
        new Command('report')
          .alias('rca')
          .description('what broke, since when and why; exit code 1 when something is wrong')
          .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
      ),
    )
      .option('--app, --application <name>', 'start from this application instead of whatever is wrong')
      .addOption(
        new Option('--format <format>', 'of the answer').choices(Object.keys(FORMATS)).default('text'),
      )
      .option('--json', 'print gumshoe.report/1: the same as --format json')
      .option('-o, --output <file>', 'write it there instead of stdout'),
    async (reader, flags) => {
      const engine = engineFor(reader, flags);
      const range = await timeRange(flags, reader);
      const application =
        flags.application === undefined ? undefined : await findApplication(engine, flags.application, range);
      const report = await engine.investigate(range, application);
      write(FORMATS[flags.json ? 'json' : flags.format](report), flags.output);
      return report.impacted.some(({ until, silent }) => until === undefined || silent) ||
        report.causes.length > 0
        ? EXIT.wrong
        : EXIT.healthy;
    },
  );

function write(text: string, file: string | undefined): void {
  if (file === undefined) return print(text);
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new FailureError({
      code: 'invalid-input',
      tried: 'write the report',
      target: file,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}
