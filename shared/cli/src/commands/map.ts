import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { table } from '../format/table.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';
import { shortName } from '../format/short-name.ts';

interface Flags extends TimeFlags, EngineFlags {
  readonly json?: boolean;
}

export const mapCommand = (): Command =>
  readingCommand<Flags>(
    withEngineFlags(
      withTimeFlags(
        new Command('map')
          .description('services and their dependencies with rate, latency and errors')
          .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
      ),
    ).option('--json', 'as JSON'),
    async (reader, flags) => {
      const map = await engineFor(reader, flags).serviceMap(await timeRange(flags, reader));
      if (flags.json) print(jsonText(map));
      else {
        const nodes = map.nodes.map((node) => [
          node.health,
          node.name,
          node.type ?? '',
          `${node.instances.up}/${node.instances.known}`,
          formatValue(node.requestRate, 'requests/second'),
          formatValue(node.errorRatio, 'ratio'),
          formatValue(node.p99, 'seconds'),
          node.reasons[0] ?? '',
        ]);
        print(table(['HEALTH', 'SERVICE', 'TYPE', 'UP', 'RATE', 'ERRORS', 'P99', 'WHY'], nodes));
        const edges = map.edges.map((edge) => [
          edge.health,
          `${shortName(edge.client)} → ${shortName(edge.server)}`,
          edge.protocols.join(','),
          formatValue(edge.requestRate, 'requests/second'),
          formatValue(edge.errorRatio, 'ratio'),
          formatValue(edge.p99, 'seconds'),
          edge.reasons[0] ?? '',
        ]);
        print(`\n${table(['HEALTH', 'DEPENDENCY', 'PROTOCOL', 'RATE', 'ERRORS', 'P99', 'WHY'], edges)}`);
      }
      return map.nodes.some((node) => node.health === 'critical') ? EXIT.wrong : EXIT.healthy;
    },
  );
