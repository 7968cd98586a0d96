import { Command } from 'commander';
import { readConfiguration } from '../engine-flags.ts';
import { print } from './define.ts';

/** Checks a configuration file without reading any source. */
export const configCommand = (): Command =>
  new Command('config').description('the configuration file').addCommand(
    new Command('check')
      .description('reads a configuration file and reports every mistake; exit code 2 when there is one')
      .argument('<file>', 'YAML, see docs/configuration.md')
      .action((file: string) => {
        const { objectives, alerts, thresholds } = readConfiguration(file);
        print(
          `${file}: in order; ${objectives.rules.length} objectives, ${alerts.length} alert rules, ${thresholds.length} thresholds\n`,
        );
      }),
  );
