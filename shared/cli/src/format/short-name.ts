/** Last part of an application's id, `[cluster:]namespace:kind:name`: enough to read, not to tell two apart. */
export const shortName = (id: string): string => id.split(':').at(-1) || id;
