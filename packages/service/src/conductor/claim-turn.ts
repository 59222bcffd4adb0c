/** After so long a question to Placement is given up. */
export const askingMs = 10_000;
/** How long one conductor may ask for an attachment; nobody else does meanwhile. In milliseconds. */
export const claimTurnMs = 2 * askingMs;
