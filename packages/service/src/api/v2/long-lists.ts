import pLimit from 'p-limit';

/**
 * Reads what may be thousands of rows, four such lists at a time in this process. More of them would come no sooner,
 * as they share its one thread, but all their rows would lie about until the last has come, and collecting what lies
 * about long costs as much as reading it. Not fewer: while one is worked at, databases answer the others.
 */
export const longLists = pLimit(4);
