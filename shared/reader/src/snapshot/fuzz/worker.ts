// Reads the files that its parent names, one a line, in a process of its own: a crash of SQLite must be seen, not shared.
import { createInterface } from 'node:readline';
import { readAll } from './read-all.ts';

/** Processor time: what else the machine does is not the file's fault. */
function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

for await (const path of createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  let outcome: string;
  try {
    outcome = await readAll(path);
  } catch (error) {
    outcome = `crashed ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const answer = { outcome, ms: cpuMs(before), rssKb: process.resourceUsage().maxRSS };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
