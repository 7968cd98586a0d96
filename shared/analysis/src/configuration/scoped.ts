import { err, ok, type Result } from '@gumshoe/base/result';
import type { Complaint } from './mistake.ts';
import type { Cursor } from './cursor.ts';

/** Glob on `namespace:Kind:name` or on the name. */
const GLOBS = ['a name', 'a glob such as payment-*', 'namespace:Kind:name'];

export function readGlob(text: string): Result<string, Complaint> {
  const glob = text.trim();
  return glob === '' ? err({ message: 'a name or a glob is needed here', allowed: GLOBS }) : ok(glob);
}

/** Whom an override concerns: `service`, or `application`, which means the same. */
export function readScope(entry: Cursor): string | undefined {
  const [service, application] = [entry.get('service'), entry.get('application')];
  if (!service.isEmpty && !application.isEmpty)
    return application.complain({
      message: 'service and application mean the same: one of them',
      allowed: GLOBS,
    });
  if (service.isEmpty && application.isEmpty)
    return entry.complain({
      message: 'it does not say which applications it is for',
      allowed: ['service: …'],
    });
  return service.isEmpty ? application.read(readGlob) : service.read(readGlob);
}

export const SCOPE_KEYS: readonly string[] = ['service', 'application'];

/** A text that is not empty. */
export function readText(text: string): Result<string, Complaint> {
  return text.trim() === '' ? err({ message: 'a text is needed here', allowed: [] }) : ok(text.trim());
}

/** The value of a key that must be there. */
export function required<T>(
  entry: Cursor,
  key: string,
  read: (text: string) => Result<T, Complaint>,
): T | undefined {
  const value = entry.get(key);
  if (value.isEmpty) return entry.complain({ message: `${key} is missing`, allowed: [`${key}: …`] });
  return value.read(read);
}
