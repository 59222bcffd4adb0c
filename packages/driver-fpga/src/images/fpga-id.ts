/** An id as sysfs and images write it, 32 hexadecimal digits, dashes dropped; undefined for anything else. */
export function asFpgaId(text: string | undefined): string | undefined {
  const id = text?.toLowerCase().replaceAll('-', '');
  return id !== undefined && /^[0-9a-f]{32}$/.test(id) ? id : undefined;
}
