import { Command } from 'commander';
import { INSPECTIONS } from '@gumshoe/analysis/inspections/index';
import { formatValue } from '@gumshoe/base/units';
import type { ApplicationFindings } from '@gumshoe/engine/api';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { inspectionsText } from '../format/inspections.ts';
import { table } from '../format/table.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { findApplication } from './application.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags, EngineFlags {
  readonly json?: boolean;
  readonly application?: string;
  readonly all?: boolean;
  readonly explain?: boolean;
}

const isFired = ({ findings }: ApplicationFindings): boolean =>
  findings.some(({ health }) => health === 'warning' || health === 'critical');

export const inspectCommand = (): Command =>
  readingCommand<Flags>(
    withEngineFlags(
      withTimeFlags(
        new Command('inspect')
          .description('what every inspection says of every application; exit code 1 when one fired')
          .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
      ),
    )
      .option('--app, --application <name>', 'of this application only')
      .option('--all', 'those in order too, not only what fired')
      .option('--explain', 'with the arithmetic and the queries of each')
      .option('--json', 'print gumshoe.inspections/1, whole')
      .addHelpText('after', '\n`gumshoe inspections` lists what is inspected, with default thresholds.'),
    async (reader, flags) => {
      const engine = engineFor(reader, flags);
      const range = await timeRange(flags, reader);
      const id =
        flags.application === undefined ? undefined : await findApplication(engine, flags.application, range);
      const all = await engine.inspections(range);
      const applications = id === undefined ? all : all.filter(({ row }) => row.id === id);
      if (flags.json) print(jsonText({ schema: 'gumshoe.inspections/1', window: range, applications }));
      else
        print(
          inspectionsText(applications, range, { all: flags.all === true, explain: flags.explain === true }),
        );
      return applications.some(isFired) ? EXIT.wrong : EXIT.healthy;
    },
  );

/** The list of inspections; reads nothing. */
export const inspectionListCommand = (): Command =>
  new Command('inspections')
    .description('every inspection with its area and default threshold')
    .option('--json', 'print gumshoe.inspection-list/1')
    .action((flags: { readonly json?: boolean }) => {
      const list = INSPECTIONS.map(({ id, title, area, threshold }) => ({ id, title, area, threshold }));
      if (flags.json) print(jsonText({ schema: 'gumshoe.inspection-list/1', inspections: list }));
      else
        print(
          table(
            ['ID', 'AREA', 'THRESHOLD', 'WHAT'],
            list.map(({ id, title, area, threshold }) => [
              id,
              area,
              formatValue(threshold.default, threshold.unit),
              threshold.description ?? title,
            ]),
          ),
        );
    });
