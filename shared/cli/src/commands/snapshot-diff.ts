import { Command } from 'commander';
import { inspectWorld, type InspectedWorld } from '@gumshoe/analysis/inspect';
import { diffWorlds, type WorldExtras } from '@gumshoe/analysis/world-diff/diff';
import type { WorldDiff } from '@gumshoe/analysis/world-diff/difference';
import { milliseconds } from '@gumshoe/base/time';
import { readProfile } from '@gumshoe/engine/profiles';
import { historyFor } from '@gumshoe/engine/world-source';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { modelMetrics } from '@gumshoe/model/read-list';
import { openSnapshot } from '@gumshoe/reader/snapshot/reader';
import { UsageError } from '../connection-flags.ts';
import { table } from '../format/table.ts';
import { EXIT, jsonText, print } from './define.ts';

interface Flags {
  readonly limit: string;
  readonly json?: boolean;
}

interface Side {
  readonly world: InspectedWorld;
  readonly extras: WorldExtras;
}

/** Everything of a file that can be compared. Rejects with FailureError when it cannot be read. */
async function read(path: string): Promise<Side> {
  const reader = openSnapshot(path);
  try {
    const range = await reader.extent();
    const history = historyFor(range);
    const wide = { from: milliseconds(range.from - history), to: range.to };
    const world = inspectWorld(buildWorld(await reader.series(modelMetrics, wide), range, { history }));
    const profiles = new Map(
      await Promise.all(
        world.world.applications.map(
          async (application) => [application.id, await readProfile(reader, application, range)] as const,
        ),
      ),
    );
    const configuration = new Map(reader.configuration().map(({ name, text }) => [name, text]));
    return { world, extras: { profiles, configuration } };
  } finally {
    await reader.close();
  }
}

export const diffCommand = (): Command =>
  new Command('diff')
    .description(
      'what is different between two snapshots, most surprising first: topology, traffic, latency, errors, resources, log patterns, images, configuration, profiles; exit code 1 when anything is',
    )
    .argument('<before>')
    .argument('<after>')
    .option('--limit <n>', 'so many at most, in the table', '40')
    .option('--json', 'print gumshoe.diff/1, all of it')
    .action(async (before: string, after: string, flags: Flags) => {
      if (!/^\d{1,5}$/.test(flags.limit)) throw new UsageError(`--limit ${flags.limit}: a number`);
      const [was, is] = [await read(before), await read(after)];
      const diff = diffWorlds(was.world, is.world, { before: was.extras, after: is.extras });
      print(flags.json ? jsonText(diff) : diffText(diff, Number(flags.limit)));
      process.exitCode = diff.differences.length > 0 ? EXIT.wrong : EXIT.healthy;
    });

function diffText({ differences, alike }: WorldDiff, limit: number): string {
  const both = `${alike['applications']} applications and ${alike['dependencies']} dependencies are in both.\n`;
  if (differences.length === 0) return `Nothing is different beyond noise. ${both}`;
  const rows = differences
    .slice(0, limit)
    .map(({ surprise, kind, message }) => [surprise.toFixed(1), kind, message]);
  const more = differences.length > limit ? `${differences.length - limit} more: --limit, --json\n` : '';
  return `${table(['BITS', 'KIND', 'WHAT'], rows)}${more}${both}`;
}
