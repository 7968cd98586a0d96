const LATEST = Date.UTC(2100, 0);

/** Whether something can be of that time (ms); one mistaken instant would stretch the window of all the others over it. */
export const isThinkable = (at: number): boolean => at >= 0 && at < LATEST;

/** Why the rest is left out. */
export const UNTHINKABLE = 'a time before 1970 or after 2099';
