// Generated PromQL side by side with a real Prometheus.
import { parseArgs } from 'node:util';
import { compareMany } from './run.ts';

const USAGE = `node shared/reader/src/prometheus/differential/main.ts [--histograms] [--count N] [--seed N]

Generates N (5,000) expressions over a generated corpus, with --histograms one of native histograms, and compares what a real Prometheus (the Debian package) and the
evaluator answer, as range and as instant queries. The same seed gives the same expressions and samples. Differences
between Prometheus 2 and 3 are declared in differences.ts and histogram-differences.ts. Exit code 1 when any other is found.
`;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    histograms: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const suite = values.histograms ? 'histograms' : 'floats';
const [count, seed] = [Number(values.count), Number(values.seed)];
if (values.help || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}
const { compared, errors, empty, explained, mismatches } = await compareMany(
  suite,
  count,
  seed,
  (mismatch) => {
    const { ours, theirs, form, difference } = mismatch;
    console.log(`✖ ${ours}${ours === theirs ? '' : `\n  asked as ${theirs}`}\n  ${form}: ${difference}`);
  },
);
for (const [reason, times] of explained) console.log(`explained ${times}: ${reason}`);
console.log(
  `${compared} answers compared (${errors} refused by both or one, ${empty} empty), ${mismatches.length} unexplained; seed ${seed}`,
);
process.exitCode = mismatches.length === 0 ? 0 : 1;
