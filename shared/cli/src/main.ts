import { Command, CommanderError } from 'commander';
import { describeFailure, FailureError } from '@gumshoe/base/failure';
import { EXIT } from './commands/define.ts';
import { configCommand } from './commands/config.ts';
import { exportCommand } from './commands/export.ts';
import { inspectCommand, inspectionListCommand } from './commands/inspect.ts';
import { logsCommand } from './commands/logs.ts';
import { mapCommand } from './commands/map.ts';
import {
  alertsCommand,
  costsCommand,
  deploymentsCommand,
  incidentsCommand,
  risksCommand,
} from './commands/posture.ts';
import { profileCommand } from './commands/profile.ts';
import { promqlCommand, queryCommand, sqlCommand } from './commands/query.ts';
import { reportCommand } from './commands/report.ts';
import { servicesCommand } from './commands/services.ts';
import { sloCommand } from './commands/slo.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { statusCommand } from './commands/status.ts';
import { traceCommand, tracesCommand } from './commands/traces.ts';
import { UsageError } from './connection-flags.ts';
import { plain } from './format/harmless.ts';

const COMMANDS = [
  reportCommand,
  inspectCommand,
  inspectionListCommand,
  sloCommand,
  servicesCommand,
  incidentsCommand,
  deploymentsCommand,
  alertsCommand,
  risksCommand,
  costsCommand,
  mapCommand,
  tracesCommand,
  traceCommand,
  queryCommand,
  promqlCommand,
  sqlCommand,
  profileCommand,
  logsCommand,
  statusCommand,
  exportCommand,
  snapshotCommand,
  configCommand,
];

const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'unreachable',
  'refused',
  'timeout',
  'unauthorized',
  'wrong-server',
  'host-key-unknown',
  'host-key-changed',
  'corrupt',
]);

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof FailureError)) return EXIT.internal;
  const { code } = error.failure;
  if (CONNECTION_CODES.has(code)) return EXIT.connection;
  if (code === 'cancelled') return EXIT.interrupted;
  return code === 'internal' ? EXIT.internal : EXIT.usage;
}

async function main(): Promise<void> {
  const program = new Command('gumshoe')
    .description('Investigates incidents from the terminal: the same analysis as the workbench.')
    .version('0.1.0')
    .addHelpText(
      'after',
      '\nExit codes: 0 healthy, 1 something is wrong, 2 bad usage or query, 3 the source cannot be read, 70 internal error, 130 ended with Ctrl-C.',
    )
    .exitOverride();
  for (const make of COMMANDS) program.addCommand(make().exitOverride());
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCode(error);
    if (error instanceof CommanderError) return;
    const text =
      error instanceof FailureError
        ? describeFailure(error.failure)
        : error instanceof Error
          ? error.message
          : String(error);
    process.stderr.write(plain(`gumshoe: ${text}\n`));
  }
}

/** What libraries advise their callers against is nothing to users of the command. */
process.noDeprecation = true;

/** `gumshoe … | head`: whoever reads has seen enough. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
await main();
