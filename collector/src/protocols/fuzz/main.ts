// npm run fuzz: mutated inputs to every parser of what crossed the wire.
import { parseArgs } from 'node:util';
import { fuzz } from './run.ts';
import { FUZZ_TARGETS } from './targets.ts';

const SLOW_MS = 50;
const USAGE = `npm run fuzz -- [--runs N] [--seed N] [--only NAME]

Feeds N (1,000,000) mutated inputs to each parser. A parser must not throw, must keep its answer within bounds, give the
same answer twice, and stay below ${SLOW_MS} ms. The same seed gives the same inputs. Exit code 1 with the failing input in
hexadecimal. Names: ${FUZZ_TARGETS.map(({ name }) => name).join(' ')}
`;

function count(text: string, name: string): number {
  const value = Number(text.replaceAll(/[,_]/g, ''));
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} ${text}: not a positive number`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const options = { runs: count(values.runs, 'runs'), seed: count(values.seed, 'seed'), slowMs: SLOW_MS };
const targets = FUZZ_TARGETS.filter(({ name }) => values.only === undefined || name === values.only);
if (targets.length === 0) {
  console.error(`no parser ${values.only}\n\n${USAGE}`);
  process.exit(2);
}
let failed = 0;
for (const target of targets) {
  const { runs, seconds, worstNsPerByte, failure } = fuzz(target, options);
  const rate = Math.round(runs / seconds).toLocaleString('en');
  console.log(
    `${failure ? '✖' : '✔'} ${target.name.padEnd(14)} ${runs.toLocaleString('en')} inputs, ${rate}/s, worst ${worstNsPerByte.toFixed(0)} ns per byte`,
  );
  if (!failure) continue;
  failed++;
  console.log(`  ${failure.reason}\n  input ${Buffer.from(failure.input).toString('hex')}`);
}
console.log(`${targets.length - failed} parsers held, ${failed} failed; seed ${options.seed}`);
process.exitCode = failed === 0 ? 0 : 1;
