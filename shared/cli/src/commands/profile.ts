import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { needClickhouse } from '../connection-flags.ts';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { pprofFile } from '../format/pprof.ts';
import { profileText } from '../format/profile.ts';
import { windowText } from '../format/window.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { findApplication } from './application.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

export const profileCommand = (): Command =>
  readingCommand<TimeFlags & EngineFlags & { readonly json?: boolean; readonly pprof?: string }>(
    withEngineFlags(
      withTimeFlags(
        new Command('profile')
          .description('where an application spends CPU time: functions, most expensive first')
          .argument('<application>')
          .argument('[snapshot]', 'a .gumshoe file, before or behind the name'),
      ),
    )
      .option('--json', 'print gumshoe.profile/1: the flame graph')
      .option('--pprof <file>', 'write it for pprof (gzip) as well'),
    async (reader, flags, [name = '']) => {
      needClickhouse(flags);
      const engine = engineFor(reader, flags);
      const range = await timeRange(flags, reader);
      const application = await findApplication(engine, name, range);
      const graph = await engine.profile(application, range);
      if (flags.pprof) writeFileSync(flags.pprof, pprofFile(graph, range));
      print(
        flags.json
          ? jsonText({ schema: 'gumshoe.profile/1', window: range, application, ...graph })
          : `${windowText(range)}\n\n${profileText(graph)}`,
      );
      return EXIT.healthy;
    },
  );
