import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { Reader, SeveralConnection, SingleConnection } from '@gumshoe/engine/ports';
import { MergedReader, type Cluster } from './reader.ts';

/** Opens every cluster; one that cannot be opened costs its part. Rejects when none can, or names are not distinct. */
export async function openSeveral(
  { clusters }: SeveralConnection,
  open: (spec: SingleConnection) => Promise<Reader>,
): Promise<MergedReader> {
  const names = clusters.map(({ name }) => name);
  const problem =
    names.length === 0
      ? 'it names no cluster'
      : names.some((name) => name.trim() === '')
        ? 'a cluster has no name'
        : names.find((name, i) => names.indexOf(name) !== i) !== undefined
          ? 'two clusters have the same name'
          : undefined;
  if (problem !== undefined)
    throw new FailureError({
      code: 'invalid-input',
      tried: 'open several clusters',
      target: names.join(', '),
      reason: problem,
      remedy: 'Give each cluster a name of its own.',
    });
  const opened = await Promise.all(
    clusters.map(async ({ name, spec }): Promise<Cluster> => {
      try {
        return { name, reader: await open(spec) };
      } catch (error) {
        return { name, reader: toFailure(error, 'open a cluster', name) };
      }
    }),
  );
  const failures = opened.flatMap(({ reader }) => ('series' in reader ? [] : [reader]));
  if (failures.length === opened.length) throw new FailureError(failures[0]!);
  return new MergedReader(opened);
}
