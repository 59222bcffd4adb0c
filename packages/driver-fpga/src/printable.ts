/** Keeps values that a person can read, of up to 100 characters. */
export const printable = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\x20-\x7e]{1,100}$/.test(text) ? text : undefined;
