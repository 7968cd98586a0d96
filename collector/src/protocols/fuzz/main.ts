// npm run fuzz: mutated inputs through every reader of bytes from the wire.
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { FUZZ_SUBJECTS } from './subjects.ts';

const USAGE = `npm run fuzz -- [--runs N] [--seed N] [--only NAME]

Feeds N mutated inputs (default 1,000,000) to each of: ${FUZZ_SUBJECTS.map(({ name }) => name).join(', ')}.
Prints inputs and bytes per second. The same seed (default 1) makes the same inputs. Exit codes: 0 nothing broke,
1 something did (its input is printed in hexadecimal), 2 bad options.
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const subjects = FUZZ_SUBJECTS.filter(({ name }) => values.only === undefined || name === values.only);
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (values.help || subjects.length === 0 || !(runs >= 1) || !Number.isInteger(seed)) {
  (values.help ? process.stdout : process.stderr).write(USAGE);
  process.exit(values.help ? 0 : 2);
}
let broken = 0;
for (const subject of subjects) {
  const before = performance.now();
  const result = fuzz(subject, runs, seed);
  const seconds = (performance.now() - before) / 1000;
  const rate = `${(result.runs / seconds / 1000).toFixed(0)} thousand inputs/s, ${(result.bytes / seconds / 1e6).toFixed(0)} MB/s`;
  console.log(`${result.failure ? '✖' : '✔'} ${subject.name}: ${result.runs} inputs, ${rate}`);
  if (!result.failure) continue;
  broken++;
  console.log(`  ${result.failure.input}\n  ${result.failure.reason}`);
}
process.exitCode = broken > 0 ? 1 : 0;
