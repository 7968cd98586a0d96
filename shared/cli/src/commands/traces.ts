import { Command } from 'commander';
import { createEngine } from '@gumshoe/engine/engine';
import type { SpanFilter } from '@gumshoe/engine/ports';
import type { TraceTree } from '@gumshoe/engine/api';
import { formatValue } from '@gumshoe/base/units';
import { needClickhouse } from '../connection-flags.ts';
import { table } from '../format/table.ts';
import { windowText } from '../format/window.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, limit, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly json?: boolean;
  readonly service?: string;
  readonly errors?: boolean;
  readonly slowest?: boolean;
  readonly limit: number;
}

export const tracesCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('traces')
        .description('requests as distributed traces, newest first')
        .argument('[snapshot]', 'a .gumshoe file'),
    )
      .option('--service <name>', 'only traces that begin in this service')
      .option('--errors', 'only failed ones')
      .option('--slowest', 'slowest first')
      .option('--limit <n>', 'how many', limit, 20)
      .option('--json', 'print gumshoe.traces/1'),
    async (reader, flags) => {
      needClickhouse(flags);
      const range = await timeRange(flags, reader);
      const filter: SpanFilter = {
        range,
        rootsOnly: true,
        order: flags.slowest ? 'slowest' : 'newest',
        limit: flags.limit,
        ...(flags.service === undefined ? {} : { serviceName: flags.service }),
        ...(flags.errors ? { errorsOnly: true } : {}),
      };
      const traces = await createEngine({ reader }).traces(filter);
      if (flags.json) print(jsonText({ schema: 'gumshoe.traces/1', window: range, traces }));
      else {
        const rows = traces.map((trace) => [
          trace.traceId,
          new Date(trace.root.start).toISOString().slice(11, 23),
          formatValue(trace.duration, 'milliseconds'),
          String(trace.spans),
          String(trace.errors),
          `${trace.root.serviceName} ${trace.root.name}`,
        ]);
        print(
          rows.length === 0
            ? 'no traces in this window\n'
            : `${windowText(range)}\n\n${table(['TRACE', 'START', 'DURATION', 'SPANS', 'ERRORS', 'ROOT'], rows)}`,
        );
      }
      return EXIT.healthy;
    },
  );

function treeText(tree: TraceTree): string {
  const rows = tree.spans.map(({ span, depth, offset, selfTime, inferred }) => [
    `${'  '.repeat(depth)}${span.serviceName} ${span.kind === 'Client' ? '→ ' : ''}${span.name}`,
    `+${formatValue(offset, 'milliseconds')}`,
    formatValue(span.duration, 'milliseconds'),
    formatValue(selfTime, 'milliseconds'),
    [span.status === 'Error' ? `error ${span.statusMessage}` : '', inferred ? 'parent inferred' : '']
      .filter(Boolean)
      .join(', '),
  ]);
  return table(['SPAN', 'START', 'DURATION', 'SELF', 'NOTE'], rows);
}

export const traceCommand = (): Command =>
  readingCommand<{ readonly json?: boolean }>(
    new Command('trace')
      .description('one trace as a tree')
      .argument('<id>', 'trace id')
      .argument('[snapshot]', 'a .gumshoe file')
      .option('--json', 'print gumshoe.trace/1'),
    async (reader, flags, [id = '']) => {
      needClickhouse(flags);
      const tree = await createEngine({ reader }).trace(id);
      print(flags.json ? jsonText({ schema: 'gumshoe.trace/1', ...tree }) : treeText(tree));
      return EXIT.healthy;
    },
  );
