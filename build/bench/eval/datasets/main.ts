// npm run eval -- datasets: how often the root cause is found in files like those of published data sets.
import { parseArgs } from 'node:util';
import type { Quiet, Trial } from '../rca/evaluate.ts';
import { calibration, quietTable, tableBy } from '../rca/tables.ts';
import { INJECTIONS } from './injections.ts';
import { SHAPES } from './shapes.ts';
import { tryCalm, tryInjection } from './trial.ts';

const USAGE = `npm run eval -- datasets [--seeds N] [--first SEED] [--shape NAMES] [--fault NAMES] [--quiet N] [--verbose]

Injects faults into Online Boutique, Sock Shop, Train Ticket and the OpenTelemetry demo as simulated here, writes what is
seen of it as files (OpenMetrics, OTLP), imports them and asks for the root cause, as \`gumshoe snapshot import\` and
\`gumshoe rca\` do. Prints how often the service at fault is ranked first and among the first three, by fault and by what
the files hold.

Shapes: ${SHAPES.map(({ name }) => name).join(', ')}.
Faults: ${INJECTIONS.map(({ name }) => name).join(', ')}.
Seeds below 1000 are for tuning. Those from 1000 on are for measuring, and are the default.
`;

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '2' },
    first: { type: 'string', default: '1000' },
    shape: { type: 'string' },
    fault: { type: 'string' },
    quiet: { type: 'string', default: '4' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const named = (list: string | undefined) => (one: { readonly name: string }) =>
  list === undefined || list.split(',').includes(one.name);
const shapes = SHAPES.filter(named(values.shape));
const faults = INJECTIONS.filter(named(values.fault));
const [seeds, first] = [Number(values.seeds), Number(values.first)];
if (values.help || shapes.length === 0 || faults.length === 0 || !(seeds >= 0) || !(first >= 0)) {
  (values.help ? process.stdout : process.stderr).write(USAGE);
  process.exit(values.help ? 0 : 2);
}

const trials: Trial[] = [];
const calm = new Map<string, Quiet[]>();
for (const shape of shapes) {
  for (const fault of faults)
    for (let seed = first; seed < first + seeds; seed++) {
      const trial = await tryInjection(fault, shape, seed);
      if (!trial) break;
      trials.push(trial);
      if (values.verbose && (trial.rank !== 1 || !trial.named))
        console.log(
          `${shape.name} ${fault.name} seed ${seed}: ${trial.cause} at rank ${trial.rank}; first: ${trial.found}`,
        );
    }
  const all: Quiet[] = [];
  for (let i = 0; i < Number(values.quiet); i++) all.push(await tryCalm(shape, first + i));
  if (values.verbose) for (const { what } of all) if (what) console.log(`${shape.name} calm: ${what}`);
  calm.set(shape.name, all);
}

console.log(`seeds from ${first} on${first >= 1000 ? ', not tuned on' : ', used for tuning'}`);
console.log(tableBy('fault', trials, ({ fault }) => fault));
console.log(tableBy('shape', trials, ({ mode }) => mode));
console.log(calibration(trials));
if (Number(values.quiet) > 0) console.log(quietTable(calm));
