import { Command } from 'commander';
import { exportCommand } from './export.ts';
import { diffCommand } from './snapshot-diff.ts';
import { infoCommand, mergeCommand, trimCommand, verifyCommand } from './snapshot-files.ts';
import { importCommand } from './snapshot-import.ts';

/** `snapshot export|import|info|verify|merge|trim|diff`. */
export const snapshotCommand = (): Command => {
  const command = new Command('snapshot').description(
    'write, read, check, cut, join and compare .gumshoe files',
  );
  for (const one of [
    exportCommand(),
    importCommand(),
    infoCommand(),
    verifyCommand(),
    mergeCommand(),
    trimCommand(),
    diffCommand(),
  ])
    command.addCommand(one.exitOverride());
  return command.exitOverride();
};
