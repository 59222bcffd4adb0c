/** The path of the image in the argument of `program`; undefined where there is none. */
export function imageOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null || !('image' in argument)) return undefined;
  return typeof argument.image === 'string' ? argument.image : undefined;
}
