/**
 * A text from the service made safe for one line of a terminal: whatever could move the cursor or change
 * colours (control characters, line breaks, direction marks) becomes a space.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}
