// node shared/reader/src/snapshot/fuzz/main.ts --count N --seed S: mutations of a snapshot, read in a process apart.
import { parseArgs } from 'node:util';
import { fuzz } from './run.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const { failures, openedByKind, ...tally } = await fuzz(Number(values.count), Number(values.seed));
for (const [what, value] of Object.entries(tally)) console.log(`${what.padEnd(14)} ${Math.round(value)}`);
for (const [kind, opened] of Object.entries(openedByKind).sort())
  console.log(`  opened of ${kind}: ${opened}`);
for (const failure of failures) console.log(failure);
process.exitCode = tally.crashed + tally.overLimits + tally.harmful > 0 ? 1 : 0;
