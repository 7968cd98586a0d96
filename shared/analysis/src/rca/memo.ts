import type { Frame } from './frame.ts';

/** Remembers what was worked out of a subject within a frame; a frame never changes. */
export function perFrame<K extends object, V>(
  compute: (key: K, frame: Frame) => V,
): (key: K, frame: Frame) => V {
  const known = new WeakMap<Frame, Map<K, V>>();
  return (key, frame) => {
    let ofFrame = known.get(frame);
    if (ofFrame === undefined) known.set(frame, (ofFrame = new Map<K, V>()));
    const found = ofFrame.get(key);
    if (found !== undefined) return found;
    const made = compute(key, frame);
    ofFrame.set(key, made);
    return made;
  };
}
