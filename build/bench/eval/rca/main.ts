// npm run eval -- rca: how often the root cause is found in clusters of known topology and fault.
import { parseArgs } from 'node:util';
import { FAULTS, faultsOf, quiet, tryFault, type Quiet, type Trial } from './evaluate.ts';
import type { FaultType } from './faults.ts';
import { FOREIGN_MODES, MODES, type Mode } from './modes.ts';
import { calibration, quietTable, tableBy } from './tables.ts';

const USAGE = `npm run eval -- rca [--seeds N] [--first SEED] [--fault NAME] [--mode NAME | --modes | --foreign] [--quiet N] [--verbose]

Breaks services of random clusters in ${FAULTS.length} ways, each in N clusters (default 10), and prints how often the
broken one is ranked first and among the first three, the mean reciprocal rank, how far its confidence is to be
believed, and the false incidents in calm clusters. There is noise, traffic rises and falls with the day and in bursts,
callers give up, and innocent services are deployed, burn CPU and complain in their logs at the moment of the fault.

--modes runs all ways of seeing too little: ${MODES.map(({ name }) => name).join(', ')}.
--foreign runs test beds of others, with what chaos tools do to them: ${FOREIGN_MODES.map(({ name }) => name).join(', ')};
the last with those faults only that show in what containers use.
Seeds below 1000 are for tuning. Those from 1000 on are for measuring, and are the default.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '10' },
    first: { type: 'string', default: '1000' },
    fault: { type: 'string' },
    mode: { type: 'string', default: 'full' },
    modes: { type: 'boolean', default: false },
    foreign: { type: 'boolean', default: false },
    quiet: { type: 'string', default: '60' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const [seeds, first] = [Number(values.seeds), Number(values.first)];
const several = values.modes || values.foreign;
const modes = [
  ...MODES.filter(({ name }) => values.modes || (!several && name === values.mode)),
  ...FOREIGN_MODES.filter(({ name }) => values.foreign || (!several && name === values.mode)),
];
const chosenIn = (mode: Mode): readonly FaultType[] =>
  faultsOf(mode).filter(({ name }) => values.fault === undefined || name === values.fault);
const isAsked =
  positionals[0] === 'rca' && modes.some((mode) => chosenIn(mode).length > 0) && seeds > 0 && first >= 0;
if (values.help || !isAsked) {
  (values.help ? process.stdout : process.stderr).write(USAGE);
  process.exit(values.help ? 0 : 2);
}

const trials: Trial[] = [];
const calm = new Map<string, Quiet[]>();
for (const mode of modes) {
  for (const fault of chosenIn(mode)) {
    let done = 0;
    for (let seed = first; done < seeds && seed < first + 20 * seeds; seed++) {
      const trial = tryFault(fault, mode, seed);
      if (!trial) continue;
      done++;
      trials.push(trial);
      if (values.verbose && trial.rank !== 1)
        console.log(
          `${mode.name} ${fault.name} seed ${seed}: ${trial.cause} (depth ${trial.depth}) at rank ${trial.rank}; first: ${trial.found}`,
        );
    }
  }
  const all = Array.from({ length: Number(values.quiet) }, (_, i) => quiet(mode, first + i));
  if (values.verbose) for (const { what } of all) if (what) console.log(`${mode.name} calm: ${what}`);
  calm.set(mode.name, all);
}

console.log(`seeds from ${first} on${first >= 1000 ? ', not tuned on' : ', used for tuning'}`);
console.log(tableBy('fault', trials, ({ fault }) => fault));
console.log(tableBy('depth', trials, ({ depth }) => `at depth ${depth}`));
console.log(tableBy('mode', trials, ({ mode }) => mode));
console.log(calibration(trials));
if (Number(values.quiet) > 0) console.log(quietTable(calm));
const slowest = [...trials].sort((a, b) => b.ms - a.ms)[0];
if (slowest)
  console.log(
    `slowest investigation: ${slowest.ms.toFixed(0)} ms over ${slowest.series} series, the model and all inspections included`,
  );
