import { Command } from 'commander';
import { describeFailure } from '@gumshoe/base/failure';
import { createEngine } from '@gumshoe/engine/engine';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

export const statusCommand = (): Command =>
  readingCommand<{ readonly json?: boolean }>(
    new Command('status')
      .description('each hop and store on the way, with latency or error')
      .argument('[snapshot]', 'a .gumshoe file')
      .option('--json', 'print gumshoe.status/1'),
    async (reader, flags) => {
      const status = await createEngine({ reader }).status();
      if (flags.json) print(jsonText({ schema: 'gumshoe.status/1', ...status }));
      else
        for (const part of status.parts) {
          const latency = part.latencyMs === undefined ? '' : ` ${part.latencyMs.toFixed(1)} ms`;
          const text = part.failure
            ? describeFailure(part.failure)
            : [part.version, ...part.notes].filter(Boolean).join('; ');
          print(`${part.state.padEnd(7)} ${part.name} ${part.target}${latency} ${text}\n`);
        }
      return status.parts.some((part) => part.state === 'failed') ? EXIT.connection : EXIT.healthy;
    },
  );
