import { err, ok, type Result } from '@gumshoe/base/result';
import type {
  CategoryRule,
  CustomApplicationRule,
  ExternalGroupRule,
  ModelSettings,
} from '@gumshoe/model/settings';
import type { Cursor } from './cursor.ts';
import type { Complaint } from './mistake.ts';
import { readGlob, readText, required } from './scoped.ts';

/** `categories:`, a list of names with globs on `namespace/name`. */
export const readCategories = (section: Cursor): readonly CategoryRule[] =>
  readNamed(section, 'applications').map(({ name, globs }) => ({ name, applications: globs }));

/** `custom_applications:`, a list of names with globs on instances. */
export const readCustomApplications = (section: Cursor): readonly CustomApplicationRule[] =>
  readNamed(section, 'instances').map(({ name, globs }) => ({ name, instances: globs }));

/** `external_services:`, with `groups` of hosts and how many may stay on their own (`group_above`). */
export function readExternalServices(
  section: Cursor,
): Pick<ModelSettings, 'externalGroups' | 'externalGroupThreshold'> {
  section.entries(['group_above', 'groups']);
  const threshold = section.get('group_above').read(readCount);
  const groups: readonly ExternalGroupRule[] = section
    .get('groups')
    .items()
    .flatMap((entry) => {
      entry.entries(['name', 'hosts']);
      const name = entry.get('name').read(readText);
      const hosts = readGlobs(entry, 'hosts');
      return hosts.length === 0 ? [] : [{ ...(name === undefined ? {} : { name }), hosts }];
    });
  return {
    externalGroups: groups,
    ...(threshold === undefined ? {} : { externalGroupThreshold: threshold }),
  };
}

interface Named {
  readonly name: string;
  readonly globs: readonly string[];
}

function readNamed(section: Cursor, key: string): readonly Named[] {
  return section.items().flatMap((entry) => {
    entry.entries(['name', key]);
    const name = required(entry, 'name', readText);
    const globs = readGlobs(entry, key);
    return name === undefined || globs.length === 0 ? [] : [{ name, globs }];
  });
}

/** One glob, or a list of them. */
function readGlobs(entry: Cursor, key: string): readonly string[] {
  const value = entry.get(key);
  if (value.isEmpty) {
    entry.complain({ message: `${key} is missing`, allowed: [`${key}: ["…"]`] });
    return [];
  }
  return (value.isScalar ? [value] : value.items()).flatMap((item) => item.read(readGlob) ?? []);
}

function readCount(text: string): Result<number, Complaint> {
  return /^\d{1,9}$/.test(text)
    ? ok(Number(text))
    : err({ message: 'this is no whole number of 0 or more', allowed: ['20'] });
}
