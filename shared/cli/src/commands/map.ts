import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { healthText } from '../format/colour.ts';
import { table } from '../format/table.ts';
import { windowText } from '../format/window.ts';
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
    ).option('--json', 'print gumshoe.map/1'),
    async (reader, flags) => {
      const range = await timeRange(flags, reader);
      const { nodes: services, edges: dependencies } = await engineFor(reader, flags).serviceMap(range);
      if (flags.json)
        print(jsonText({ schema: 'gumshoe.map/1', window: range, nodes: services, edges: dependencies }));
      else {
        print(`${windowText(range)}; services in its last minute, dependencies in its last 30 s\n\n`);
        const nodes = services.map((node) => [
          healthText(node.health),
          node.name,
          node.type ?? '',
          `${node.instances.up}/${node.instances.known}`,
          formatValue(node.requestRate, 'requests/second'),
          formatValue(node.errorRatio, 'ratio'),
          formatValue(node.p99, 'seconds'),
          node.health === 'ok' ? '' : (node.reasons[0] ?? ''),
        ]);
        print(table(['HEALTH', 'SERVICE', 'TYPE', 'UP', 'RATE', 'ERRORS', 'P99', 'WHY'], nodes));
        const edges = dependencies.map((edge) => [
          healthText(edge.health),
          `${shortName(edge.client)} → ${shortName(edge.server)}`,
          edge.protocols.join(','),
          formatValue(edge.requestRate, 'requests/second'),
          formatValue(edge.errorRatio, 'ratio'),
          formatValue(edge.p99, 'seconds'),
          edge.reasons[0] ?? '',
        ]);
        print(`\n${table(['HEALTH', 'DEPENDENCY', 'PROTOCOL', 'RATE', 'ERRORS', 'P99', 'WHY'], edges)}`);
      }
      return services.some((node) => node.health === 'critical') ? EXIT.wrong : EXIT.healthy;
    },
  );
