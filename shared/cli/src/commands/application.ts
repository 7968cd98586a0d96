import { nearest } from '@gumshoe/analysis/configuration/mistake';
import { FailureError } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import type { ApplicationRow, EngineApi } from '@gumshoe/engine/api';
import type { ApplicationId } from '@gumshoe/model/entities';
import { shortName } from '../format/short-name.ts';

/** The application a user names, by id, by name, or by `namespace/name`. Rejects with the names that come closest. */
export async function findApplication(
  engine: EngineApi,
  name: string,
  range: TimeRange,
): Promise<ApplicationId> {
  const { applications } = await engine.overview(range);
  const found = matchesOf(applications, name);
  if (found.length === 1) return found[0]!.id;
  const what = { tried: 'find an application', target: name };
  throw new FailureError(
    found.length === 0
      ? { code: 'not-found', ...what, ...noneOf(applications, name) }
      : { code: 'invalid-input', ...what, reason: severalOf(found) },
  );
}

/** Those of the first way of naming that fits any. */
function matchesOf(applications: readonly ApplicationRow[], name: string): readonly ApplicationRow[] {
  const ways: readonly ((row: ApplicationRow) => boolean)[] = [
    ({ id }) => id === name,
    (row) => row.name === name || shortName(row.id) === name,
    ({ id }) => isPath(id, name),
  ];
  for (const way of ways) {
    const found = applications.filter(way);
    if (found.length > 0) return found;
  }
  return [];
}

/** `shop/cart` of `shop:Deployment:cart`, or `east/shop/cart` of `east:shop:Deployment:cart`. */
function isPath(id: string, name: string): boolean {
  const parts = id.split(':');
  return [...parts.slice(0, -2), parts.at(-1)].join('/') === name;
}

const SHOWN = 20;

function noneOf(
  applications: readonly ApplicationRow[],
  name: string,
): { readonly reason: string; readonly remedy?: string } {
  const names = [...new Set(applications.map((row) => row.name))].sort();
  if (names.length === 0) return { reason: 'there is no application in the window' };
  const meant = nearest(name, names) ?? names.find((one) => one.includes(name) || name.includes(one));
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  const reason = `there is none of this name in the window; known: ${names.slice(0, SHOWN).join(', ')}${more}`;
  return meant === undefined ? { reason } : { reason, remedy: `Did you mean ${JSON.stringify(meant)}?` };
}

const severalOf = (found: readonly ApplicationRow[]): string =>
  `several have this name; say which: ${found.map(({ id }) => id).join(', ')}`;
