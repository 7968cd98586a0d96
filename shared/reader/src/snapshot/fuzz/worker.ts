// Reads the files that its parent names, one a line, in a process of its own: a crash of SQLite must be seen, not shared.
import { createInterface } from 'node:readline';
import { readAll } from './read-all.ts';

for await (const path of createInterface({ input: process.stdin })) {
  const before = performance.now();
  let outcome: string;
  try {
    outcome = await readAll(path);
  } catch (error) {
    outcome = `crashed ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const answer = { outcome, ms: performance.now() - before, rssKb: process.resourceUsage().maxRSS };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
