import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { pprofFile } from '../format/pprof.ts';
import { profileText } from '../format/profile.ts';
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
      .option('--json', 'the flame graph as JSON')
      .option('--pprof <file>', 'write it for pprof (gzip) as well'),
    async (reader, flags, [name = '']) => {
      const engine = engineFor(reader, flags);
      const range = await timeRange(flags, reader);
      const graph = await engine.profile(await findApplication(engine, name, range), range);
      if (flags.pprof) writeFileSync(flags.pprof, pprofFile(graph, range));
      print(flags.json ? jsonText(graph) : profileText(graph));
      return EXIT.healthy;
    },
  );
