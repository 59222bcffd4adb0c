/** The kernel shows the name of a platform with underscores for its colons and dots. */
export const asShellName = (platform: string): string => platform.replaceAll(/[:.]/g, '_');
